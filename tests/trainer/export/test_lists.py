"""Lists that the bundle makes itself: channels, ranking and rules in one call."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import small_shop
from channels_of_shop import write_channels
from small_run import random_run
from trainer.channels.folder import CHANNELS
from trainer.export.export import export_run

Arrays = dict[str, np.ndarray]
SIZE = 5


@pytest.fixture(scope="module")
def bundle_of(tiny_preset: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Exports and loads a bundle with lists; sections override."""

    def make(**sections: Any) -> Any:
        folder = tmp_path_factory.mktemp("lists")
        given: dict[str, Any] = {"lists": {"size": SIZE}} | sections
        experiment = small_shop.experiment(tiny_preset, folder, name="lists", **given)
        run = random_run(folder / "runs" / "lists", experiment)
        write_channels(run.folder / CHANNELS)
        return tf.saved_model.load(str(export_run(run, small_shop.items(), small_shop.pages(), {"data_hash": "x"})))

    return make


@pytest.fixture(scope="module")
def bundle(bundle_of: Callable[..., Any]) -> Any:
    return bundle_of()


def asked(query: str | list[str] = "", **given: Any) -> Arrays:
    queries = [query] if isinstance(query, str) else query
    request: dict[str, Any] = {
        "query": queries,
        "user_id": ["u1"],
        "segment": ["new"],
        "hour": [3.0],
        "history": [[""]],
        "category": [""],
        "request_id": ["r"],
        "excluded": [[""]],
        "pinned": [[""]],
        "boosted": [[""]],
        "boost": [[1.0]],
    } | given
    numbers = ("hour", "boost")
    arrays = {name: np.array(value, np.float32 if name in numbers else str) for name, value in request.items()}
    return {name: np.repeat(a, len(queries), axis=0) if len(a) < len(queries) else a for name, a in arrays.items()}


def texts(values: np.ndarray) -> list[list[str]]:
    return [[value.decode() for value in row] for row in values]


def shown(bundle: Any, rank: Callable[..., Arrays], kind: str, **given: Any) -> list[str]:
    (ids,) = texts(rank(bundle, asked(**given), kind)["item_id"])
    return [item for item in ids if item]


def test_every_item_says_by_which_channels_it_came(bundle: Any, rank: Callable[..., Arrays]) -> None:
    out = rank(bundle, asked("Red  LAMP ", history=[["i0"]]), "recommend")
    came = dict(zip(texts(out["item_id"])[0], texts(out["channels"])[0], strict=True))
    assert len(came) == SIZE
    everything = {
        "i0": "text,query_memory",
        "i4": "text,item_to_item",
        "i1": "text,item_to_item",
        "i7": "text,query_memory",
    }
    everything |= {"i5": "text,trending", "i3": "text,trending", "i2": "text", "i6": "text"}
    assert came.items() <= everything.items()


def test_ranked_lists_have_the_scores_that_rank_gives_the_same_items(bundle: Any, rank: Callable[..., Arrays]) -> None:
    request = asked("red lamp", history=[["i0", "i2"]])
    out = rank(bundle, request, "search")
    given = {name: request[name] for name in ("query", "user_id", "history", "segment", "hour")}
    alone = rank(bundle, given | {"item_id": np.array(texts(out["item_id"]))})
    for name in ("score", "ctr", "cvr", "ctcvr"):
        np.testing.assert_allclose(out[name], alone[name], atol=1e-6)
    assert texts(out["item_id"]) == texts(alone["item_id"])


def test_similar_items_are_neighbours_and_items_that_read_alike_in_the_order_of_their_channels(
    bundle: Any, rank: Callable[..., Arrays]
) -> None:
    (ids,), (came,) = (
        texts(rank(bundle, asked(similar_to=["i0"]), "similar_items")[name]) for name in ("item_id", "channels")
    )
    assert "i0" not in ids
    # i1 is first among the neighbours and, as the other lamp, near in text: both channels count.
    assert "item_to_item" in came[ids.index("i1")]
    assert "text" in came[ids.index("i1")]


def test_trending_knows_categories_and_falls_back_to_all(bundle: Any, rank: Callable[..., Arrays]) -> None:
    assert shown(bundle, rank, "trending") == ["i5", "i3"]
    assert shown(bundle, rank, "trending", category=["BOLT"]) == ["i2"]
    assert shown(bundle, rank, "trending", category=["nothing like it"]) == ["i5", "i3"]


def test_a_user_without_history_and_an_empty_query_get_what_is_popular(
    bundle: Any, rank: Callable[..., Arrays]
) -> None:
    for kind in ("search", "for_user", "recommend"):
        assert sorted(shown(bundle, rank, kind, user_id=["never seen"], history=[["never seen"]])) == ["i3", "i5"]


def test_the_history_leads_to_neighbours_but_not_to_itself(bundle: Any, rank: Callable[..., Arrays]) -> None:
    assert sorted(shown(bundle, rank, "for_user", history=[["i1", "i0"]])) == ["i3", "i4", "i5"]
    assert "i0" not in shown(bundle, rank, "for_user", history=[["i0", "i1"]])


def test_excluded_items_never_come_and_pinned_ones_come_first(bundle: Any, rank: Callable[..., Arrays]) -> None:
    ids = shown(bundle, rank, "recommend", query="red lamp", excluded=[["i0", "i5"]], pinned=[["i6", "i0", "no item"]])
    assert ids[0] == "i6"
    assert not {"i0", "i5"} & set(ids)
    assert len(ids) == SIZE == len(set(ids))


def test_boosted_items_move_and_keep_the_score_of_the_model(bundle: Any, rank: Callable[..., Arrays]) -> None:
    plain = rank(bundle, asked("red lamp"), "search")
    (before,) = texts(plain["item_id"])
    last = before[-1]
    out = rank(bundle, asked("red lamp", boosted=[[last, "no item"]], boost=[[50.0, 2.0]]), "search")
    (ids,) = texts(out["item_id"])
    assert ids == [last, *before[:-1]]
    np.testing.assert_array_equal(out["score"][0, 0], plain["score"][0, -1])
    lowered = shown(bundle, rank, "trending", boosted=[["i5"]], boost=[[0.5]])
    assert lowered == ["i3", "i5"]


def test_a_boost_brings_no_item_that_no_channel_found(bundle: Any, rank: Callable[..., Arrays]) -> None:
    assert shown(bundle, rank, "trending", boosted=[["i0"]], boost=[[9.0]]) == ["i5", "i3"]


@pytest.mark.parametrize("factor", [0.0, -2.0, float("nan"), float("inf")])
def test_a_factor_that_can_not_be_changes_nothing(bundle: Any, rank: Callable[..., Arrays], factor: float) -> None:
    assert shown(bundle, rank, "trending", boosted=[["i3"]], boost=[[factor]]) == ["i5", "i3"]


def test_boosted_items_and_factors_of_different_number_are_refused(bundle: Any, rank: Callable[..., Arrays]) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="boosted and boost differ in their shape"):
        rank(bundle, asked(boosted=[["i3", "i5"]], boost=[[2.0]]), "trending")


def test_a_page_has_the_list_alone_that_it_has_among_others(bundle: Any, rank: Callable[..., Arrays]) -> None:
    many = asked(["red lamp", "", "drill"], history=[["i0", "i1"], ["", ""], ["i3", ""]])
    together = rank(bundle, many, "recommend")
    for number in range(3):
        alone = rank(bundle, {name: value[number : number + 1] for name, value in many.items()}, "recommend")
        assert texts(alone["item_id"])[0] == texts(together["item_id"])[number]
        np.testing.assert_allclose(alone["score"][0], together["score"][number], atol=1e-6)


def test_rules_of_the_config_hold_for_lists(bundle_of: Callable[..., Any], rank: Callable[..., Arrays]) -> None:
    rules = {
        "size": SIZE,
        "blocked": ["i0"],
        "pinned": ["i4"],
        "caps": [{"column": "brand", "most": 1, "within": 2}],
        "diversity": {"method": "mmr", "weight": 0.5},
    }
    ids = shown(bundle_of(lists=rules), rank, "search", query="red lamp")
    brands = small_shop.items().set_index("item_id")["brand"]
    assert ids[0] == "i4"
    assert "i0" not in ids
    assert brands[ids[1]] != brands["i4"]


def test_exploration_brings_new_items_with_their_propensity(
    bundle_of: Callable[..., Any], rank: Callable[..., Arrays]
) -> None:
    explores = {"method": "epsilon", "share": 1.0, "positions": [2, 2], "new_below": 100}
    bundle = bundle_of(lists={"size": 3, "blocked": ["i6"], "exploration": explores})
    out = rank(bundle, asked("red lamp"), "search")
    (ids,) = texts(out["item_id"])
    shown_anyhow = rank(bundle_of(lists={"size": 3, "blocked": ["i6"]}), asked("red lamp"), "search")
    if "i7" not in texts(shown_anyhow["item_id"])[0]:
        assert ids[1] == "i7"
    np.testing.assert_allclose(out["propensity"], 1.0)
