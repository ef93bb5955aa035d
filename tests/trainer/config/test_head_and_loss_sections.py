"""Wrong settings of heads, losses and tasks are refused with their path."""

from pathlib import Path

import pytest

import small_shop
from trainer.config import ExpertsConfig
from trainer.errors import InputError


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"model": {"heads": "moe"}}, r"model\.heads: .*'escm2_dr'.*\(found 'moe'\)"),
        ({"model": {"heads": "esmm", "experts": {"count": 2}}}, r"model: experts: goes with heads: mmoe or heads: ple"),
        ({"model": {"heads": "mmoe", "experts": {"levels": 2}}}, r"model: experts\.levels: goes with heads: ple"),
        (
            {"model": {"heads": "mmoe", "experts": {"task_count": 2}}},
            r"model: experts\.task_count: goes with heads: ple",
        ),
        ({"model": {"heads": "ple", "experts": {"gates": 2}}}, r"unknown key 'model\.experts\.gates'"),
        ({"model": {"heads": "ple", "experts": {"count": 0}}}, r"model\.experts\.count: .*\(found 0\)"),
        ({"model": {"heads": "ple", "experts": {"hidden": []}}}, r"model\.experts\.hidden: .*at least 1"),
        ({"loss": {"escm2": {"clip": 0.5}}}, r"loss\.escm2\.clip: .*\(found 0\.5\)"),
        ({"loss": {"escm2": {"weight": -1}}}, r"loss\.escm2\.weight: .*\(found -1\)"),
        ({"loss": {"softmax": -1}}, r"loss\.softmax: .*\(found -1\)"),
        ({"loss": {"list_mle": -1}}, r"loss\.list_mle: .*\(found -1\)"),
        ({"loss": {"pointwise": 0, "pairwise": 0}}, r"loss: every weight is 0"),
    ],
)
def test_a_wrong_value_is_named(sections, message):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(Path("bert"), Path("shop"), **sections)


def test_a_list_loss_alone_is_something_to_learn():
    small_shop.experiment(Path("bert"), Path("shop"), loss={"pointwise": 0, "pairwise": 0, "softmax": 1})


def test_what_null_stands_for():
    settings = ExpertsConfig()
    assert (settings.experts_of_a_task, settings.number_of_levels) == (2, 1)
