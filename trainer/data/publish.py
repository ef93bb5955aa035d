"""Folders that appear as a whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.errors import InputError


@contextmanager
def published(folder: Path, marker: str) -> Iterator[Path]:
    """A hidden folder beside, renamed into place when the block ends without an error.

    Args:
        folder: what is to appear; an earlier one with the marker is replaced, any other with files is left alone.
        marker: the file that every complete folder holds.

    Yields:
        The folder to write into.

    Raises:
        InputError: if the folder is a file, holds other files, or can't be made.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; data.prepared must name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / marker).exists():
        raise InputError(
            f"{folder}: holds other files (no {marker}); name another folder as data.prepared, or empty it"
        )
    making = folder.parent / f".{folder.name}.making-{os.getpid()}"
    replaced = folder.parent / f".{folder.name}.replaced-{os.getpid()}"
    try:
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"{folder}: can't be written ({error.strerror}); name another folder as data.prepared"
        ) from None
    try:
        yield making
        if folder.exists():
            folder.rename(replaced)
        making.rename(folder)
    finally:
        if replaced.exists() and not folder.exists():
            replaced.rename(folder)
        shutil.rmtree(making, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
