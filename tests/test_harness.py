"""The harness catches layers that are broken."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from harness import run_layer_test

X = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)
MASK = np.array([[True, True, False], [True, False, False]])
PADDED = np.where(MASK[..., None], X, 9.0).astype(np.float32)


class Pool(keras.layers.Layer):
    """Projects and averages over what is not padding."""

    def __init__(self, respects_mask: bool = True, idle: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(4, dtype=self.dtype_policy)
        self.dense.build((None, 4))
        if idle:
            self.idle = self.add_weight(shape=(3,), name="idle")
        self.respects_mask = respects_mask
        self.built = True

    def call(self, x, mask):
        weights = ops.cast(mask if self.respects_mask else ops.ones_like(mask), self.compute_dtype)[..., None]
        return ops.sum(self.dense(x) * weights, axis=1) / ops.sum(weights, axis=1)


def check(tmp_path, **kwargs) -> None:
    run_layer_test(
        lambda dtype: Pool(dtype=dtype, **kwargs),
        {"x": X, "mask": MASK},
        lambda layer, t: layer(t["x"], t["mask"]),
        (2, 4),
        tmp_path,
        padded={"x": PADDED, "mask": MASK},
    )


def test_a_sound_layer_passes(tmp_path):
    check(tmp_path)


def test_a_layer_that_ignores_its_mask_is_caught(tmp_path):
    with pytest.raises(AssertionError, match="padding changes the output"):
        check(tmp_path, respects_mask=False)


def test_a_weight_without_gradient_is_caught(tmp_path):
    with pytest.raises(AssertionError, match=r"no gradient reaches .*idle"):
        check(tmp_path, idle=True)


def test_a_wrong_shape_is_caught(tmp_path):
    with pytest.raises(AssertionError):
        run_layer_test(
            lambda dtype: Pool(dtype=dtype),
            {"x": X, "mask": MASK},
            lambda layer, t: layer(t["x"], tf.ones_like(t["mask"])),
            (2, 5),
            tmp_path,
        )
