"""The files that a table is made of: one, or many parts in a folder."""

import glob
from pathlib import Path

SUFFIXES = (".csv", ".csv.gz", ".parquet")


def parts_of(path: Path) -> list[Path]:
    """The files of a table.

    Args:
        path: a file; a folder, of which every table directly in it is a part; or a pattern such as
            ``logs/2025-03-*/*.csv.gz``.

    Returns:
        In the order of their paths; those whose names begin with a dot are left out, since they are not complete yet. The
        path itself where it is neither a folder nor a pattern; none where there are no parts.
    """
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.name.endswith(SUFFIXES) and p.name[0] != "." and p.is_file())
    if not path.is_file() and glob.has_magic(str(path)):
        found = map(Path, glob.glob(str(path), recursive=True))
        return sorted(p for p in found if p.name.endswith(SUFFIXES) and p.is_file())
    return [path]
