"""Publishing a folder of tables all at once."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from trainer.errors import InputError


@contextmanager
def publish_folder(out: Path, marker: str, setting: str = "--out") -> Iterator[Path]:
    """Give a temporary folder beside `out` that takes its name when the block ends without an error.

    An earlier result at `out` is replaced as a whole. A folder without the marker file is somebody else's:
    it is never touched.

    Args:
        out: the folder to publish.
        marker: name of the file that every complete result holds, such as `simulate.json`.
        setting: the option or key that named `out`, for faults.

    Yields:
        The temporary folder to write into.

    Raises:
        InputError: `out` is a file, or holds things that were not written by this command.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file, expected a folder to write tables into; name another with {setting}")
    if out.is_dir() and any(out.iterdir()) and not (out / marker).is_file():
        raise InputError(
            f"{out}: holds files but no {marker}, so it was not written by this command and is left alone; "
            f"name another folder with {setting}, or empty it"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".writing", dir=out.parent))
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}); name another with {setting}") from error
    try:
        folder.chmod(0o755)
        yield folder
        _swap(folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(folder: Path, out: Path) -> None:
    if not out.exists():
        os.replace(folder, out)
        return
    aside = folder.with_name(folder.name.replace(".writing", ".replaced"))
    os.replace(out, aside)
    try:
        os.replace(folder, out)
    except OSError:
        os.replace(aside, out)
        raise
    shutil.rmtree(aside)


def write_table(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """Write one contract table as `<name>.parquet`.

    Args:
        frame: the table; lists of numbers or strings become parquet lists.
        folder: where to write.
        name: table name without suffix.
    """
    frame.to_parquet(folder / f"{name}.parquet", index=False)
