"""What the child process learns of clicks that texts do not explain."""

import io
import json

import pytest
from rich.console import Console

from trainer.errors import InputError
from trainer.retrieval.two_tower import train_in_child


def trained(material, folder) -> tuple[dict, str]:
    folder.mkdir()
    material.save(folder)
    told = io.StringIO()
    train_in_child(folder, Console(file=told))
    return json.loads((folder / "made" / "two_tower.json").read_text()), told.getvalue()


@pytest.mark.parametrize("config", [{}, {"hard_negatives": 5, "uniform_negatives": 0}])
def test_recall_on_other_clicks_rises_far_above_that_of_the_texts(made_material, tmp_path, config):
    facts, told = trained(made_material(**config), tmp_path / "work")
    assert facts["start"]["3"] < 0.3
    assert facts["valid"]["3"] > 0.8
    assert facts["test"]["3"] > 0.8
    assert facts["losses"][-1] < facts["losses"][0]
    assert f"towers, epoch 0: recall {facts['start']['3']:.4f}" in told


def test_training_stops_when_recall_rises_no_more_and_keeps_the_best(made_material, tmp_path):
    # A rate that moves nothing: what was there before the first step stays.
    facts, _ = trained(made_material(learning_rate=1e-12, patience=2), tmp_path / "work")
    assert (facts["epoch"], facts["epochs"]) == (0, 2)
    assert facts["valid"] == facts["start"]


def test_a_loss_that_is_no_number_is_one_clear_line(made_material, tmp_path):
    told = "^retrieval: the loss is no number any more; lower retrieval.learning_rate or raise retrieval.temperature$"
    with pytest.raises(InputError, match=told):
        trained(made_material(temperature=1e-38), tmp_path / "work")
