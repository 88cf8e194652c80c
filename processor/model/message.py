"""Messages of rejections, with the names and numbers that they were made of."""

from collections.abc import Mapping


class Message(str):
    """A sentence, and its parameters besides the column, for a client that says it in another language."""

    __slots__ = ("params",)

    params: Mapping[str, str | int]

    def __new__(cls, text: str, **params: str | int) -> "Message":
        message = super().__new__(cls, text)
        message.params = params
        return message


def message_params(message: str) -> dict[str, str | int] | None:
    """Return the parameters of a message; None for one without."""
    return dict(message.params) if isinstance(message, Message) and message.params else None
