"""The benchmark of lists, on the tiny backbone and a small catalogue."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tools.benchmarks.bundle_with_lists import CATALOGUE, ListedShop, calls_of, inputs_of, make_shop
from tools.benchmarks.figures import Figure, NotHere
from tools.benchmarks.latency import Latency
from tools.benchmarks.lists import KINDS, Listed, list_figures, measure_lists
from trainer.config import load_experiment
from trainer.config.channels import CHANNELS

ROOT = Path(__file__).parents[3]
QUICKSTART = ROOT / "configs" / "quickstart.yaml"
SMALL = (
    "simulate.marketplace.items=200",
    "simulate.marketplace.queries=24",
    "simulate.pages=160",
    "simulate.users=20",
    "model.hidden=[8]",
    "retrieval.epochs=1",
    "retrieval.hidden=[8]",
    "export.parity_pages=3",
)


@pytest.fixture(scope="module")
def shop(tiny_preset: Path, tmp_path_factory: pytest.TempPathFactory) -> ListedShop:
    folder = tmp_path_factory.mktemp("shop")
    overrides = [*SMALL, f"encoder.backbone={tiny_preset}"]
    return make_shop(QUICKSTART, folder, Console(quiet=True), overrides)


@pytest.fixture(scope="module")
def figures(shop: ListedShop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Figure]:
    return {figure.key: figure for figure in measure_lists(shop, 3, tmp_path_factory.mktemp("work"))}


def test_each_kind_of_list_is_timed_through_the_client_and_directly(figures):
    assert figures["calls"].value == 3
    for kind in KINDS:
        for way in ("grpc", "direct"):
            p50, p95 = (figures[f"{kind}.{way}.p{p}_ms"].value for p in (50, 95))
            assert 0 < p50 <= p95


def test_lists_are_full_and_every_channel_has_a_part_in_them(figures):
    assert figures["recommend.items"].value == 24
    assert figures["recommend.channels"].value == len(CHANNELS)


def test_a_call_has_query_user_and_history_where_its_kind_takes_them(shop):
    (search, *_), (similar, *_), (alone, *_) = (
        calls_of(shop, kind) for kind in ("search", "similar_items", "for_user")
    )
    assert search["query"]
    assert search["user"]["user_id"]
    assert len(search["history"]) > 0
    assert similar["item_id"] == shop.queries[0].candidates[0]
    assert not {"query", "item_id"} & set(alone)


def test_the_signatures_are_asked_what_the_client_asks(shop):
    for kind in KINDS:
        calls, inputs = calls_of(shop, kind), inputs_of(shop, kind)
        assert len(calls) == len(inputs) == len(shop.queries)
        for call, given in zip(calls, inputs, strict=True):
            assert given["query"].tolist() == [call.get("query", "")]
            assert given["user_id"].tolist() == [call["user"]["user_id"]]
            assert [item for item in given["history"][0] if item] == call["history"]
            assert given.get("similar_to", np.array([None])).tolist() == [call.get("item_id")]


def test_only_recommend_through_the_client_has_a_limit():
    found = {kind: (Latency(79.0, 90.0, 95.0), Latency(70.0, 85.0, 90.0)) for kind in ("recommend", "search")}
    figures = {figure.key: figure for figure in list_figures(found, Listed([24, 20], ["text"]), 5)}
    limited = {key: figure.limit for key, figure in figures.items() if figure.limit is not None}
    assert limited == {"recommend.grpc.p50_ms": 80.0}
    assert figures["recommend.grpc.p50_ms"].met is True
    assert figures["recommend.items"].value == 20


def test_the_catalogue_is_that_of_the_claim():
    experiment = load_experiment(QUICKSTART, list(CATALOGUE))
    assert experiment.simulate["marketplace"]["items"] == 20_000
    assert experiment.model.interaction == "bi"
    assert experiment.encoder.backbone == "weights/minilm-l6-v2"


def test_without_the_weights_there_is_nothing_to_measure(tmp_path):
    with pytest.raises(NotHere, match="no folder no/weights; fetch the weights"):
        make_shop(QUICKSTART, tmp_path, Console(quiet=True), ["encoder.backbone=no/weights"])
