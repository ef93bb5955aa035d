"""`shelfrank lists` on a simulated marketplace, on the tiny backbone."""

import json
from pathlib import Path

import pytest
import yaml

from command_line import fault, succeed

WEIGHTS = "1,0.7"


@pytest.fixture(scope="module")
def run(tiny_preset, tmp_path_factory) -> Path:
    """A run with channels but no towers."""
    folder = tmp_path_factory.mktemp("marketplace")
    data = {name: str(folder / "data" / f"{name}.parquet") for name in ("items", "search_log", "users")}
    raw = {
        "name": "shop",
        "seed": 3,
        "runs": str(folder / "runs"),
        "simulate": {
            "pages": 200,
            "page_size": 6,
            "users": 30,
            "marketplace": {"items": 150, "queries": 40, "judged": 10},
        },
        "data": {
            "prepared": str(folder / "prepared"),
            **data,
            "split": {"by": "query", "valid": 0.2, "test": 0.3},
        },
        "features": {
            "items": [{"name": "price", "kind": "number", "scale": "log"}],
            "context": [{"name": "history", "kind": "sequence", "length": 3}],
        },
        "encoder": {"backbone": str(tiny_preset), "query_length": 8, "item_length": 10},
        "model": {"hidden": [8]},
        "train": {"pages_per_batch": 16, "evaluations": 1, "epochs": 1},
        "evaluate": {"bootstrap": 20},
    }
    (folder / "shop.yaml").write_text(yaml.safe_dump(raw))
    for word in ("simulate", "train"):
        succeed(word, "--config", folder / "shop.yaml")
    return folder / "runs" / "shop"


@pytest.fixture(scope="module")
def without_channels(run) -> str:
    """What is said before there are channels."""
    return fault("lists", run)


@pytest.fixture(scope="module")
def printed(run, without_channels) -> str:
    succeed("channels", run, "--no-two-tower")
    return succeed("lists", run, "--k", 10, "--diversity", WEIGHTS)


def test_every_list_is_shown_and_kept_with_its_intervals_and_its_truth(run, printed):
    found = json.loads((run / "lists" / "test.json").read_text())
    names = ["search", "recommend", "for_user", "trending", "union.search", "union.recommend", "bm25"]
    names += [f"channel.{name}" for name in ("text", "query_memory", "item_to_item", "trending")]
    for name in (*names, "memory_then_bm25"):
        assert name in printed
        for key in ("recall@10", "hit_rate@10", "ndcg@10", "mrr@10", "truth.ndcg@10"):
            assert found[f"test.{name}.{key}.low"] <= found[f"test.{name}.{key}"] <= found[f"test.{name}.{key}.high"]
        assert 0 <= found[f"test.{name}.truth.ndcg@10"] <= 1
    for other in ("bm25", "channel.text"):
        difference = found["test.search.recall@10"] - found[f"test.{other}.recall@10"]
        assert found[f"test.search_minus_{other}.recall@10"] == pytest.approx(difference)
        assert f"test.recommend_minus_{other}.truth.ndcg@10.low" in found
        assert f"test.union.search_minus_{other}.recall@10" in found
    assert found["pages"] > 0


def test_diversity_is_swept_and_the_whole_weight_on_scores_changes_nothing(run, printed):
    found = json.loads((run / "lists" / "test.json").read_text())
    assert found["test.diversity.mmr@1.diversity@10.ratio"] == found["test.diversity.mmr@1.truth.ndcg@10.ratio"] == 1
    assert found["test.diversity.mmr@0.7.diversity@10.ratio"] > 1
    assert "lists.diversity.method=mmr" in printed


def test_pictures_lie_beside_and_nothing_half_written(run, printed):
    assert sorted(path.name for path in (run / "lists").iterdir()) == ["test.diversity.svg", "test.json", "test.svg"]
    assert "channel.text" in (run / "lists" / "test.svg").read_text()


def test_what_a_user_can_get_wrong_is_one_line(run, without_channels, printed):
    assert "has no channels; run `shelfrank channels" in without_channels
    assert "--k 30: lists.size is 24; add lists.size=30, or take a lower --k" in fault("lists", run, "--k", 30)
    assert "--diversity high: expected numbers" in fault("lists", run, "--diversity", "high")
    assert "expected mmr or dpp" in fault("lists", run, "--diversity", "0.9", "--diversity-method", "random")
    assert "search: 'item_to_item' is no channel" in fault("lists", run, "channels.search={item_to_item: 3}")
