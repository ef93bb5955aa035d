"""`shelfrank train --continue` and `shelfrank export --items` through the command line, on the tiny backbone."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the tokenizer's ops

import days_of_shop
from command_line import fault, succeed, succeed_alone
from trainer.config import dump_experiment
from trainer.data.prepared import Prepared

NEXT = "shop-2"


@pytest.fixture(scope="module")
def run(tiny_preset, tmp_path_factory) -> Path:
    """A run with human judgments, calibration and a split by query."""
    folder = tmp_path_factory.mktemp("continued")
    days_of_shop.write_old_days(folder, 120)
    judgments = pd.DataFrame(
        [(query, f"i{n}", (n + q) % 3) for q, query in enumerate(days_of_shop.OLD_QUERIES) for n in range(6)],
        columns=["query", "item_id", "relevance"],
    )
    judgments.to_csv(folder / "judgments.csv", index=False)
    experiment = days_of_shop.experiment(
        tiny_preset,
        folder,
        data={"judgments": str(folder / "judgments.csv"), "split": {"by": "query", "valid": 0.3, "test": 0.3}},
        model={"hidden": [8], "relevance": True},
        train={"pages_per_batch": 8, "evaluations": 1, "epochs": 1},
        calibration={"method": "platt", "min_rows": 50},
        evaluate={"bootstrap": 20},
    )
    (folder / "shop.yaml").write_text(dump_experiment(experiment))
    succeed_alone("train", "--config", folder / "shop.yaml")
    return experiment.run_folder


@pytest.fixture(scope="module")
def new_days(run) -> Path:
    """A log of later days with new items, pages that the run has, and the items of now."""
    folder = run.parents[1]
    items = pd.concat([days_of_shop.items(), days_of_shop.items(10, start=40)], ignore_index=True)
    items.iloc[40:].to_csv(folder / "new_items.csv", index=False)
    log = days_of_shop.log(items, 120, "2025-02-01", days_of_shop.NEW_QUERIES, False, 2)
    known = pd.read_parquet(folder / "search_log.parquet").head(10)
    pd.concat([known, log]).to_csv(folder / "new.csv", index=False)
    return folder / "new.csv"


@pytest.fixture(scope="module")
def continued(run, new_days) -> tuple[Path, str]:
    """The run that went on, and what was said."""
    words = ["--continue", run, "--search_log", new_days, "--items", new_days.with_name("new_items.csv")]
    return run.parent / NEXT, succeed_alone("train", *words, "incremental.replay=0.4", "data.max_rejected_share=0.05")


def test_what_was_dropped_learned_and_forgotten_is_said(continued):
    folder, said = continued
    assert "2 pages dropped: the continued run has their request_id already" in said
    assert "new since the continued run: 120 pages, 10 items and 20 users on them" in said
    assert "Old test pages: what was forgotten" in said
    assert "New test pages: what was learned" in said
    assert f"trained: {folder}" in said
    kept = json.loads((folder / "continued.json").read_text())
    assert set(kept["parts"]) == {"old", "new"}
    assert "judged.ndcg@10" in kept["parts"]["old"]["differences"]
    assert kept["data"]["same_request"] == 2


@pytest.fixture(scope="module")
def listed(continued, tmp_path_factory) -> Path:
    """The continued run's bundle, with lists."""
    folder, _ = continued
    models = tmp_path_factory.mktemp("models")
    succeed_alone("channels", folder, "retrieval.epochs=1", "retrieval.width=8", "retrieval.hidden=[8]")
    out = succeed("export", folder, f"export.models={models}")
    assert f"exported: {models}/{NEXT}/1" in " ".join(out.split())
    return models / NEXT / "1"


def test_a_continued_run_is_taken_as_any_other(continued, listed):
    folder, _ = continued
    succeed("evaluate", folder)
    succeed("report", folder)
    assert '<h2 id="continued">' in (folder / "report.html").read_text()
    succeed("compare", folder, folder, "--resamples", 0)
    assert json.loads((listed / "manifest.json").read_text())["parity"]["max_difference"] <= 1e-5
    again = succeed("train", "--config", folder / "config.yaml")
    assert "trained already" in " ".join(again.split())


def test_its_channels_know_the_days_before_and_the_new_ones(run, continued, listed):
    folder, _ = continued
    before = set(Prepared.load(run.parents[1] / "prepared").pages.split("train").table["query"])
    memory = pd.read_parquet(folder / "channels" / "query_memory.parquet")
    assert before
    assert set(memory["query"]) == before | set(days_of_shop.NEW_QUERIES)
    training = Prepared.load(folder / "prepared").pages.split("train")
    counts = pd.read_parquet(folder / "channels" / "counts.parquet").set_index("item_id")
    assert counts["impressions"].sum() == len(training.item)
    assert counts["clicks"].sum() == (training.clicked == 1).sum()
    assert counts.loc[[f"i{n}" for n in range(40, 50)], "clicks"].sum() > 0


def test_its_bundle_lists_what_was_clicked_for_a_new_query_and_is_popular_of_late(continued, listed):
    folder, _ = continued
    bundle = tf.saved_model.load(str(listed))
    nothing = tf.constant([""])
    given = {"query": tf.constant(["Garden  hose"]), "user_id": nothing, "history": nothing[:, None]}
    given |= {"category": nothing, "request_id": nothing, "excluded": nothing[:, None], "pinned": nothing[:, None]}
    given |= {"boosted": nothing[:, None], "boost": tf.constant([[1.0]])}
    found = bundle.signatures["search"](**given)
    came = dict(zip(found["item_id"][0].numpy().tolist(), found["channels"][0].numpy().tolist(), strict=True))
    memory = pd.read_parquet(folder / "channels" / "query_memory.parquet")
    remembered = set(memory.loc[memory["query"] == "garden hose", "item_id"])
    by_memory = {item.decode() for item, channels in came.items() if b"query_memory" in channels}
    assert by_memory
    assert by_memory <= remembered
    assert any(b"query_tower" in channels for channels in came.values())
    popular = pd.read_parquet(folder / "channels" / "popularity.parquet")
    trending = [item.decode() for item in bundle.signatures["trending"](**given)["item_id"][0].numpy() if item]
    assert trending == popular["item_id"].tolist()[: len(trending)]
    assert len(trending) == 24


def test_an_export_takes_new_items_without_training(run, tmp_path):
    items = pd.concat([days_of_shop.items(), days_of_shop.items(10, start=40)], ignore_index=True)
    items.to_csv(tmp_path / "items.csv", index=False)
    weights = (run / "best.weights.h5").read_bytes()
    out = succeed("export", run, "--items", tmp_path / "items.csv", f"export.models={tmp_path}/models")
    assert "exporting 50 items" in out
    assert (run / "best.weights.h5").read_bytes() == weights
    items.assign(price=np.where(items["item_id"] == "i41", "cheap", items["price"])).to_csv(
        tmp_path / "bad.csv", index=False
    )
    assert "bad.csv: 1 rows are wrong, the first: price is no number" in fault(
        "export", run, "--items", tmp_path / "bad.csv"
    )
    items.drop(columns="brand").to_csv(tmp_path / "short.csv", index=False)
    assert "short.csv" in (message := fault("export", run, "--items", tmp_path / "short.csv"))
    assert "'brand'" in message


def test_mistakes_are_one_line_and_leave_no_run(run, new_days, tmp_path):
    folder = new_days.parent
    assert "give --config FILE, or --continue RUN" in fault("train")
    assert "needs --search_log FILE" in fault("train", "--continue", run)
    assert "--items: goes with --continue" in fault("train", "--config", folder / "shop.yaml", "--items", new_days)
    assert "none.csv: no such file" in fault(
        "train", "--continue", run, "--search_log", tmp_path / "none.csv", "name=none"
    )
    pd.read_csv(new_days).drop(columns=["clicked", "query"]).to_csv(tmp_path / "short.csv", index=False)
    message = fault("train", "--continue", run, "--search_log", tmp_path / "short.csv", "name=short")
    assert "short.csv" in message
    assert "'clicked'" in message
    assert "'query'" in message
    message = fault("train", "--continue", run, "--search_log", new_days, "name=unknown")
    assert "item_id is not in items" in message
    assert not {"none", "short"} & {path.name for path in run.parent.iterdir() if (path / "config.yaml").exists()}
