"""Files that are written as a whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file beside the one to be written, which takes its place at the end, or goes where writing failed.

    Args:
        path: of the file; its folder is there. What is given ends as this does, for writers that look at endings.

    Yields:
        Where to write.
    """
    beside = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield beside
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, in UTF-8."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")
