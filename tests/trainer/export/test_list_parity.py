"""The lists of a bundle against the trainer's, before it is published."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import small_shop
import trainer.export.export as exporting
from channels_of_shop import write_channels
from small_run import random_run
from trainer.channels.folder import CHANNELS
from trainer.channels.list_channels import LISTS
from trainer.errors import InputError
from trainer.export.export import export_run
from trainer.export.list_parity import ListParity, compare_lists
from trainer.export.list_requests import list_requests
from trainer.export.list_signatures import ListModule
from trainer.export.parity import ParityError
from trainer.export.signatures import RankingModule
from trainer.export.trainer_lists import TrainerLists
from trainer.training.run import Run

SIZE = 5
EXPLORING = {"method": "epsilon", "share": 0.5, "positions": [2, 3], "new_below": 100}
Arrays = dict[str, np.ndarray]


@pytest.fixture
def run_of(tiny_preset: Path, tmp_path: Path) -> Callable[..., Run]:
    """A run with channels; sections override."""

    def make(interaction: str = "bi", **sections: Any) -> Run:
        given = {"lists": {"size": SIZE, "exploration": EXPLORING}, "model": {"interaction": interaction}} | sections
        run = random_run(tmp_path / "runs" / "lists", small_shop.experiment(tiny_preset, tmp_path, name="l", **given))
        write_channels(run.folder / CHANNELS)
        return run

    return make


def parity_of(run: Run) -> dict[str, Any]:
    target = export_run(run, small_shop.items(), small_shop.pages(), {"data_hash": "x"})
    return json.loads((target / "manifest.json").read_text())["parity"]


@pytest.mark.parametrize(("interaction", "pages"), [("bi", 12), ("cross", 9)])
def test_the_manifest_says_how_the_lists_compare(run_of: Callable[..., Run], interaction: str, pages: int) -> None:
    parity = parity_of(run_of(interaction))
    lists = parity["lists"]
    assert lists["signatures"] == list(LISTS)
    assert lists["lists"] == pages * len(LISTS)
    assert pages * len(LISTS) < lists["items"] <= lists["lists"] * SIZE
    assert lists["max_difference"] <= 1e-5
    assert lists["order_differences"] == lists["other_channels"] == 0
    found = ListParity.of_manifest(parity)
    assert found is not None
    assert f"the trainer's {pages * len(LISTS)} lists (search, for_user, " in found.in_words


def test_a_bundle_without_lists_compares_none(exported: tuple[Run, Path]) -> None:
    parity = json.loads((exported[1] / "manifest.json").read_text())["parity"]
    assert parity["lists"] is None
    assert ListParity.of_manifest(parity) is None


def test_lists_saved_under_another_name_are_not_published(
    run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    save = exporting.tf.saved_model.save

    def exchanged(module: Any, folder: str, signatures: dict[str, Any]) -> None:
        save(module, folder, signatures=signatures | {"search": signatures["for_user"]})

    monkeypatch.setattr(exporting.tf.saved_model, "save", exchanged)
    with pytest.raises(ParityError, match=r"lists of search differ from the trainer's: .* have other items"):
        parity_of(run_of())
    assert not list((tmp_path / "models" / "l").iterdir())


def test_lists_with_scores_that_the_trainer_does_not_give_are_not_published(
    run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = ListModule.__call__

    def raised(self: ListModule, kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
        out = made(self, kind, inputs)
        return out | {"ctr": out["ctr"] + 0.001} if kind == "similar_items" else out

    monkeypatch.setattr(ListModule, "__call__", raised)
    with pytest.raises(
        ParityError, match=r"lists of similar_items differ .* up to 0\.001 \(allowed 1e-05\), 0 positions"
    ):
        parity_of(run_of())
    assert not list((tmp_path / "models" / "l").iterdir())


@pytest.mark.parametrize(("name", "dtype"), [("boost", tf.string), ("category", tf.float32)])
def test_a_feature_with_the_name_of_an_input_is_refused(
    run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, name: str, dtype: tf.DType
) -> None:
    inputs = RankingModule.page_inputs
    more = {name: tf.TensorSpec([None], dtype)}
    monkeypatch.setattr(RankingModule, "functions", lambda self: {})
    monkeypatch.setattr(RankingModule, "page_inputs", lambda self: inputs(self) | more)
    with pytest.raises(InputError, match=f"features: '{name}' is the name of an input of lists"):
        parity_of(run_of())


def test_requests_ask_for_rules_on_every_second_page(tiny_preset: Path, tmp_path: Path) -> None:
    experiment = small_shop.experiment(tiny_preset, tmp_path)
    rank = {"query": np.array(["a", "b"]), "item_id": np.array([["i1", "i2", ""], ["i3", "i4", "i5"]])}
    rank["history"] = np.array([["i7"], [""]])
    asked = list_requests(experiment, rank, np.array(["r", "s"]), ["", "bolt"])
    assert list(asked) == list(LISTS)
    similar = asked["similar_items"]
    assert {name: similar[name].tolist() for name in similar.keys() - {"query"}} == {
        "history": [["i7"], [""]],
        "category": ["", "bolt"],
        "request_id": ["r", "s"],
        "excluded": [[""], ["i5"]],
        "pinned": [[""], ["i4"]],
        "boosted": [[""], ["i3"]],
        "boost": [[1.0], [1.5]],
        "similar_to": ["i1", "i3"],
    }
    assert "similar_to" not in asked["search"]
    without = small_shop.experiment(tiny_preset, tmp_path, features={"context": []})
    unread = list_requests(without, rank | {"history": np.array([[""], [""]])}, np.array(["r", "s"]))
    assert unread["search"]["history"].tolist() == [["i1", "i2"], ["i3", "i4"]]


def answer(ids: list[str], scores: list[float], **others: list[Any]) -> Arrays:
    given: dict[str, Any] = {"propensity": [1.0] * len(ids), "channels": ["text"] * len(ids)} | others
    figures = {name: np.array([scores], np.float32) for name in ("score", "ctr", "cvr", "ctcvr")}
    return {"item_id": np.array([ids]), **figures, **{name: np.array([values]) for name, values in given.items()}}


def compared(trainer: Arrays, bundle: Arrays, scores: Arrays | None = None) -> Any:
    expected = TrainerLists({"search": [{}]}, {"search": [trainer]}, {"search": [scores or {}]})
    return compare_lists(expected, {"search": [bundle]}, 1e-5)


def test_items_may_change_places_only_where_their_scores_are_closer_than_the_tolerance() -> None:
    near = compared(answer(["a", "b", ""], [0.5, 0.499999, 0]), answer(["b", "a", ""], [0.500001, 0.5, 0]))
    assert (near.lists, near.items, near.order_differences) == (1, 2, 0)
    assert near.max_difference == pytest.approx(2e-6, rel=0.1)
    with pytest.raises(ParityError, match="2 positions have other items"):
        compared(answer(["a", "b"], [0.5, 0.4]), answer(["b", "a"], [0.4, 0.5]))
    with pytest.raises(ParityError, match="1 positions have other items"):
        compared(answer(["a", "b"], [0.5, 0.0]), answer(["a", ""], [0.5, 0.0]))


def test_channels_propensities_and_the_trainers_own_scores_have_to_agree() -> None:
    right = answer(["a", "b"], [0.5, 0.4])
    with pytest.raises(ParityError, match="1 items other channels"):
        compared(right, right | {"channels": np.array([["text", "trending"]])})
    with pytest.raises(ParityError, match=r"by up to 0\.25 "):
        compared(right, right | {"propensity": np.array([[1.0, 0.75]])})
    with pytest.raises(ParityError, match=r"by up to 0\.1 "):
        compared(right, right, {"cvr": np.array([[0.4, 0.4]])})
    with pytest.raises(ParityError, match="by up to inf"):
        compared(right, right | {"ctr": np.array([[0.5, np.nan]])})
    large = right | {"score": np.array([[4e6, 2e6]])}
    assert compared(large, large | {"score": np.array([[4e6 + 4, 2e6]])}).max_difference == pytest.approx(1e-6)
