"""Parsers of upload bodies: a raw body is the file itself, a multipart/form-data body contains it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from processor.local.storage_api.errors import invalid_request
from processor.local.storage_api.files import IncomingFile

_MAX_FIELD_BYTES = 1 << 20

CheckType = Callable[[str], None]


class UploadParser(Protocol):
    """Receives a body in pieces, in any thread, writes the file in it, and collects its metadata."""

    mime_type: str
    cache_control: str
    user_metadata: dict[str, object] | None

    def feed(self, data: bytes) -> None:
        """Parse the next piece."""
        ...

    def end(self) -> None:
        """Finish the body.

        Raises: StorageError when it is incomplete.
        """
        ...


class RawBodyParser:
    """The body is the file."""

    def __init__(self, headers: Mapping[str, str], incoming: IncomingFile, check: CheckType) -> None:
        self.mime_type = headers.get("content-type") or "application/octet-stream"
        self.cache_control = headers.get("cache-control") or "no-cache"
        self.user_metadata = _metadata_of_header(headers.get("x-metadata"))
        self._incoming = incoming
        check(self.mime_type)

    def feed(self, data: bytes) -> None:
        """Write the piece."""
        self._incoming.write(data)

    def end(self) -> None:
        """Do nothing; the HTTP server has checked the length."""


class FormBodyParser:
    """The body is a form: the fields cacheControl and metadata, then one file, as browsers and storage3 send it."""

    def __init__(self, boundary: bytes, incoming: IncomingFile, check: CheckType) -> None:
        self.mime_type = "application/octet-stream"
        self.cache_control = "no-cache"
        self.user_metadata: dict[str, object] | None = None
        self._incoming = incoming
        self._check = check
        self._name = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._field = ""
        self._text = bytearray()
        self._in_file = False
        self._has_file = False
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_begin": self._begin_header,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_data,
                "on_part_data": self._data,
                "on_part_end": self._end_part,
                "on_end": self._end_form,
            },
        )

    def feed(self, data: bytes) -> None:
        """Parse the piece and write the part of it that belongs to the file."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise invalid_request("Malformed part header", error="InvalidRequest") from error

    def end(self) -> None:
        """Raise StorageError when the form is incomplete or has no file."""
        if not self._complete:
            raise invalid_request("Unexpected end of form", error="InvalidRequest")
        if not self._has_file:
            raise invalid_request("No content provided", error="InvalidRequest")

    def _begin_part(self) -> None:
        self._headers = {}
        self._text.clear()

    def _begin_header(self) -> None:
        self._name = self._value = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.lower()] = self._value

    def _begin_data(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        # Only the first file is stored; further files are discarded.
        self._in_file = b"filename" in options and not self._has_file
        if self._in_file:
            self._has_file = True
            self.mime_type = self._headers.get(b"content-type", self.mime_type.encode()).decode("latin-1")
            self._check(self.mime_type)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._incoming.write(memoryview(data)[start:end])
        elif len(self._text) + end - start <= _MAX_FIELD_BYTES:
            self._text += data[start:end]

    def _end_part(self) -> None:
        if self._in_file:
            self._in_file = False
            return
        text = self._text.decode("utf-8", "replace")
        if self._field == "cacheControl" and text:
            self.cache_control = f"max-age={text}"
        elif self._field == "metadata":
            self.user_metadata = _json_object(text)

    def _end_form(self) -> None:
        self._complete = True


def parser_for(headers: Mapping[str, str], incoming: IncomingFile, check: CheckType) -> UploadParser:
    """Return the parser for a request; `check` is called with the content type of the file before its first byte."""
    content_type, options = parse_options_header(headers.get("content-type"))
    if content_type != b"multipart/form-data":
        return RawBodyParser(headers, incoming, check)
    if b"boundary" not in options:
        raise invalid_request("Multipart: Boundary not found", error="InvalidRequest")
    return FormBodyParser(options[b"boundary"], incoming, check)


def _metadata_of_header(header: str | None) -> dict[str, object] | None:
    try:
        return _json_object(base64.b64decode(header).decode()) if header else None
    except ValueError:
        return None


def _json_object(text: str) -> dict[str, object] | None:
    try:
        document = cast("object", json.loads(text))
    except ValueError:
        return None
    return cast("dict[str, object]", document) if isinstance(document, dict) else None
