"""What a run is asked for is what its exported functions answer, and what goes on inside them."""

import io

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

import small_shop
from channels_of_shop import write_channels
from small_run import random_run
from trainer.channels.folder import CHANNELS
from trainer.config.lists import ListsConfig
from trainer.errors import InputError
from trainer.evaluation.list_answers import KINDS, ask_for_lists
from trainer.evaluation.list_requests import histories, list_request
from trainer.evaluation.scorer import RankerScorer
from trainer.export.bundle_module import bundle_module
from trainer.training.tables import build_tables

SIZE, DEPTH = 5, 3
RULES = {
    "1": ListsConfig.model_validate({"size": SIZE, "diversity": {"method": "mmr", "weight": 1.0}}),
    "0": ListsConfig.model_validate({"size": SIZE, "diversity": {"method": "mmr", "weight": 0.0}}),
    "none": ListsConfig.model_validate({"size": SIZE}),
}


def quiet():
    return Console(file=io.StringIO())


@pytest.fixture(scope="module")
def run(tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    experiment = small_shop.experiment(tiny_preset, folder, name="asked", lists={"size": SIZE})
    made = random_run(folder / "runs" / "asked", experiment)
    write_channels(made.folder / CHANNELS)
    return made


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return small_shop.prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def chosen(shop):
    """More pages than are asked at once would be slow: some from everywhere."""
    return np.array([20, 3, 0, 11, 15])


@pytest.fixture(scope="module")
def answers(run, shop, chosen):
    return ask_for_lists(run, shop, chosen, DEPTH, quiet(), RULES)


def test_lists_are_those_of_the_functions_that_are_exported(run, shop, chosen, answers, tmp_path):
    pages = shop.pages.take(chosen)
    tables = build_tables(run.experiment, run.ranker, run.packers, shop.items, pages)
    vectors = RankerScorer(run.experiment, run.ranker, run.packers).item_vectors(tables, np.arange(len(shop.items)))
    module = bundle_module(run, shop.items, tables, vectors, tmp_path)
    functions = module.lists.functions()
    history = histories(run.experiment, shop.pages, shop.items["item_id"].to_numpy(object)).iloc[chosen]
    for kind in KINDS:
        request = list_request(run.experiment, run.ranker, pages, shop.items, history, kind)
        given = {k: tf.constant(v.astype(object) if v.dtype.kind == "U" else v) for k, v in request.items()}
        ids = functions[kind](**given)["item_id"].numpy().astype(str)
        expected = [[f"i{row}" if row >= 0 else "" for row in listed] for listed in answers.shown[kind].tolist()]
        assert ids.tolist() == expected


def test_channels_alone_keep_their_own_order(shop, chosen, answers):
    queries = shop.pages.table["query"].iloc[chosen].tolist()
    memory = answers.alone["query_memory"].tolist()
    assert [row[:2] for row in memory] == [[0, 7] if query == "red lamp" else [-1, -1] for query in queries]
    assert "red lamp" in queries
    assert answers.alone["trending"].tolist() == [[5, 3]] * len(chosen)
    assert set(answers.alone) == {"text", "query_memory", "item_to_item", "trending"}
    assert all(listed.shape[1] <= DEPTH for listed in answers.alone.values())


def test_the_union_holds_what_its_channels_propose_popular_items_behind(answers):
    for listed in answers.unions["search"].tolist():
        # Quotas exceed the eight items: `text` proposes them all.
        assert sorted(listed[:8]) == list(range(8))
        assert set(listed[8:]) <= {-1}


def test_other_rules_are_applied_to_the_same_candidates(answers):
    assert answers.varied["none"].tolist() == answers.shown["recommend"].tolist() == answers.varied["1"].tolist()
    assert answers.varied["0"].tolist() != answers.varied["none"].tolist()
    # The first position takes the best score, whatever the weight.
    assert answers.varied["0"][:, 0].tolist() == answers.varied["none"][:, 0].tolist()


def test_histories_are_earlier_clicks_where_pages_have_none(run, shop):
    pages = shop.pages
    bare = type(pages)(**{**vars(pages), "table": pages.table.drop(columns="history")})
    found = histories(run.experiment, bare, shop.items["item_id"].to_numpy(object))
    assert len(found) == len(pages)
    first = pages.table["timestamp"].to_numpy().argmin()
    assert found.iloc[first] == []
    longest = max(found, key=len)
    assert 0 < len(longest) <= run.experiment.retrieval.history_length
    kept = histories(run.experiment, pages, shop.items["item_id"].to_numpy(object))
    assert kept.tolist() == pages.table["history"].tolist()


def test_a_run_without_channels_says_what_to_do(tiny_preset, shop, chosen, tmp_path):
    bare = random_run(tmp_path / "bare", small_shop.experiment(tiny_preset, tmp_path, lists={"size": SIZE}))
    with pytest.raises(InputError, match=r"bare: has no channels; run `shelfrank channels .*bare` first"):
        ask_for_lists(bare, shop, chosen, DEPTH, quiet())
