"""What a deployment has to agree with: the model's folder with its versions, their manifests and warm-up records."""

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.local.errors import ServerError
from serving.local.warmup_records import WARMUP_FILE, read_records
from tools.deploy.kit import Kit
from trainer.errors import InputError

MANIFEST = "manifest.json"
RANKING = ("", "serving_default", "rank")


@dataclass(frozen=True)
class WarmUp:
    """The warm-up records of a version.

    Args:
        records: how many there are.
        pages: of the ranking requests, the different numbers of pages, sorted.
        largest: pages of the largest request of any signature.
    """

    records: int
    pages: list[int]
    largest: int


@dataclass(frozen=True)
class Model:
    """A model's folder.

    Args:
        folder: ``models/<name>``.
        versions: version folders by number.
        asked: the version that was given on the command line, None where it was the model's folder.
    """

    folder: Path
    versions: dict[int, Path]
    asked: int | None

    def manifest(self, version: int, kit: Kit) -> dict[str, Any]:
        """The manifest of a version; empty, and a finding, where it has none."""
        file = (self.versions[version] / MANIFEST).absolute()
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            kit.report(file, "file", f"cannot be read: {reason}", "export the version again")
            return {}
        if not isinstance(found, dict) or not isinstance(found.get("name"), str):
            kit.report(file, "name", "is missing", "export the version again")
            return {}
        return found


def find_model(folder: Path) -> Model:
    """Find the versions of a model.

    Args:
        folder: ``models/<name>`` or ``models/<name>/<version>``.

    Returns:
        The model.

    Raises:
        InputError: there is no version.
    """
    folder = folder.absolute()
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give a bundle, models/NAME/VERSION, or its model, models/NAME")
    asked = int(folder.name) if folder.name.isdecimal() and (folder / MANIFEST).exists() else None
    home = folder if asked is None else folder.parent
    versions = {int(path.name): path for path in sorted(home.iterdir()) if path.name.isdecimal() and path.is_dir()}
    if not versions:
        raise InputError(f"{folder}: holds no version folder (a number, as 1/); export a model there first")
    return Model(home, versions, asked)


def read_warm_up(version: Path, kit: Kit) -> WarmUp | None:
    """Read the warm-up records of a version.

    Args:
        version: its folder.
        kit: where findings go.

    Returns:
        Their sizes; None, and a finding, where they cannot be read.
    """
    file = version / WARMUP_FILE
    if not file.is_file():
        kit.report(file, "file", "is missing, so that the first shoppers wait", "export the version again")
        return None
    pages, sizes, count = set(), [0], 0
    try:
        for log in read_records(file):
            count += 1
            request = log.predict_log.request
            rows = [tensor.tensor_shape.dim[0].size for tensor in request.inputs.values() if tensor.tensor_shape.dim]
            sizes += rows
            query = request.inputs["query"].tensor_shape.dim if "query" in request.inputs else []
            if request.model_spec.signature_name in RANKING and query:
                pages.add(query[0].size)
    except ServerError:
        kit.report(file, f"record {count + 1}", "is no PredictionLog in a TFRecord", "export the version again")
        return None
    kit.count("warm-up records", count)
    return WarmUp(count, sorted(pages), max(sizes))


def unreadable(version: Path) -> Path | None:
    """The first file or folder of a version that only its owner may read; None where others may too."""
    for path in [version, *sorted(version.rglob("*"))]:
        needed = stat.S_IROTH | stat.S_IXOTH if path.is_dir() else stat.S_IROTH
        if path.stat().st_mode & needed != needed:
            return path
    return None
