"""Checks that every layer of the model must pass, from one call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Call = Callable[[keras.layers.Layer, dict[str, tf.Tensor]], Any]


def run_layer_test(
    make_layer: Callable[[str], keras.layers.Layer],
    inputs: dict[str, np.ndarray],
    call: Call,
    expected_shape: tuple[int, ...] | dict[str, tuple[int, ...]],
    folder: Path,
    padded: dict[str, np.ndarray] | None = None,
    untouched: np.ndarray | None = None,
    mixed_precision: bool = True,
) -> None:
    """Build, call, differentiate, save and export a layer.

    Args:
        make_layer: makes a built layer of a dtype policy.
        inputs: arrays by name.
        call: how the layer is called with them, in inference.
        expected_shape: of the output, or by name of several.
        folder: an empty one.
        padded: the inputs with other values where they are padding.
        untouched: bool, which outputs must not change then; all where not given.
        mixed_precision: whether to try mixed_bfloat16 too.
    """
    layer = make_layer("float32")
    tensors = {name: tf.constant(value) for name, value in inputs.items()}
    eager = _arrays(call(layer, tensors))
    _check_shapes(eager, expected_shape)
    graph = _arrays(tf.function(lambda t: call(layer, t))(tensors))
    _check_equal(eager, graph, "called in a graph")
    if padded is not None:
        other = _arrays(call(layer, {name: tf.constant(value) for name, value in padded.items()}))
        keep = np.ones_like(next(iter(eager.values())), bool) if untouched is None else untouched
        for name, value in eager.items():
            np.testing.assert_allclose(value[keep], other[name][keep], atol=1e-5, err_msg="padding changes the output")
    _check_gradients(layer, call, tensors)
    _check_weights_file(layer, make_layer("float32"), call, tensors, folder / "layer.weights.h5", eager)
    _check_export(layer, call, tensors, folder / "export", eager)
    if mixed_precision:
        _check_mixed(layer, make_layer("mixed_bfloat16"), call, tensors, eager)


def _arrays(output: Any) -> dict[str, np.ndarray]:
    values = output if isinstance(output, dict) else {"output": output}
    return {name: np.asarray(tf.cast(value, tf.float32)) for name, value in values.items()}


def _check_shapes(found: dict[str, np.ndarray], expected: Any) -> None:
    shapes = expected if isinstance(expected, dict) else {"output": expected}
    assert {name: value.shape for name, value in found.items()} == shapes


def _check_equal(first: dict[str, np.ndarray], second: dict[str, np.ndarray], what: str) -> None:
    for name, value in first.items():
        np.testing.assert_allclose(value, second[name], atol=1e-5, err_msg=f"{name} differs when {what}")


def _check_gradients(layer: keras.layers.Layer, call: Call, tensors: dict[str, tf.Tensor]) -> None:
    # A layer that starts at 0 passes no gradient down: a random place in weight space shows the true paths.
    before = [np.array(v) for v in layer.trainable_variables]
    random = np.random.default_rng(3)
    for variable in layer.trainable_variables:
        variable.assign(random.normal(0, 0.3, variable.shape))
    with tf.GradientTape() as tape:
        output = call(layer, tensors)
        values = output.values() if isinstance(output, dict) else [output]
        loss = tf.add_n([tf.reduce_sum(tf.cast(value, tf.float32) ** 2) for value in values])
    gradients = tape.gradient(loss, layer.trainable_variables)
    for variable, gradient, value in zip(layer.trainable_variables, gradients, before, strict=True):
        assert gradient is not None, f"no gradient reaches {variable.path}"
        assert np.isfinite(tf.convert_to_tensor(gradient)).all(), f"the gradient of {variable.path} is not finite"
        assert np.abs(tf.convert_to_tensor(gradient)).max() > 0, f"the gradient of {variable.path} is 0"
        variable.assign(value)


def _check_weights_file(
    layer: keras.layers.Layer,
    other: keras.layers.Layer,
    call: Call,
    tensors: dict[str, tf.Tensor],
    path: Path,
    expected: dict[str, np.ndarray],
) -> None:
    holder, other_holder = _Holder(layer), _Holder(other)
    holder.save_weights(path)
    other_holder.load_weights(path)
    _check_equal(expected, _arrays(call(other, tensors)), "its weights were saved and loaded")


class _Holder(keras.Model):
    def __init__(self, layer: keras.layers.Layer) -> None:
        super().__init__()
        self.layer = layer
        self.built = True


def _check_export(
    layer: keras.layers.Layer,
    call: Call,
    tensors: dict[str, tf.Tensor],
    path: Path,
    expected: dict[str, np.ndarray],
) -> None:
    module = tf.Module()
    module.weights = [v.value for v in layer.variables]
    module.tables = [table.lookup_table for table in getattr(layer, "lookups", {}).values()]
    module.run = tf.function(lambda **given: call(layer, given))
    specs = {name: tf.TensorSpec(value.shape, value.dtype, name) for name, value in tensors.items()}
    module.run.get_concrete_function(**specs)
    tf.saved_model.save(module, str(path))
    loaded = tf.saved_model.load(str(path))
    _check_equal(expected, _arrays(loaded.run(**tensors)), "it was exported and loaded")


def _check_mixed(
    layer: keras.layers.Layer,
    mixed: keras.layers.Layer,
    call: Call,
    tensors: dict[str, tf.Tensor],
    expected: dict[str, np.ndarray],
) -> None:
    for variable, source in zip(mixed.variables, layer.variables, strict=True):
        assert variable.dtype == source.dtype, f"{variable.path} is not kept in full precision"
        variable.assign(source.value)
    for name, value in _arrays(call(mixed, tensors)).items():
        assert np.isfinite(value).all(), f"{name} is not finite in mixed precision"
        scale = max(1.0, float(np.abs(expected[name]).max()))
        np.testing.assert_allclose(value, expected[name], atol=0.05 * scale)
