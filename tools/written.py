"""Files that a command writes where it was told to, as a whole or not at all."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer import written
from trainer.errors import InputError


def check_place(path: Path | None, option: str) -> None:
    """Refuse a file that can't be written, before the work whose result it is to hold.

    Raises:
        InputError: if it is a folder, or its folder can't be made or may not be written.
    """
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{option} {path}: its folder can't be made ({error.strerror}); name another file") from None
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError(f"{option} {path}: can't be written; name a file in a folder that can")


def write_json(path: Path, found: Mapping[str, Any], option: str) -> None:
    """Write what was found as JSON; see `write_text`."""
    write_text(path, json.dumps(found, indent=2, ensure_ascii=False) + "\n", option)


def write_text(path: Path, text: str, option: str) -> None:
    """Write a text file.

    Args:
        path: the file; its folder is made where it is missing.
        text: what goes in.
        option: that named the file, for the error.

    Raises:
        InputError: if the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(path, text)
    except OSError as error:
        raise InputError(f"{option} {path}: can't be written ({error.strerror}); name another file") from None
