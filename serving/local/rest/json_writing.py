"""Writing of JSON as TF Serving writes it, line breaks and digits included."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

_INDENT = "    "
_NOT_FINITE = {"nan": "NaN", "-nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def string_text(value: str | bytes) -> str:
    """Quote a string; bytes that are no UTF-8 pass unchanged."""
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    return json.dumps(text, ensure_ascii=False)


def base64_text(value: bytes, depth: int) -> str:
    """Write bytes as `{"b64": "..."}`, `depth` containers deep."""
    return object_text({"b64": string_text(base64.b64encode(value))}, depth)


def decimal_texts(values: Sequence[float], bits: int) -> list[str]:
    """Write numbers with six digits where these give the same number again, with all its digits otherwise.

    Args:
        values: of a tensor.
        bits: 32 for float, 64 for double.

    Returns:
        A text each; whole numbers end in `.0`, others are `NaN`, `Infinity` and `-Infinity`.
    """
    kind, every_digit = (np.float32, ".9g") if bits == 32 else (np.float64, ".17g")
    numbers = np.asarray(values, kind)
    short = [format(value, ".6g") for value in values]
    with np.errstate(over="ignore"):
        same = np.asarray([float(text) for text in short]).astype(kind) == numbers
    texts = []
    for value, text, kept in zip(values, short, same.tolist(), strict=True):
        if text in _NOT_FINITE:
            texts.append(_NOT_FINITE[text])
            continue
        digits = text if kept else format(value, every_digit)
        texts.append(digits if "." in digits or "e" in digits else digits + ".0")
    return texts


def array_text(items: Sequence[str], depth: int, single_line: bool) -> str:
    """Write an array.

    Args:
        items: its values as texts.
        depth: containers around it.
        single_line: whether the values follow each other on the line.

    Returns:
        The array.
    """
    if not items:
        return "[]"
    if single_line:
        return f"[{', '.join(items)}]"
    line = "\n" + _INDENT * (depth + 1)
    return f"[{line}{f',{line}'.join(items)}\n{_INDENT * depth}]"


def rows_text(items: Sequence[str], depth: int) -> str:
    """Write an array whose values follow each other while its end stands on a line of its own."""
    return f"[{', '.join(items)}\n{_INDENT * depth}]" if items else "[]"


def object_text(members: Mapping[str, str], depth: int) -> str:
    """Write an object of texts, a line each, `depth` containers deep."""
    lines = [f"\n{_INDENT * (depth + 1)}{string_text(name)}: {text}" for name, text in members.items()]
    return f"{{{','.join(lines)}\n{_INDENT * depth}}}"


def nested_text(texts: Iterable[str], shape: Sequence[int], depth: int, single_line: bool) -> str:
    """Write a tensor as arrays of arrays.

    Args:
        texts: its elements in order; taken from as many as the shape has.
        shape: its sizes; none for a scalar.
        depth: containers around it.
        single_line: as `array_text`.

    Returns:
        The arrays, or the scalar alone.
    """
    elements = iter(texts)

    def write(dimension: int) -> str:
        if dimension == len(shape):
            return next(elements)
        items = [write(dimension + 1) for _ in range(shape[dimension])]
        return array_text(items, depth + dimension, single_line)

    return write(0)


def body(text: str) -> bytes:
    """Encode what was written, with the bytes that passed unchanged."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # an error that shows what is no text
        return text.encode("utf-8", "replace")
