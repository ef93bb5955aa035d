"""Rewritten queries are ranked on the same pages, and what is lost is told."""

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import small_shop
from trainer.augmentation.method import TextMethod
from trainer.config import EvaluateConfig
from trainer.data.pages import Pages
from trainer.evaluation.baselines import Bm25, logged_order
from trainer.evaluation.evaluator import evaluate
from trainer.evaluation.robustness import add_robustness, save_rewritten
from trainer.evaluation.robustness_table import show_robustness
from trainer.evaluation.scores import Scores
from trainer.metrics.page_metrics import judged_metrics, page_metrics

ITEMS = small_shop.items()
CONFIG = EvaluateConfig(bootstrap=40)


class Garble(TextMethod):
    """Turns drills and lamps into kettles; leaves other queries."""

    def rewrite(self, text, random):
        return text.replace("drill", "kettle").replace("lamp", "kettle")


def model(pages: Pages, items: pd.DataFrame) -> Scores:
    return Bm25()(pages, items)


def pages() -> Pages:
    return small_shop.pages(15, 3, "test")


def judged() -> Pages:
    found = small_shop.pages(10, 5, "test")
    grades = np.random.default_rng(4).integers(1, 4, len(found.item)).astype(np.float32)
    unknown = np.full(len(found.item), -1, np.int8)
    return Pages(found.table, found.offset, found.item, found.position * 0, unknown, unknown, grades)


RANKERS = {"model": model, "zero-shot": model, "BM25": Bm25(), "logged order": logged_order}


@pytest.fixture(scope="module")
def measured():
    result = evaluate(RANKERS, pages(), judged(), ITEMS, CONFIG, "test", 3)
    sides = {"log": pages(), "judged": judged()}
    return result, add_robustness(result, RANKERS, sides, ITEMS, {"garble": Garble()}, CONFIG, 3)


def garbled(side: Pages) -> Pages:
    table = side.table.assign(query=side.table["query"].str.replace("drill|lamp", "kettle", regex=True))
    return Pages(table, side.offset, side.item, side.position, side.clicked, side.purchased, side.relevance)


def test_figures_are_those_of_the_same_pages_asked_for_otherwise(measured):
    result, _ = measured
    clicks = page_metrics(garbled(pages()), model(garbled(pages()), ITEMS), "x", 10)
    grades = judged_metrics(garbled(judged()), model(garbled(judged()), ITEMS), "x", 10, result.lowest_relevance)
    for found in (result.metrics, result.rankers["BM25"]):
        assert found["robustness.garble.gauc"] == pytest.approx(clicks["x.gauc"])
        assert found["robustness.garble.ndcg@10"] == pytest.approx(clicks["x.ndcg@10"])
        assert found["robustness.garble.judged.pair_accuracy"] == pytest.approx(grades["x.pair_accuracy"])
        assert found["robustness.garble.judged.ndcg@10"] == pytest.approx(grades["x.ndcg@10"])


def test_the_drop_is_the_plain_metric_less_it_with_an_interval(measured):
    metrics = measured[0].metrics
    for name, plain in (("gauc", "test.gauc"), ("judged.pair_accuracy", "judged.pair_accuracy")):
        key = f"robustness.garble.{name}"
        assert metrics[f"{key}.drop"] == pytest.approx(metrics[plain] - metrics[key])
        assert metrics[f"{key}.low"] <= metrics[key] <= metrics[f"{key}.high"]
        assert metrics[f"{key}.drop.low"] <= metrics[f"{key}.drop"] <= metrics[f"{key}.drop.high"]
    assert metrics["robustness.garble.gauc.drop"] != 0


def test_queries_without_anything_to_change_are_counted(measured):
    result, _ = measured
    assert result.metrics["robustness.garble.unchanged"] == pytest.approx(3 / 5)
    assert result.metrics["robustness.garble.judged.unchanged"] == pytest.approx(3 / 5)
    assert "robustness, garble: 3 of 5 log queries hold nothing to change and count as they are" in result.notes


def test_only_rankers_that_read_the_query_are_asked_again(measured):
    assert not [key for key in measured[0].rankers["logged order"] if key.startswith("robustness")]
    assert measured[0].differences["BM25"]["robustness.garble.gauc"].difference == pytest.approx(0)


def test_what_was_asked_is_kept(measured, tmp_path):
    _, scored = measured
    save_rewritten(tmp_path, scored)
    kept = pd.read_parquet(tmp_path / "robustness.parquet")
    assert len(kept) == len(pages().item) + len(judged().item)
    assert (kept["rewritten"] == kept["query"].str.replace("drill|lamp", "kettle", regex=True)).all()
    log = kept[kept["source"] == "log"]
    assert log["score"].to_numpy() == pytest.approx(model(garbled(pages()), ITEMS).score)
    save_rewritten(tmp_path, None)
    assert not list(tmp_path.iterdir())


def test_several_rewritings_a_query_are_measured_together():
    class Number(TextMethod):
        def rewrite(self, text, random):
            return text if random.random() < 0.5 else "kettle"

    config = EvaluateConfig(bootstrap=0, robustness_draws=3)
    result = evaluate(RANKERS, pages(), None, ITEMS, config, "test", 3)
    scored = add_robustness(result, RANKERS, {"log": pages()}, ITEMS, {"number": Number()}, config, 3)
    assert sorted(scored["draw"].unique()) == [0, 1, 2]
    found = []
    for _, part in scored.groupby("draw"):
        first = part.drop_duplicates("page")["rewritten"].to_numpy()
        side = pages()
        other = Pages(
            side.table.assign(query=first),
            *[getattr(side, n) for n in ("offset", "item", "position")],
            side.clicked,
            side.purchased,
            side.relevance,
        )
        found.append(page_metrics(other, model(other, ITEMS), "x", 10)["x.ndcg@10"])
    assert len(set(found)) > 1
    assert result.metrics["robustness.number.ndcg@10"] == pytest.approx(np.mean(found))
    assert "robustness.number.ndcg@10.low" not in result.metrics


def test_the_table_shows_what_is_lost(measured):
    result, _ = measured
    console = Console(width=140, record=True, file=io.StringIO())
    show_robustness(result, console)
    text = console.export_text()
    metrics = result.metrics
    assert f"{metrics['robustness.garble.gauc']:.4f}  {0.0 - metrics['robustness.garble.gauc.drop']:+.4f}" in text
    assert (
        f"{0.0 - metrics['robustness.garble.gauc.drop.high']:+.4f} to {0.0 - metrics['robustness.garble.gauc.drop.low']:+.4f}"
        in text
    )
    assert all(name in text for name in ("garble", "model", "zero-shot", "BM25", "judged pair accuracy", "NDCG@10"))
    result.show(console)
    assert "robustness.garble.gauc" not in console.export_text()
