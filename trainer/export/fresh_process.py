"""What a bundle answers in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainer.errors import InputError

Arrays = dict[str, np.ndarray]


class ParityError(InputError):
    """The bundle does not answer as the trainer does; nothing was published."""


@dataclass(frozen=True)
class FreshAnswers:
    """What came back.

    Attributes:
        outputs: by signature, one for each batch that was sent; text as unicode.
        model_code_loaded: modules of the model's Python code that the process had imported.
    """

    outputs: dict[str, list[Arrays]]
    model_code_loaded: list[str]


def answers_of(bundle: Path, requests: Mapping[str, Sequence[Arrays]]) -> FreshAnswers:
    """Run requests with a bundle that a fresh process loads with TensorFlow alone.

    Args:
        bundle: a SavedModel folder.
        requests: by signature, the inputs of batches.

    Raises:
        ParityError: if the bundle can't be run.
    """
    work = bundle.parent / f".parity-{os.getpid()}"
    work.mkdir()
    sent, got = work / "requests.npz", work / "answers.npz"
    try:
        inputs = {
            f"{signature}/{batch}/{name}": values
            for signature, batches in requests.items()
            for batch, request in enumerate(batches)
            for name, values in request.items()
        }
        with sent.open("wb") as file:
            np.savez(file, **inputs)  # type: ignore[arg-type]
        command = [sys.executable, "-m", "trainer.export.parity_check", str(bundle), str(sent), str(got)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ParityError(f"{bundle}: the bundle can't be run in a fresh process: {reason}")
        with np.load(got, allow_pickle=False) as result:
            return _read(dict(result), requests)
    finally:
        for left in (sent, got):
            left.unlink(missing_ok=True)
        work.rmdir()


def _read(result: Arrays, requests: Mapping[str, Sequence[Arrays]]) -> FreshAnswers:
    loaded = json.loads(str(result.pop("loaded")))
    outputs: dict[str, list[Arrays]] = {signature: [{} for _ in batches] for signature, batches in requests.items()}
    for key, values in result.items():
        signature, batch, name = key.split("/", 2)
        outputs[signature][int(batch)][name] = np.char.decode(values, "utf-8") if values.dtype.kind == "S" else values
    return FreshAnswers(outputs, loaded)
