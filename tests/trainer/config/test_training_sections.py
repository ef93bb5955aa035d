"""Wrong settings of perturbation and fine-tuning are refused with their path."""

from pathlib import Path

import pytest

import small_shop
from trainer.config import AdversarialConfig
from trainer.errors import InputError


@pytest.mark.parametrize(
    ("section", "keys", "message"),
    [
        ("adversarial", {"method": "fgm", "epsilon": -0.1}, r"adversarial\.epsilon: .*greater than 0 \(found -0\.1\)"),
        ("adversarial", {"method": "fgm"}, r"adversarial: method: fgm needs epsilon"),
        ("adversarial", {"method": "pgd", "epsilon": 1, "steps": 0}, r"adversarial\.steps: .*\(found 0\)"),
        ("adversarial", {"method": "pgd", "epsilon": 1, "step_size": 0}, r"adversarial\.step_size: .*\(found 0\)"),
        ("adversarial", {"method": "pgd", "epsilon": 1, "weight": -1}, r"adversarial\.weight: .*\(found -1\)"),
        ("adversarial", {"method": "pgd", "epsilon": 1, "start": 1.5}, r"adversarial\.start: .*\(found 1\.5\)"),
        ("adversarial", {"method": "fgsm", "epsilon": 1}, r"adversarial\.method: .*'fgm'.*\(found 'fgsm'\)"),
        ("adversarial", {"method": "fgm", "epsilon": 1, "steps": 3}, r"adversarial: method: fgm takes one step"),
        ("train", {"r_drop": -1}, r"train\.r_drop: .*\(found -1\)"),
        ("finetune", {"freeze_layers": -1}, r"finetune\.freeze_layers: .*\(found -1\)"),
        ("finetune", {"lora_rank": 0}, r"finetune\.lora_rank: .*\(found 0\)"),
        ("finetune", {"lora_targets": "all"}, r"finetune: lora_targets: needs lora_rank"),
        ("finetune", {"layer_decay": 0}, r"finetune\.layer_decay: .*\(found 0\)"),
        ("finetune", {"layer_decay": 1.1}, r"finetune\.layer_decay: .*\(found 1\.1\)"),
        ("finetune", {"ema": 1.0}, r"finetune\.ema: .*\(found 1\.0\)"),
    ],
)
def test_a_wrong_value_is_named(section, keys, message):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(Path("bert"), Path("shop"), **{section: keys})


def test_r_drop_without_dropout_is_refused():
    sections = {"train": {"r_drop": 1.0}, "encoder": {"dropout": 0.0}}
    small_shop.experiment(Path("bert"), Path("shop"), **sections)
    with pytest.raises(InputError, match=r"train\.r_drop: its two passes differ by dropout only"):
        small_shop.experiment(Path("bert"), Path("shop"), **sections, model={"dropout": 0.0})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"method": "pgd", "epsilon": 0.6, "steps": 3}, 0.4),
        ({"method": "freelb", "epsilon": 0.6, "steps": 3, "step_size": 0.1}, 0.1),
        ({"method": "vat", "epsilon": 0.6, "steps": 3}, 0.6),
    ],
)
def test_the_length_of_a_step_follows_from_epsilon(keys, expected):
    assert AdversarialConfig(**keys).step_length == pytest.approx(expected)
