"""The Encoder against the backbone that it takes apart."""

import numpy as np
import pytest
from keras import ops

from trainer.text.backbone import load_backbone
from trainer.text.encoder import Encoder

TOKENS = np.array([[2, 5, 6, 10, 3, 0, 0], [2, 20, 30, 31, 32, 33, 3]], np.int32)
SEGMENTS = np.array([[0, 0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1, 1]], np.int32)


@pytest.fixture(scope="module")
def backbone(tiny_preset):
    return load_backbone(str(tiny_preset))[0]


def test_step_by_step_equals_the_backbone(backbone):
    encoder = Encoder(backbone)
    mask = TOKENS != 0
    states = encoder.run(encoder.embed(TOKENS, SEGMENTS), mask)
    whole = backbone({"token_ids": TOKENS, "segment_ids": SEGMENTS, "padding_mask": mask})["sequence_output"]
    np.testing.assert_allclose(np.asarray(states)[mask], np.asarray(whole)[mask], atol=1e-5)


def test_layers_can_be_run_in_parts(backbone):
    encoder = Encoder(backbone)
    mask = TOKENS != 0
    x = encoder.embed(TOKENS)
    half = encoder.run(encoder.run(x, mask, range(0, 1)), mask, range(1, 2))
    np.testing.assert_allclose(np.asarray(half), np.asarray(encoder.run(x, mask)), atol=1e-6)


def test_mean_pooling_leaves_padding_out(backbone):
    encoder = Encoder(backbone)
    states = np.arange(2 * 3 * 2, dtype=np.float32).reshape(2, 3, 2)
    mask = np.array([[True, True, False], [True, True, True]])
    expected = [states[0, :2].mean(axis=0), states[1].mean(axis=0)]
    np.testing.assert_allclose(np.asarray(encoder.pool(ops.convert_to_tensor(states), mask)), expected)


def test_cls_pooling_takes_the_first_token(backbone):
    encoder = Encoder(backbone, pooling="cls")
    states = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(encoder.pool(states, np.ones((2, 3), bool))), states[:, 0])


def test_more_padding_changes_nothing(backbone):
    encoder = Encoder(backbone)
    wide = np.pad(TOKENS, ((0, 0), (0, 9)))
    np.testing.assert_allclose(np.asarray(encoder(TOKENS)), np.asarray(encoder(wide)), atol=1e-5)


def test_the_pooler_that_is_not_used_is_no_weight(backbone):
    assert not [v for v in Encoder(backbone).variables if "pooled_dense" in v.path]
