"""Trains towers on the material of a folder: ``python -m trainer.retrieval FOLDER``, started by `trainer.retrieval.two_tower`.

Each line on stdout is a JSON object of the progress. It ends when stdin does: with the process that started it.
"""

import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

# Read when TensorFlow is imported; in no other process of this project.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main(folder: Path) -> int:
    """Train, and write the towers into the folder ``made`` below.

    Returns:
        The exit code: 2 for what a user can cause.
    """
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    out, sys.stdout = sys.stdout, sys.stderr

    def report(facts: dict[str, Any]) -> None:
        print(json.dumps(facts), file=out, flush=True)

    from trainer.errors import InputError
    from trainer.retrieval.artefact import write_artefact
    from trainer.retrieval.learning import learn, places, recall
    from trainer.retrieval.material import Material

    material = Material.load(folder)
    try:
        model, facts = learn(material, report)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    facts["test"] = recall(model, material, material["test"], places(material.config))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        write_artefact(folder / "made", model.query_tower, model.item_tower, material, facts, Path(scratch))
    return 0


def _end_with_stdin() -> None:
    # Not through sys.stdin: its lock, held by a thread, would stop the interpreter from ending.
    while os.read(0, 1):
        pass
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
