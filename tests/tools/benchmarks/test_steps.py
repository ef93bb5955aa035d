"""The steps benchmark, on the tiny backbone."""

import pytest

import small_shop
from tools.benchmarks.steps import FROZEN, MEANINGS, WAYS, measure_steps, small_backbone, step_figures, with_sections
from trainer.text.backbone import load_backbone


def test_every_way_is_timed_on_the_same_batches(tiny_preset, tmp_path):
    chosen = ("plain", "freeze_half", "freeze_all", "fgm")
    experiment = small_shop.experiment(tiny_preset, tmp_path, train={"pages_per_batch": 6})
    seconds = measure_steps(experiment, small_shop.prepared(tmp_path), 2, {way: WAYS[way] for way in chosen})
    assert {way: len(found) for way, found in seconds.items()} == dict.fromkeys(chosen, 2)
    assert min(min(found) for found in seconds.values()) > 0


def test_every_way_is_a_valid_experiment_with_a_name(tmp_path):
    experiment = small_shop.experiment(tmp_path, tmp_path)
    assert set(WAYS) == set(MEANINGS) > set(FROZEN)
    varied = [with_sections(experiment, sections) for sections in WAYS.values()]
    assert len({str(e.model_dump()) for e in varied}) == len(WAYS) - len(FROZEN)


def test_multiples_are_medians_of_the_ratios_to_the_plain_step_of_the_same_batch():
    seconds = {"plain": [1.0, 2.0, 1.0], "fgm": [2.0, 4.2, 9.0], "awp": [3.0, 6.0, 3.0]}
    by_key = {figure.key: figure.value for figure in step_figures(seconds)}
    assert by_key["fgm.times_plain"] == pytest.approx(2.1)
    assert by_key["awp.times_plain"] == 3.0
    assert by_key["fgm.seconds"] == 4.2
    assert "plain.times_plain" not in by_key


def test_the_small_backbone_is_a_preset_whose_tokenizer_knows_every_letter(tmp_path):
    backbone, tokenizer = load_backbone(str(small_backbone(tmp_path / "small")))
    assert backbone.num_layers == 2
    unknown = tokenizer.token_to_id("[UNK]")
    assert unknown not in list(map(int, tokenizer(["drill 18v"])[0]))
