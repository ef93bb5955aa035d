"""Reading of text protos, the form of TF Serving's configuration files."""

from pathlib import Path
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from serving.local.errors import ServerError

Parsed = TypeVar("Parsed", bound=Message)


def read_text_proto(file: Path, message: Parsed, flag: str) -> Parsed:
    """Fill a message from a file.

    Args:
        file: the text proto.
        message: an empty message of the type that the file holds.
        flag: the flag that named the file, for the error.

    Returns:
        The message.

    Raises:
        ServerError: the file is missing or no such text proto; names file, line and column.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ServerError(f"--{flag}={file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ServerError(f"--{flag}={file}: is no text; give a text proto") from None
    try:
        return text_format.Parse(text, message)
    except text_format.ParseError as error:
        reason = " ".join(str(error).split())
        raise ServerError(f"--{flag}={file}: is no {message.DESCRIPTOR.name}: {reason}") from None
