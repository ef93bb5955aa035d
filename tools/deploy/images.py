"""Images of TF Serving: an exact version, new enough for the bundle, with a GPU where one is used."""

import re
from typing import Any

from tools.deploy.kit import Kit
from tools.deploy.scripts import SCRIPTS, StartScript

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def check_image(kit: Kit, file: str, where: str, image: Any, script: StartScript, tensorflow: str | None) -> None:
    """Check an image's tag; findings go to the kit.

    Args:
        kit: the deployment.
        file: the file that names the image.
        where: what a finding calls it.
        image: its name and tag.
        script: what it runs.
        tensorflow: the TensorFlow version of the bundle, None where it is not known.
    """
    tag = str(image).partition("@")[0].rpartition("/")[2].partition(":")[2]
    version = _VERSION.match(tag)
    if version is None:
        kit.report(file, where, f"{image!r} names no exact version", "name one, as tensorflow/serving:2.21.0")
        return
    needed = _VERSION.match(tensorflow or "")
    # Newer ones read older graphs, the reverse is not promised; patches of one minor version read the same.
    if needed is not None and _minor(version) < _minor(needed):
        kit.report(
            file,
            where,
            f"{image!r} is older than the bundle's TensorFlow {tensorflow}",
            f"take {needed.group()} or newer",
        )
    if (script.file == SCRIPTS["gpu"]) != tag.endswith("-gpu"):
        kit.report(
            file, where, f"{image!r} and {script.file} do not go together", "a tag with -gpu goes with the GPU script"
        )


def _minor(version: re.Match[str]) -> tuple[int, int]:
    return int(version[1]), int(version[2])
