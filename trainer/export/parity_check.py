"""Runs recorded requests with a bundle, in a process of its own: ``python -m trainer.export.parity_check BUNDLE REQUESTS OUT``.

Only TensorFlow and its text ops are loaded, as in TF Serving; nothing of the model's Python code (TensorFlow imports keras
by itself, but nothing here uses it).
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the tokenizer's ops

MODEL_CODE = {"keras_nlp", "keras_hub", "keras_rs", "trainer.model", "trainer.text"}


def main(bundle: str, sent: str, out: str) -> None:
    """Run and write.

    Args:
        bundle: a SavedModel folder.
        sent: a ``.npz`` of requests, ``<signature>/<batch>/<input>``.
        out: where the outputs go, likewise ``<signature>/<batch>/<output>``, and ``loaded``: which modules of the model's
            code were imported.
    """
    model = tf.saved_model.load(bundle)
    outputs: dict[str, Any] = {}
    with np.load(sent, allow_pickle=False) as batches:
        requests: dict[tuple[str, str], dict[str, tf.Tensor]] = {}
        for key in batches.files:
            signature, batch, name = key.split("/", 2)
            value = batches[key]
            requests.setdefault((signature, batch), {})[name] = tf.constant(
                np.char.encode(value, "utf-8").astype(object) if value.dtype.kind == "U" else value
            )
    for (signature, batch), inputs in requests.items():
        for name, value in model.signatures[signature](**inputs).items():
            array = value.numpy()
            outputs[f"{signature}/{batch}/{name}"] = array.astype("S") if array.dtype == object else array
    outputs["loaded"] = np.array(json.dumps(sorted(m for m in sys.modules if m in MODEL_CODE)))
    with Path(out).open("wb") as file:
        np.savez(file, **outputs)


if __name__ == "__main__":
    main(*sys.argv[1:])
