"""What the Storage API answers when it refuses: nearly always HTTP 400 with the true code in the body."""

from __future__ import annotations


class StorageError(Exception):
    """A refusal with the body {statusCode, error, message} that Supabase's clients read."""

    def __init__(self, status: int, error: str, message: str, *, http_status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        # The real server tells 500 apart from everything else, and everything else is a 400.
        self.http_status = http_status or (500 if status == 500 else 400)

    def body(self) -> dict[str, str]:
        """Return the JSON body."""
        return {"statusCode": str(self.status), "error": self.error, "message": self.message}


class GatewayRefusal(Exception):
    """A 401 of the gateway in front of Storage, whose body has another shape: {message, hint}."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def no_such_key() -> StorageError:
    """Refuse an object that is absent, or that the caller may not see."""
    return StorageError(404, "not_found", "Object not found")


def no_such_bucket() -> StorageError:
    """Refuse a bucket that is absent, or that the caller may not see."""
    return StorageError(404, "Bucket not found", "Bucket not found")


def already_exists() -> StorageError:
    """Refuse to create what is there."""
    return StorageError(409, "Duplicate", "The resource already exists")


def access_denied(message: str) -> StorageError:
    """Refuse what the policies, or a bad token, do not allow."""
    return StorageError(403, "Unauthorized", message)


def invalid_key(name: str) -> StorageError:
    """Refuse an object's name with a character outside the allowed ones."""
    return StorageError(400, "InvalidKey", f"Invalid key: {name}")


def invalid_request(message: str, *, error: str = "Error") -> StorageError:
    """Refuse a request whose shape is wrong; "Error" is what the schema validation of the real server says."""
    return StorageError(400, error, message)


def invalid_mime_type(mime_type: str) -> StorageError:
    """Refuse a content type that is not in the bucket's list."""
    return StorageError(415, "invalid_mime_type", f"mime type {mime_type} is not supported")


def too_large() -> StorageError:
    """Refuse a body beyond the bucket's limit."""
    return StorageError(413, "Payload too large", "The object exceeded the maximum allowed size")


def range_not_satisfiable() -> StorageError:
    """Refuse a byte range; the one refusal besides 5xx whose HTTP status is the true one."""
    return StorageError(416, "InvalidRange", "The requested range is not satisfiable", http_status=416)


def database_timeout() -> StorageError:
    """Say that no connection to Postgres could be had in time."""
    message = "The connection to the database timed out"
    return StorageError(544, "DatabaseTimeout", message, http_status=544)
