"""A small bundle, and a copy of the deployment files to damage."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

ROOT = Path(__file__).parents[3]


def warmup_record(pages: int, signature: str = "serving_default") -> bytes:
    """A Predict request of so many pages, as TF Serving logs it."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "quickstart", signature
    request.inputs["query"].CopyFrom(tf.make_tensor_proto(np.full([pages], "drill")))
    request.inputs["item_id"].CopyFrom(tf.make_tensor_proto(np.full([pages, 3], "a")))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    return log.SerializeToString()


@pytest.fixture
def make_version(tmp_path: Path) -> Callable[..., Path]:
    """Writes a version folder below ``models/<folder>``: its manifest and warm-up records."""

    def make(
        version: int,
        name: str = "quickstart",
        sizes: tuple[int, ...] = (1, 2, 4, 8),
        tensorflow: str = "2.21.0",
        folder: str = "quickstart",
    ) -> Path:
        path = tmp_path / "models" / folder / str(version)
        (path / "assets.extra").mkdir(parents=True, exist_ok=True)
        (path / "manifest.json").write_text(json.dumps({"name": name, "libraries": {"tensorflow": tensorflow}}))
        with tf.io.TFRecordWriter(str(path / "assets.extra" / "tf_serving_warmup_requests")) as writer:
            for size in sizes:
                writer.write(warmup_record(size))
            writer.write(warmup_record(1, "encode_query"))
        return path

    return make


@pytest.fixture
def model(make_version: Callable[..., Path]) -> Path:
    """The folder of a model with one version."""
    return make_version(1).parent


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of the deployment files as they are shipped."""
    return Path(shutil.copytree(ROOT / "configs" / "tf_serving", tmp_path / "kit"))


@pytest.fixture
def change(kit: Path) -> Callable[[str, str, str], None]:
    """Replaces a text that a file of the copy has to have, everywhere in it."""

    def replace(file: str, old: str, new: str) -> None:
        text = (kit / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        (kit / file).write_text(text.replace(old, new), encoding="utf-8")

    return replace


@pytest.fixture
def findings(kit: Path, model: Path) -> Callable[[], list[str]]:
    """What the checks find in the copy, each with its file relative to the copy."""
    from tools.deploy.check import check

    return lambda: [str(finding).removeprefix(f"{kit}/") for finding in check(model, kit).findings]
