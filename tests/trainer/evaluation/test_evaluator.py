import dataclasses
import io
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import small_shop
from trainer.config import EvaluateConfig
from trainer.data.judged_pages import build_judged_pages
from trainer.errors import InputError
from trainer.evaluation.baselines import baselines
from trainer.evaluation.evaluator import evaluate
from trainer.evaluation.scores import Scores
from trainer.metrics.page_metrics import judged_metrics, page_metrics

CONFIG = EvaluateConfig(bootstrap=50)


def model(pages, items):
    """Likes what was clicked or is judged better, with noise."""
    noise = np.random.default_rng(1).uniform(0.1, 0.5, len(pages.item))
    liked = np.where(np.isnan(pages.relevance), pages.clicked, pages.relevance / 5)
    ctr = (noise + 0.3 * liked).clip(0, 0.99).astype(np.float32)
    return Scores(score=ctr, ctr=ctr, cvr=ctr, ctcvr=ctr)


@pytest.fixture
def items():
    return small_shop.items()


@pytest.fixture
def pages():
    return small_shop.pages(30, split="test")


@pytest.fixture
def judged(items):
    random = np.random.default_rng(4)
    rows = [(q, i) for q in ("red lamp", "drill", "kettle") for i in items["item_id"]]
    frame = pd.DataFrame(rows, columns=["query", "item_id"])
    frame = frame.assign(relevance=random.integers(1, 4, len(frame)).astype(float), split="test")
    return build_judged_pages(frame, items["item_id"], [], 50, 1)


@pytest.fixture
def rankers(items):
    return {"model": model, **baselines(small_shop.pages(), items, "impressions")}


def test_the_metrics_are_the_models_on_both_kinds_of_pages(rankers, pages, judged, items):
    result = evaluate(rankers, pages, judged, items, CONFIG, "test", 3)
    expected = page_metrics(pages, model(pages, items), "test", 10)
    expected |= judged_metrics(judged, model(judged, items), "judged", 10)
    values = {k: v for k, v in result.metrics.items() if not k.endswith((".low", ".high"))}
    assert values == pytest.approx(expected)
    assert {"test.ctr.auc", "test.gauc", "test.ndcg@10", "judged.ndcg@10", "judged.pair_accuracy"} <= set(values)
    assert all(result.metrics[f"{k}.low"] <= result.metrics[f"{k}.high"] for k in values)


def test_baselines_have_metrics_of_order_only(rankers, pages, judged, items):
    result = evaluate(rankers, pages, judged, items, CONFIG, "test", 3)
    assert list(result.rankers) == list(rankers)
    assert not [k for name in rankers if name != "model" for k in result.rankers[name] if ".c" in k]
    assert result.rankers["random"]["judged.pair_accuracy"] == 0.5


def test_a_ranker_is_measured_where_it_has_an_order_and_a_note_says_so(rankers, pages, judged, items):
    position = np.where(pages.page_of_impression < 10, 0, pages.position)
    pages = dataclasses.replace(pages, position=position.astype(np.int32))
    result = evaluate(rankers, pages, judged, items, CONFIG, "test", 3)
    rest = pages.take(np.arange(10, 30))
    expected = page_metrics(rest, rankers["logged order"](rest, items), "test", 10)
    found = {k: result.rankers["logged order"][k] for k in expected}
    assert found == pytest.approx(expected)
    assert not any(k.startswith("judged") for k in result.rankers["logged order"])
    assert "logged order: no order for 10 of 30 test pages; they are left out" in result.notes
    assert "logged order: no order for 3 of 3 judged pages; they are left out" in result.notes
    here = page_metrics(rest, model_scores_of(pages, items, rest), "test", 10)["test.gauc"]
    assert result.differences["logged order"]["test.gauc"].difference == pytest.approx(here - found["test.gauc"])


def model_scores_of(pages, items, rest):
    return Scores(score=model(pages, items).score[-len(rest.item) :])


def test_differences_are_the_models_less_each_baselines(rankers, pages, judged, items):
    result = evaluate(rankers, pages, judged, items, CONFIG, "test", 3)
    assert set(result.differences) == set(rankers) - {"model"}
    for name in ("BM25", "popularity", "random"):
        found = result.differences[name]
        assert set(found) == {"test.gauc", "test.ndcg@10", "test.mrr", "judged.ndcg@10", "judged.pair_accuracy"}
        for key, (difference, low, high) in found.items():
            assert difference == pytest.approx(result.metrics[key] - result.rankers[name][key])
            assert low <= high


def test_one_seed_gives_the_same_figures(rankers, pages, judged, items):
    one, again = (evaluate(rankers, pages, judged, items, CONFIG, "test", 3) for _ in range(2))
    assert (one.rankers, one.differences) == (again.rankers, again.differences)


def test_without_resamples_there_are_no_intervals(rankers, pages, items):
    result = evaluate(rankers, pages, None, items, EvaluateConfig(bootstrap=0), "valid", 3)
    assert "valid.gauc" in result.metrics
    assert not [k for k in result.metrics if k.endswith(".low")]
    assert {(d.low, d.high) for found in result.differences.values() for d in found.values()} == {(None, None)}
    console = Console(width=120, record=True, file=io.StringIO())
    result.show(console)
    text = console.export_text()
    assert "no intervals were drawn" in text
    assert "95 %" not in text
    assert f"{result.differences['BM25']['valid.gauc'].difference:+.4f}" in text


def test_an_absent_metric_is_noted_with_what_it_needs(rankers, pages, items):
    unsold = dataclasses.replace(pages, purchased=np.zeros_like(pages.purchased))
    result = evaluate(rankers, unsold, None, items, CONFIG, "test", 3)
    assert not any("cvr" in key for key in result.metrics)
    assert "test.cvr.auc: not measured, for want of clicked impressions with and without a purchase" in result.notes
    assert "test.ctcvr.auc: not measured, for want of impressions with and without a purchase" in result.notes
    unclicked = dataclasses.replace(unsold, clicked=np.zeros_like(pages.clicked))
    result = evaluate(rankers, unclicked, None, items, CONFIG, "test", 3)
    assert set(result.metrics) == {
        f"test.ctr.{name}{end}" for name in ("log_loss", "ece") for end in ("", ".low", ".high")
    }
    absent = [note for note in result.notes if "not measured" in note]
    assert {key for note in absent for key in note.split(":")[0].split(", ")} == {
        *("test.ctr.auc", "test.ctr.pr_auc", "test.cvr.auc", "test.ctcvr.auc"),
        *("test.gauc", "test.ndcg@10", "test.mrr"),
    }


def test_a_model_without_probabilities_is_said_to_give_none(rankers, pages, items):
    def order_only(pages, items):
        return Scores(score=model(pages, items).score)

    result = evaluate(rankers | {"model": order_only}, pages, None, items, CONFIG, "test", 3)
    for name in ("ctr", "cvr", "ctcvr"):
        assert f"test.{name} metrics: not measured, as model gives no {name}" in result.notes


def test_pages_that_no_order_suits_better_are_counted(rankers, pages, judged, items):
    clicks = np.add.reduceat(pages.clicked, pages.offset[:-1])
    alike = int(((clicks == 0) | (clicks == pages.sizes)).sum())
    grade = np.where(judged.page_of_impression == 0, 2.0, judged.relevance).astype(np.float32)
    judged = dataclasses.replace(judged, relevance=grade)
    notes = evaluate(rankers, pages, judged, items, CONFIG, "test", 3).notes
    assert alike > 0
    assert f"{alike} of 30 test pages hold no click, or nothing else; GAUC and NDCG leave them out" in notes
    assert "1 of 3 judged pages hold one grade only; NDCG and pair accuracy leave them out" in notes


def test_a_ranker_that_prefers_nothing_is_said_to_be_like_random_order(rankers, pages, items):
    result = evaluate(rankers, pages, None, items.assign(item_id=[f"new{n}" for n in range(8)]), CONFIG, "test", 3)
    told = [note for note in result.notes if "random order" in note]
    assert told == [
        "popularity: the same score for all items of each test page, so its figures are those of random order"
    ]


def test_the_gain_of_a_split_is_taken_from_the_lowest_relevance_of_its_source(rankers, judged, items, tmp_path):
    result = evaluate(rankers, None, judged, items, CONFIG, "test", 3, lowest=-1.0)
    expected = judged_metrics(judged, model(judged, items), "judged", 10, lowest=-1.0)
    assert result.metrics["judged.ndcg@10"] == pytest.approx(expected["judged.ndcg@10"])
    result.save(tmp_path)
    assert json.loads((tmp_path / "evaluation.json").read_text())["lowest_relevance"] == -1.0


def test_a_folder_that_can_not_be_written_is_the_users_mistake(rankers, pages, items, tmp_path):
    (tmp_path / "run").write_text("a file")
    result = evaluate(rankers, pages, None, items, CONFIG, "test", 3)
    with pytest.raises(InputError, match=r"run/valid: can't be written \(Not a directory\)"):
        result.save(tmp_path / "run" / "valid")


def test_saved_files_hold_everything(rankers, pages, judged, items, tmp_path):
    result = evaluate(rankers, pages, judged, items, CONFIG, "test", 3)
    result.save(tmp_path / "run")
    folder = tmp_path / "run"
    assert {p.name for p in folder.iterdir()} == {"metrics.json", "evaluation.json", "scores.parquet"}
    assert json.loads((folder / "metrics.json").read_text()) == result.metrics
    everything = json.loads((folder / "evaluation.json").read_text())
    assert everything["rankers"] == result.rankers
    assert set(everything["differences"]["BM25"]["test.gauc"]) == {"difference", "low", "high"}
    assert everything["counts"]["judged"]["judgments"] == len(judged.item)
    scores = pd.read_parquet(folder / "scores.parquet")
    log, human = scores[scores["source"] == "log"], scores[scores["source"] == "judged"]
    assert len(log) == len(pages.item)
    assert log["score"].to_numpy() == pytest.approx(model(pages, items).score)
    assert log["item_id"].tolist() == items["item_id"].iloc[pages.item].tolist()
    assert log["request_id"].nunique() == len(pages)
    assert human["relevance"].to_numpy() == pytest.approx(judged.relevance)
    assert {f"score.{n}" for n in rankers if n != "model"} <= set(scores.columns)


def test_a_failed_save_leaves_the_earlier_files(rankers, pages, items, tmp_path):
    result = evaluate(rankers, pages, None, items, CONFIG, "test", 3)
    result.save(tmp_path)
    before = (tmp_path / "metrics.json").read_bytes()
    result.rankers["model"]["test.gauc"] = float("nan")
    with pytest.raises(ValueError, match="JSON"):
        result.save(tmp_path)
    assert (tmp_path / "metrics.json").read_bytes() == before
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_the_table_shows_every_ranker_and_marks_the_best(rankers, pages, judged, items):
    console = Console(width=120, record=True, file=io.StringIO())
    result = evaluate(rankers, pages, judged, items, CONFIG, "test", 3)
    result.show(console)
    lines = console.export_text().splitlines()
    row = next(line for line in lines if line.startswith("│ model") and "minus" not in line)
    assert row.count("*") == 5
    assert f"{result.metrics['judged.pair_accuracy']:.4f}" in row
    text = "\n".join(lines)
    assert all(name in text for name in rankers)
    assert "test.ctr.ece" in text
    assert "note: logged order" in text


def test_a_split_without_pages_is_the_users_mistake(rankers, pages, items):
    with pytest.raises(InputError, match="split 'test'"):
        evaluate(rankers, pages.take(np.zeros(0, int)), None, items, CONFIG, "test", 3)
