"""The client benchmark."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

from tools.benchmarks.client import import_figures, loaded_of, wheel_bytes
from tools.benchmarks.figures import NotHere
from tools.benchmarks.packing import candidates, measure_packing, own_tensor, tensorflow_tensor
from trainer.errors import InputError

PROJECT = Path(__file__).parents[3] / "serving" / "client"


def test_the_import_is_measured_in_fresh_processes():
    figures = {figure.key: figure for figure in import_figures(imports=1)}
    assert 0 < figures["import_seconds"].value < 30
    assert figures["import_seconds"].limit == 0.3
    # A Python process holds some MB, one with TensorFlow, as this one, several hundred.
    assert 5 < figures["import_memory_mb"].value < 200
    assert figures["heavy_modules"].value == "none"
    assert figures["heavy_count"].met is True


def test_heavy_modules_are_found_by_package():
    modules = ["grpc", "numpy._core.multiarray", "serving_elsewhere", "tools.cli", "tools"]
    assert loaded_of(("numpy", "serving", "tensorflow", "tools"), modules) == ["numpy", "tools"]


def test_the_wheel_is_built_away_from_the_source():
    before = sorted(PROJECT.rglob("*"))
    assert 1_000 < wheel_bytes(PROJECT) < 100_000
    assert sorted(PROJECT.rglob("*")) == before


def test_without_the_source_there_is_no_wheel(tmp_path):
    with pytest.raises(NotHere, match="holds no source of the client"):
        wheel_bytes(tmp_path)


def test_a_project_that_pip_can_not_build_is_one_line(tmp_path):
    (tmp_path / "pyproject.toml").write_text("no toml")
    with pytest.raises(InputError, match="pip can't build the wheel: ") as caught:
        wheel_bytes(tmp_path)
    assert "\n" not in str(caught.value)


def test_both_ways_of_packing_give_the_same_tensors():
    page = candidates()
    assert sum(len(column.values) for column in page) == 100 * (1 + 32 + 3)
    for column in page:
        own = tf.make_ndarray(TensorProto.FromString(own_tensor(column).SerializeToString()))
        theirs = tf.make_ndarray(tensorflow_tensor(column))
        assert own.shape == theirs.shape == column.shape
        np.testing.assert_array_equal(own, theirs)


def test_packing_is_timed_both_ways():
    packing = measure_packing(repeats=10)
    assert packing.own > 0
    assert packing.tensorflow > 0
