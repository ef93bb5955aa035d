"""Experiments as YAML files."""

import pytest

from trainer.config import load_experiment
from trainer.errors import InputError

SHOP = "name: shop\ndata:\n  prepared: prepared\n  items: items.csv\n  search_log: log.csv\n"


def test_a_key_that_is_there_twice_is_refused_with_both_lines(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP + "train:\n  epochs: 1\n  xla: true\n  epochs: 2\n")
    with pytest.raises(InputError, match=r"shop\.yaml: key 'train\.epochs' is there twice \(lines 7 and 9\)"):
        load_experiment(path)


def test_a_section_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP + "data:\n  split: {by: query}\n")
    with pytest.raises(InputError, match=r"key 'data' is there twice \(lines 2 and 6\)"):
        load_experiment(path)


def test_equal_keys_of_different_sections_and_features_are_no_repetition(tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(
        SHOP + "features:\n  items:\n    - {name: brand, kind: categorical}\n    - {name: price, kind: number}\n"
        "encoder: {dropout: 0.2}\nmodel: {dropout: 0.3}\n"
    )
    experiment = load_experiment(path)
    assert (experiment.encoder.dropout, experiment.model.dropout) == (0.2, 0.3)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_generator_takes_is_refused(tmp_path, seed):
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    with pytest.raises(InputError, match=r"shop\.yaml: seed: input should be"):
        load_experiment(path, [f"seed={seed}"])
