"""The whole job through the command line, on the tiny backbone: from simulated tables to an answer over gRPC."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command_line import fault, fault_alone, succeed, succeed_alone
from shelfrank_client import InvalidRequest, PageQuery, RankingClient
from tools.local_server import start_server, wait_for_port

NEW_VERSION_SECONDS = 180
"""The server polls for versions every second, but loads and warms the new one beside a test that keeps the machine busy."""

CONFIG = """
name: shop
seed: 3
runs: {folder}/runs
simulate:
  source: marketplace
  pages: 160
  page_size: 6
  users: 30
  marketplace: {{items: 120, queries: 24, candidates: 20, judged: 10}}
data:
  prepared: {folder}/prepared
  items: {folder}/data/items.parquet
  search_log: {folder}/data/search_log.parquet
  users: {folder}/data/users.parquet
  judgments: {folder}/data/judgments.parquet
  text: [title]
  split: {{by: query, valid: 0.2, test: 0.2}}
features:
  items:
    - {{name: price, kind: number, scale: log}}
    - {{name: brand, kind: categorical, width: 4}}
    - {{name: image_vector, kind: embedding, width: 4}}
  users: [{{name: segment, kind: categorical, width: 2}}]
  context:
    - {{name: device, kind: categorical, width: 2}}
    - {{name: history, kind: sequence, length: 3}}
encoder: {{backbone: {preset}, query_length: 8, item_length: 12}}
model: {{hidden: [8], relevance: true}}
train: {{pages_per_batch: 16, evaluations: 1, head_learning_rate: 0.01}}
evaluate:
  bootstrap: 20
  slices: [new_items, {{by: price, bands: 2}}, {{by: brand, top: 2}}, segment]
  robustness: true
  robustness_draws: 2
  wordnet: {folder}/none
augmentation:
  methods:
    - {{method: keyboard_typos, queries: 0.5}}
    - {{method: word_swap, items: 0.2}}
retrieval: {{width: 8, hidden: [8], epochs: 1, batch: 32}}
lists: {{size: 10, diversity: {{method: mmr}}}}
export: {{models: {folder}/models}}
"""


def check_extremes(client: RankingClient, ids: list[str]) -> None:
    """Pages that are strange but right are answered, and wrong ones refused without harm."""
    assert len(client.rank("", ids[:3])) == 3
    assert len(client.rank("lamp " * 20_000, ids[:3])) == 3
    assert len(client.rank("lamp", [f"x{n}" for n in range(10_000)])) == 10_000
    ragged = [PageQuery("lamp", ids[:5]), PageQuery("drill", ids[:2]), PageQuery("chair", [])]
    pages = client.rank_pages(ragged)
    assert [len(page) for page in pages] == [5, 2, 0]
    for page, query in zip(pages[:2], ragged, strict=False):
        alone = client.rank(query.query, query.candidates)
        assert [item.item_id for item in page] == [item.item_id for item in alone]
        assert [item.score for item in page] == pytest.approx([item.score for item in alone], abs=1e-5)
    with pytest.raises(InvalidRequest, match=r"at most 10,?000"):
        client.rank("lamp", [f"x{n}" for n in range(10_001)])
    with pytest.raises(InvalidRequest, match=r"unknown .*colour"):
        client.rank("lamp", ids, user={"colour": "red"})


def check_lists(client: RankingClient, ids: list[str]) -> None:
    """Lists of all channels together, of ten different items each."""
    lists = [client.recommend("lamp", history=ids[:3]), client.search("lamp"), client.for_user(history=ids[:3])]
    lists += [client.similar_items(ids[0]), client.trending(), client.recommend()]
    for found in lists:
        assert len({item.item_id for item in found}) == len(found) == 10
    came = {channel for found in lists for item in found for channel in item.channels}
    assert {"query_tower", "user_tower", "text", "trending"} <= came


@pytest.fixture(scope="module")
def job(tiny_preset, tmp_path_factory) -> tuple[Path, Path]:
    """A folder in which everything up to the export was run, and its config."""
    folder = tmp_path_factory.mktemp("job")
    config = folder / "shop.yaml"
    config.write_text(CONFIG.format(folder=folder, preset=tiny_preset))
    for step in ("simulate", "prepare", "train", "evaluate", "report", "channels", "export"):
        succeed_alone(step, "--config", config)
    return folder, config


def test_every_step_leaves_what_it_promises(job):
    folder, _ = job
    run = folder / "runs" / "shop"
    metrics = json.loads((run / "metrics.json").read_text())
    assert {"test.ctr.auc", "test.gauc", "test.ndcg@10", "judged.ndcg@10", "judged.pair_accuracy"} <= set(metrics)
    assert (
        metrics["judged.pair_accuracy.low"] <= metrics["judged.pair_accuracy"] <= metrics["judged.pair_accuracy.high"]
    )
    evaluation = json.loads((run / "evaluation.json").read_text())
    rankers = evaluation["rankers"]
    assert {"robustness.typo.gauc", "robustness.noise.judged.pair_accuracy.drop.low"} <= set(metrics) & set(
        rankers["BM25"]
    )
    assert metrics["robustness.typo.unchanged"] < 0.5
    assert any("synonym: left out" in note for note in evaluation["notes"])
    assert set(pd.read_parquet(run / "robustness.parquet")["set"]) == {"typo", "phonetic", "word_order", "noise"}
    assert {"model", "zero-shot", "BM25", "popularity", "random", "logged"} <= {*rankers} or len(rankers) == 6
    assert {"slice.price.q1.gauc", "slice.price.q2.gauc.gap", "slice.segment.mainstream.queries"} <= set(metrics)
    assert "<html" in (page := (run / "report.html").read_text())
    assert '<h2 id="slices">' in page
    assert "words spelt as they sound" in page
    manifest = json.loads((folder / "models" / "shop" / "1" / "manifest.json").read_text())
    assert manifest["metrics"]["test.gauc"] == metrics["test.gauc"]
    assert manifest["parity"]["max_difference"] <= 1e-5


def test_a_served_bundle_answers_through_the_client_and_takes_new_items_without_training(job):
    folder, _ = job
    items = pd.read_parquet(folder / "data" / "items.parquet")
    base = folder / "models" / "shop"
    server = start_server(base, "shop", folder / "server.log")
    try:
        port = wait_for_port(server, folder / "server.log")
        with RankingClient(f"127.0.0.1:{port}", model="shop", deadline=30) as client:
            ids = items["item_id"].tolist()[:20]
            page = client.rank(
                "lamp", [*ids, "new"], user={"user_id": "u1", "segment": "bargain"}, history=ids[:2], k=21
            )
            assert page.model_version == 1
            assert {item.item_id for item in page} == {*ids, "new"}
            assert {item.item_id for item in page if not item.known} == {"new"}
            check_extremes(client, ids)
            check_lists(client, ids)
            scores = [item.score for item in page]
            assert scores == sorted(scores, reverse=True)
            more = pd.concat([items, items.tail(1).assign(item_id="new")], ignore_index=True)
            more.to_parquet(folder / "more.parquet")
            succeed("export", folder / "runs" / "shop", "--items", folder / "more.parquet")
            assert (base / "2" / "manifest.json").exists()
            deadline = time.monotonic() + NEW_VERSION_SECONDS
            while page.model_version != 2 and time.monotonic() < deadline:
                page = client.rank("lamp", ["new", items["item_id"].iloc[-1]])
            assert page.model_version == 2
            assert all(item.known for item in page)
            assert page[0].score == pytest.approx(page[1].score, abs=1e-6)
            *others, last = items["item_id"]
            (twin,) = client.similar_items(last, excluded=others)
            assert (twin.item_id, twin.channels) == ("new", ("text",))
        out = succeed(
            "query", "lamp", "--target", f"127.0.0.1:{port}", "--model", "shop", "--items", folder / "more.parquet"
        )
        assert "CTCVR" in out
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0


def test_judgments_of_another_source_are_evaluated(job):
    folder, _ = job
    random = np.random.default_rng(1)
    pairs = [
        (q, f"x{n}", f"{word} {q}") for q in ("red lamp", "drill") for n, word in enumerate(["big", "blue", "old"])
    ]
    table = pd.DataFrame(pairs, columns=["query", "item_id", "title"])
    table["item_id"] = [f"x{n}" for n in range(len(table))]
    table["relevance"] = random.permutation(len(table))
    table.to_csv(folder / "others.csv", index=False)
    out = succeed("evaluate", folder / "runs" / "shop", "--judgments", folder / "others.csv")
    assert "pair" in out
    assert (folder / "runs" / "shop" / "foreign" / f"{folder.name}-others" / "metrics.json").exists()


def test_a_second_training_of_the_same_run_changes_nothing(job):
    folder, config = job
    before = (folder / "runs" / "shop" / "finished.json").read_text()
    assert "trained already" in succeed("train", "--config", config)
    assert (folder / "runs" / "shop" / "finished.json").read_text() == before


def test_overrides_change_what_is_done_with_a_run_and_not_how_it_was_trained(job, tmp_path):
    folder, config = job
    run = folder / "runs" / "shop"
    assert "no intervals were drawn" in succeed("evaluate", run, "evaluate.bootstrap=0", "--split", "valid")
    assert "no intervals were drawn" in succeed(
        "evaluate", "--config", config, "evaluate.bootstrap=0", "--split", "valid"
    )
    out = succeed("export", "--config", config, f"export.models={tmp_path}/models", "export.parity_pages=3")
    assert f"exported: {tmp_path}/models/shop/1" in out
    assert json.loads((tmp_path / "models" / "shop" / "1" / "manifest.json").read_text())["parity"]["pages"] == 3
    assert "trained already" in fault("evaluate", run, "train.epochs=3")
    assert "unknown key 'evaluate.bootstraps'" in fault("evaluate", run, "evaluate.bootstraps=3")
    assert "runs/other: no run folder" in fault("report", "--config", config, "name=other")


def test_server_and_query_find_model_and_items_by_the_configuration(job):
    folder, config = job
    command = [sys.executable, "-m", "tools.cli", "serve", "--config", str(config), "--port=0"]
    with (folder / "config.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        port = wait_for_port(server, folder / "config.log")
        out = succeed_alone("query", "lamp", "--config", config, "--target", f"127.0.0.1:{port}", "-k", "3")
        assert "model version" in out
        assert "title" in out
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0
    assert "models/other does not exist" in fault_alone("serve", "--config", config, "name=other")
    assert "unknown key 'trian'" in fault_alone("serve", "--config", config, "trian.x=1")
    assert "overrides go with --config" in fault("query", "red", "lamp")


def test_what_cant_be_written_is_one_line(job, tmp_path):
    folder, _ = job
    (tmp_path / "file").write_text("no folder")
    run = folder / "runs" / "shop"
    assert f"{tmp_path}/file/shop: Not a directory" in fault("export", run, f"export.models={tmp_path}/file")
    assert "report.html: can't be written (" in fault("report", run, "--out", tmp_path / "file" / "report.html")


def test_mistakes_are_one_line_and_exit_code_2(job, tmp_path):
    folder, config = job
    assert "no such file" in fault_alone("train", "--config", tmp_path / "none.yaml")
    assert "unknown key 'train.speed'" in fault("train", "--config", config, "train.speed=9")
    assert "train.epochs" in fault("train", "--config", config, "train.epochs=-1")
    assert "no folder" in fault("train", "--config", config, "name=other", "encoder.backbone=no/where")
    assert "no run folder" in fault("evaluate", tmp_path)
    assert "no run folder" in fault("export", tmp_path)
    assert "no split 'tset'" in fault("evaluate", folder / "runs" / "shop", "--split", "tset")
    assert "give a run folder, or --config" in fault("report")
    assert "none.parquet" in fault("export", folder / "runs" / "shop", "--items", tmp_path / "none.parquet")
    assert "model_base_path" in fault_alone("serve", "--model_name=shop")
    assert "no candidates" in fault("query", "lamp", "--target", "127.0.0.1:1")
    ids = ["--candidate", "a", "--deadline", "1"]
    assert "UNAVAILABLE" in fault("query", "lamp", "--target", "127.0.0.1:1", *ids)
    (tmp_path / "broken.yaml").write_text("a: [")
    assert "not YAML" in fault("prepare", "--config", tmp_path / "broken.yaml")


def test_a_run_compared_with_itself_is_no_better(job):
    folder, _ = job
    run = folder / "runs" / "shop"
    text = succeed("compare", run, run, "--resamples", 20)
    assert "A - B" in text
    found = json.loads((run / "compared" / "shop.json").read_text())
    assert set(found["metrics"]) >= {"test.gauc", "test.ndcg@10", "judged.pair_accuracy"}
    assert {one["difference"] for one in found["metrics"].values()} == {0.0}
    assert "1 runs against 2" in fault("compare", run, f"{run},{run}")
    assert "no split 'tset'" in fault("compare", run, run, "--split", "tset")
    assert "--slice: evaluate.slices.0.by: 'colour' is no declared feature" in fault(
        "evaluate", run, "--slice", "colour"
    )


def test_bad_tables_are_named_all_at_once(job, tmp_path):
    _, config = job
    (tmp_path / "items.csv").write_text("item_id,name\n1,lamp\n")
    (tmp_path / "log.csv").write_bytes(b"request_id,query\n1,\xff\xfe\n")
    message = fault(
        "prepare",
        "--config",
        config,
        f"data.items={tmp_path / 'items.csv'}",
        f"data.search_log={tmp_path / 'log.csv'}",
        f"data.prepared={tmp_path / 'prepared'}",
    )
    assert "items.csv" in message
    assert "title" in message
    assert "log.csv" in message
    assert "UTF-8" in message


def test_a_damaged_run_and_a_damaged_bundle_are_named(job, tmp_path):
    folder, _ = job
    run = tmp_path / "shop"
    run.mkdir()
    for file in (folder / "runs" / "shop").iterdir():
        if file.is_file():
            (run / file.name).write_bytes(file.read_bytes())
    (run / "best.weights.h5").write_bytes(b"damaged")
    assert "damaged weights" in fault("evaluate", run)
    bundle = tmp_path / "models" / "1"
    bundle.mkdir(parents=True)
    (bundle / "saved_model.pb").write_bytes(b"damaged")
    assert "saved_model.pb" in fault_alone(
        "serve", "--port=0", "--model_name=shop", f"--model_base_path={bundle.parent}"
    )
