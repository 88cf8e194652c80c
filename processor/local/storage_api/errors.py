"""The errors of the Storage API. Most have HTTP status 400, with the actual status code in the body."""

from __future__ import annotations


class StorageError(Exception):
    """An error response with the body {statusCode, error, message} that Supabase's clients expect."""

    def __init__(self, status: int, error: str, message: str, *, http_status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        # The real server answers 500 for a status of 500 and 400 for any other.
        self.http_status = http_status or (500 if status == 500 else 400)

    def body(self) -> dict[str, str]:
        """Return the body of the response."""
        return {"statusCode": str(self.status), "error": self.error, "message": self.message}


class GatewayError(Exception):
    """A 401 of the gateway in front of Storage; its body is {message, hint}."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def no_such_key() -> StorageError:
    """Return the error for an object that does not exist or that the caller may not see."""
    return StorageError(404, "not_found", "Object not found")


def no_such_bucket() -> StorageError:
    """Return the error for a bucket that does not exist or that the caller may not see."""
    return StorageError(404, "Bucket not found", "Bucket not found")


def already_exists() -> StorageError:
    """Return the error for creating something that exists."""
    return StorageError(409, "Duplicate", "The resource already exists")


def access_denied(message: str) -> StorageError:
    """Return the error for a call that the policies do not allow, or for an invalid token."""
    return StorageError(403, "Unauthorized", message)


def invalid_key(name: str) -> StorageError:
    """Return the error for an object name with characters that are not allowed."""
    # Half of a surrogate pair, which JSON can name, is not valid in the response's UTF-8.
    text = name.encode(errors="backslashreplace").decode()
    return StorageError(400, "InvalidKey", f"Invalid key: {text}")


def invalid_request(message: str, *, error: str = "Error") -> StorageError:
    """Return the error for a malformed request; "Error" is the name that the real server's schema validation uses."""
    return StorageError(400, error, message)


def invalid_mime_type(mime_type: str) -> StorageError:
    """Return the error for a content type that the bucket does not allow."""
    return StorageError(415, "invalid_mime_type", f"mime type {mime_type} is not supported")


def too_large() -> StorageError:
    """Return the error for a body that exceeds the bucket's size limit."""
    return StorageError(413, "Payload too large", "The object exceeded the maximum allowed size")


def range_not_satisfiable() -> StorageError:
    """Return the error for an unsatisfiable byte range. Like a 5xx it has the actual HTTP status."""
    return StorageError(416, "InvalidRange", "The requested range is not satisfiable", http_status=416)


def database_timeout() -> StorageError:
    """Return the error for a request that got no connection to Postgres in time."""
    message = "The connection to the database timed out"
    return StorageError(544, "DatabaseTimeout", message, http_status=544)
