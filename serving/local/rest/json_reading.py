"""Reading of JSON as TF Serving reads it: `NaN` and `Infinity` allowed, what follows the object ignored, base64 strings."""

import base64
import binascii
import json
import re
from typing import Any

from serving.local.status import RequestError, invalid_argument

_BASE64_KEY = "b64"
_SIGNATURE_KEY = "signature_name"
# TF Serving shows no more of a value in an error.
_SHOWN_CHARACTERS = 256

_decoder = json.JSONDecoder()
_encoder = json.JSONEncoder(ensure_ascii=False)
_space = re.compile(r"[ \t\n\r]*")
# What rapidjson, which TF Serving reads with, says in place of Python's words.
_PARSE_ERRORS = {
    "Expecting value": "Invalid value",
    "Expecting property name enclosed in double quotes": "Missing a name for object member",
    "Expecting ':' delimiter": "Missing a colon after a name of object member",
    "Unterminated string starting at": "Missing a closing quotation mark in string",
}


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse the JSON object of a request.

    Args:
        body: UTF-8; bytes that are not pass through strings unchanged.

    Returns:
        The object.

    Raises:
        RequestError: INVALID_ARGUMENT, there is none.
        RecursionError: it is nested deeper than Python goes.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    start = _space.match(text).end()  # type: ignore[union-attr]  # matches anything
    if start == len(text):
        raise invalid_argument("JSON Parse error: The document is empty")
    try:
        document, _ = _decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        reason = _PARSE_ERRORS.get(error.msg, error.msg)
        raise invalid_argument(f"JSON Parse error: {reason}. at offset: {error.pos}") from None
    except ValueError:  # Python refuses integers of thousands of digits
        raise too_big() from None
    if not isinstance(document, dict):
        raise invalid_argument(f"JSON Value: {shown(document)} Is not object")
    return document


def signature_name(document: dict[str, Any]) -> str:
    """Read which signature a request names, empty for none.

    Raises:
        RequestError: INVALID_ARGUMENT, the name is no string.
    """
    name = document.get(_SIGNATURE_KEY, "")
    if not isinstance(name, str):
        raise invalid_argument(
            f"JSON Value: {shown(document)} not formatted correctly. '{_SIGNATURE_KEY}' key must be a string value."
        )
    return name


def too_big() -> RequestError:
    """Make the error of an integer that no double reaches, which Python reads and rapidjson does not."""
    return invalid_argument("JSON Parse error: Number too big to be stored in double.")


def shown(value: Any) -> str:
    """Write a value for an error, its beginning only."""
    text = ""
    for part in _encoder.iterencode(value):
        text += part
        if len(text) >= _SHOWN_CHARACTERS:
            break
    return text[:_SHOWN_CHARACTERS]


def type_name(value: Any) -> str:
    """Name the JSON type of a value as TF Serving's errors do."""
    if value is None or isinstance(value, bool):
        return {None: "Null", False: "False", True: "True"}[value]
    names = {dict: "Object", list: "Array", str: "String", int: "Number", float: "Number"}
    return names[type(value)]


def is_base64(value: Any) -> bool:
    """Whether a value is `{"b64": "..."}`, which stands for bytes."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(_BASE64_KEY), str)


def bytes_of(value: str | dict[str, Any]) -> bytes:
    """Give the bytes of a string or of a `{"b64": "..."}`.

    Args:
        value: a JSON string or object.

    Returns:
        UTF-8, or what was encoded; as in TF Serving, padding may be left out and white space is ignored.

    Raises:
        RequestError: INVALID_ARGUMENT, the object is another one or its text is no base64.
        UnicodeEncodeError: the string has half of a surrogate pair.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if not is_base64(value):
        raise invalid_argument(f"JSON Value: {shown(value)} not formatted correctly for base64 data")
    text = "".join(value[_BASE64_KEY].split())
    bare = text.rstrip("=.")
    padding = "=" * (-len(bare) % 4)
    try:
        if len(text) not in (len(bare), len(bare + padding)):
            raise ValueError
        return base64.b64decode(bare + padding, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_argument("Unable to base64 decode") from None
