"""What of the Encoder is trained."""

import numpy as np
import pytest

import small_shop
from tiny_bert import SIZES
from tiny_training import made
from trainer.errors import InputError
from trainer.model.build import build_ranker
from trainer.text.backbone import load_backbone
from trainer.text.encoder import Encoder
from trainer.text.finetuning import layer_factors, limit_training, weights_by_depth
from trainer.text.lora import merged_lora
from trainer.training.parameters import count_parameters
from trainer.training.run import save_weights

TOKENS = np.array([[2, 5, 6, 10, 3, 0], [2, 20, 30, 31, 32, 3]], np.int32)
WIDTH, HEADS, INNER = SIZES["hidden_dim"], SIZES["num_heads"], SIZES["intermediate_dim"]


def encoder_of(preset, dtype="float32"):
    return Encoder(load_backbone(str(preset), dtype)[0])


def config(**keys):
    from trainer.config import FinetuneConfig

    return FinetuneConfig(**keys)


def test_the_weights_by_depth_are_all_weights(tiny_preset):
    encoder = encoder_of(tiny_preset)
    flat = [id(v) for group in weights_by_depth(encoder) for v in group]
    assert sorted(flat) == sorted(id(v) for v in encoder.weights)
    assert len(weights_by_depth(encoder)) == 1 + SIZES["num_layers"]


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_frozen_layers_stay_while_the_others_move(tiny_preset, tmp_path, frozen):
    model, batch = made(tiny_preset, tmp_path, finetune={"freeze_layers": frozen})
    groups = weights_by_depth(model.ranker.encoder)
    before = [[np.array(v) for v in group] for group in groups]
    model.train_step(batch)
    changed = [
        any(np.any(np.asarray(v) != old) for v, old in zip(group, values, strict=True))
        for group, values in zip(groups, before, strict=True)
    ]
    assert changed == [False] * (frozen + 1) + [True] * (2 - frozen)


@pytest.mark.parametrize(("frozen", "same"), [(2, True), (1, False)])
def test_an_encoder_that_is_frozen_as_a_whole_drops_no_units_in_training(tiny_preset, frozen, same):
    encoder = encoder_of(tiny_preset)
    limit_training(encoder, config(freeze_layers=frozen))
    in_training, served = (np.asarray(encoder(TOKENS, training=training)) for training in (True, False))
    assert np.array_equal(in_training, served) is same


def test_lora_trains_thin_matrices_only_and_starts_where_the_encoder_is(tiny_preset):
    encoder, plain = encoder_of(tiny_preset), encoder_of(tiny_preset)
    limit_training(encoder, config(lora_rank=3))
    np.testing.assert_array_equal(np.asarray(encoder(TOKENS)), np.asarray(plain(TOKENS)))
    # Of a kernel [D, heads, D / heads]: [D, heads, rank] and [rank, D / heads], for queries and values of each layer.
    of_kernel = WIDTH * HEADS * 3 + 3 * (WIDTH // HEADS)
    found = sum(int(np.prod(v.shape)) for v in encoder.trainable_weights)
    assert found == SIZES["num_layers"] * 2 * of_kernel


def test_lora_of_every_dense_layer_above_the_frozen_ones(tiny_preset):
    encoder = encoder_of(tiny_preset)
    limit_training(encoder, config(lora_rank=2, lora_targets="all", freeze_layers=1))
    head = WIDTH // HEADS
    of_layer = 3 * (WIDTH * HEADS * 2 + 2 * head) + (HEADS * head * 2 + 2 * WIDTH) + 2 * (WIDTH * 2 + 2 * INNER)
    assert sum(int(np.prod(v.shape)) for v in encoder.trainable_weights) == of_layer
    assert all(v.path.startswith(encoder.transformer_layers[1].name) for v in encoder.trainable_weights)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_merged_kernels_give_the_same_vectors_and_come_back_bit_for_bit(tiny_preset, dtype):
    encoder = encoder_of(tiny_preset, dtype)
    limit_training(encoder, config(lora_rank=2, lora_targets="all"))
    random = np.random.default_rng(1)
    for variable in encoder.trainable_weights:
        variable.assign(random.normal(0, 0.2, variable.shape))
    expected = np.asarray(encoder(TOKENS))
    before = [np.array(v) for v in encoder.weights]
    with merged_lora(encoder):
        np.testing.assert_allclose(np.asarray(encoder(TOKENS)), expected, atol=1e-5 if dtype == "float32" else 0.05)
        kernel = encoder.transformer_layers[0]._self_attention_layer.query_dense.kernel
        assert kernel.dtype == "float32"
    for variable, value in zip(encoder.weights, before, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), value)
    np.testing.assert_array_equal(np.asarray(encoder(TOKENS)), expected)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_saved_weights_hold_the_additions_in_full_precision(tiny_preset, tmp_path, precision):
    model, _batch = made(tiny_preset, tmp_path, finetune={"lora_rank": 2}, train={"precision": precision})
    random = np.random.default_rng(1)
    for variable in model.ranker.encoder.trainable_weights:
        variable.assign(random.normal(0, 0.2, variable.shape))
    dense = model.ranker.encoder.transformer_layers[1]._self_attention_layer.value_dense
    expected = np.array(dense._kernel) + np.array(dense.lora_kernel_a) @ np.array(dense.lora_kernel_b)
    save_weights(model.ranker, tmp_path / "best.weights.h5")
    experiment = small_shop.experiment(tiny_preset, tmp_path)
    backbone, tokenizer = load_backbone(experiment.encoder.backbone)
    loaded = build_ranker(experiment, small_shop.statistics(), backbone, tokenizer.pad_token_id)
    loaded.load_weights(tmp_path / "best.weights.h5")
    found = loaded.encoder.transformer_layers[1]._self_attention_layer.value_dense.kernel
    np.testing.assert_array_equal(np.asarray(found), expected)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lora_rank": WIDTH + 1}, r"finetune\.lora_rank: 33 is above 16, the width of an attention head"),
        ({"lora_rank": 17}, r"finetune\.lora_rank: 17 is above 16"),
        ({"freeze_layers": 3}, r"finetune\.freeze_layers: 3 is above the 2 layers of the backbone"),
        ({"freeze_layers": 2, "lora_rank": 1}, r"finetune\.lora_rank: finetune\.freeze_layers 2 leaves no layer"),
    ],
)
def test_what_the_backbone_can_not_do_is_refused(tiny_preset, keys, message):
    with pytest.raises(InputError, match=message):
        limit_training(encoder_of(tiny_preset), config(**keys))


def test_the_rate_falls_from_layer_to_layer(tiny_preset):
    encoder = encoder_of(tiny_preset)
    factors = layer_factors(encoder, 0.5)
    found = [{factors[id(v)] for v in group} for group in weights_by_depth(encoder)]
    assert found == [{0.25}, {0.5}, {1.0}]
    assert layer_factors(encoder, 1.0) == {}


def test_the_optimizer_moves_lower_layers_less(tiny_preset, tmp_path):
    model, batch = made(tiny_preset, tmp_path, finetune={"layer_decay": 0.1}, train={"weight_decay": 0.0})
    norms = [layer._feedforward_output_dense.kernel for layer in model.ranker.encoder.transformer_layers]
    before = [np.array(v) for v in norms]
    model.train_step(batch)
    # Adam's first step has the length of the rate in every coordinate whose gradient is not tiny.
    low, high = (np.median(np.abs(np.asarray(v) - old)) for v, old in zip(norms, before, strict=True))
    assert low == pytest.approx(0.1 * high, rel=0.05)


def test_parameters_are_counted(tiny_preset, tmp_path):
    plain = count_parameters(made(tiny_preset, tmp_path)[0].ranker)
    assert plain.backbone_trained == plain.backbone
    assert plain.backbone_share == 1.0
    model, _batch = made(tiny_preset, tmp_path, finetune={"lora_rank": 1})
    counts = count_parameters(model.ranker)
    assert (counts.total, counts.backbone) == (plain.total, plain.backbone)
    assert counts.backbone_trained == 2 * 2 * (WIDTH * HEADS + WIDTH // HEADS)
    assert counts.trained == plain.trained - plain.backbone + counts.backbone_trained
    backbone = load_backbone(str(tiny_preset))[0]
    pooler = sum(int(np.prod(v.shape)) for v in backbone.pooled_dense.weights)
    assert counts.backbone == backbone.count_params() - pooler
    assert f"{counts.backbone_trained:,} of {counts.backbone:,} (" in counts.in_words()
