"""The version folders under a model's base path."""

import os
from dataclasses import dataclass
from pathlib import Path

from serving.local.errors import ServerError
from serving.local.flags import ServerFlags

# What changes when a file is written again: its path in the folder, its size, its time of change in ns.
Fingerprint = frozenset[tuple[str, int, int]]


@dataclass(frozen=True)
class VersionFolder:
    """One folder `<base path>/<integer>`."""

    version: int
    path: Path

    def fingerprint(self) -> Fingerprint:
        """Tell apart the states of a folder, so that a version that failed is tried again once it changed."""
        found = set()
        for folder, _, names in os.walk(self.path):
            for name in names:
                file = Path(folder, name)
                try:
                    stat = file.stat()
                except OSError:  # gone or renamed since it was listed: the next look sees the new state
                    continue
                found.add((str(file.relative_to(self.path)), stat.st_size, stat.st_mtime_ns))
        return frozenset(found)


def version_folders(base_path: Path) -> dict[int, VersionFolder]:
    """Find the version folders.

    Args:
        base_path: the folder that holds them.

    Returns:
        Them by number, never empty; other names than integers are left alone, as TF Serving does.

    Raises:
        ServerError: the base path is missing, cannot be read, or holds no version folder.
    """
    try:
        folders = [entry for entry in base_path.iterdir() if _is_version(entry.name) and entry.is_dir()]
    except FileNotFoundError:
        raise ServerError(f"model base path {base_path} does not exist; export a model there first") from None
    except NotADirectoryError:
        raise ServerError(
            f"model base path {base_path} is a file; give the folder that holds the version folders"
        ) from None
    except OSError as error:
        raise ServerError(f"model base path {base_path} cannot be read: {error.strerror}") from None
    if not folders:
        hint = "; it is a version folder itself: give its parent" if _is_bundle(base_path) else ""
        raise ServerError(f"model base path {base_path} has no version folder (a number, as 1/){hint}")
    # Of 3/ and 03/ the last by name counts.
    return {int(folder.name): VersionFolder(int(folder.name), folder) for folder in sorted(folders)}


def check_base_path(flags: ServerFlags) -> None:
    """Look for a version before the seconds that the import of TensorFlow takes.

    Raises:
        ServerError: the flags name one model, and `version_folders` finds none of its versions.
    """
    if flags.model_base_path is not None and flags.model_config_file is None:
        version_folders(flags.model_base_path)


def _is_version(name: str) -> bool:
    # A version is an int64 on the wire.
    return name.isascii() and name.isdecimal() and int(name) < 2**63


def _is_bundle(path: Path) -> bool:
    return (path / "saved_model.pb").is_file()
