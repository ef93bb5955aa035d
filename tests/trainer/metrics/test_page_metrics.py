import dataclasses

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

import small_shop
from trainer.config import TaskConfig
from trainer.evaluation.scores import Scores, TaskPrediction
from trainer.metrics.ndcg import ndcg
from trainer.metrics.page_metrics import judged_metrics, log_statistics, page_metrics


@pytest.fixture
def pages():
    return small_shop.pages(40)


@pytest.fixture
def scores(pages):
    ctr, cvr = np.random.default_rng(1).uniform(0.1, 0.9, (2, len(pages.item))).astype(np.float32)
    return Scores(score=ctr * cvr, ctr=ctr, cvr=cvr, ctcvr=ctr * cvr)


def judged(pages):
    unknown = np.full_like(pages.clicked, -1)
    grade = np.random.default_rng(2).integers(1, 4, len(pages.item)).astype(np.float32)
    return dataclasses.replace(pages, clicked=unknown, purchased=unknown, relevance=grade)


def test_each_task_is_measured_on_its_impressions(pages, scores):
    found = page_metrics(pages, scores, "valid", 10)
    clicked = pages.clicked == 1
    expected = {
        "valid.ctr.auc": roc_auc_score(pages.clicked, scores.ctr),
        "valid.ctr.pr_auc": average_precision_score(pages.clicked, scores.ctr),
        "valid.ctr.log_loss": log_loss(pages.clicked, scores.ctr.astype(float)),
        "valid.cvr.auc": roc_auc_score(pages.purchased[clicked], scores.cvr[clicked]),
        "valid.ctcvr.auc": roc_auc_score(pages.purchased, scores.ctcvr),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert set(found) - set(expected) == {
        "valid.ctr.ece",
        "valid.ctcvr.ece",
        "valid.gauc",
        "valid.ndcg@10",
        "valid.mrr",
    }


def test_declared_tasks_are_measured_where_their_labels_count(pages, scores):
    random = np.random.default_rng(3)
    carted = np.where(random.random(len(pages.item)) < 0.2, np.nan, random.integers(0, 2, len(pages.item)))
    value = random.uniform(1, 9, len(pages.item)).astype(np.float32)
    labelled = dataclasses.replace(pages, labels={"cart": carted.astype(np.float32), "value": value})
    predicted = random.random(len(pages.item)).astype(np.float32)
    declared = {
        "cart": TaskPrediction(TaskConfig(name="cart", column="carted"), predicted),
        "value": TaskPrediction(TaskConfig(name="value", column="v", loss="mse", on="purchased"), 9 * predicted),
    }
    found = page_metrics(labelled, dataclasses.replace(scores, declared=declared), "test", 5)
    known, bought = ~np.isnan(carted), pages.purchased == 1
    assert found["test.cart.auc"] == pytest.approx(roc_auc_score(carted[known], predicted[known]))
    assert found["test.value.mae"] == pytest.approx(np.abs(value - 9 * predicted)[bought].mean(), rel=1e-5)
    # Pages drawn twice count twice.
    weight = (np.arange(len(pages)) % 3).astype(float)
    statistic = log_statistics(labelled, dataclasses.replace(scores, declared=declared), "test", 5)["test.value.mae"]
    times = weight[pages.page_of_impression][bought]
    expected = np.average(np.abs(value - 9 * predicted)[bought], weights=times)
    assert statistic.value(weight) == pytest.approx(expected, rel=1e-5)
    without = page_metrics(pages, dataclasses.replace(scores, declared=declared), "test", 5)
    assert not any("cart" in name or "value" in name for name in without)


def test_a_ranker_without_probabilities_has_metrics_of_order_only(pages, scores):
    assert set(page_metrics(pages, Scores(score=scores.score), "test", 5)) == {"test.gauc", "test.ndcg@5", "test.mrr"}


def test_a_log_without_purchases_has_no_metrics_of_purchases(pages, scores):
    pages = dataclasses.replace(pages, purchased=np.zeros_like(pages.purchased))
    assert not any("cvr" in name for name in page_metrics(pages, scores, "test", 5))


def test_impressions_whose_click_is_unknown_do_not_count(pages, scores):
    page = pages.page_of_impression
    hidden = page % 3 == 0
    partly = dataclasses.replace(pages, clicked=np.where(hidden, -1, pages.clicked).astype(np.int8))
    rest = scores.take(~hidden)
    kept = np.arange(len(pages)) % 3 != 0
    expected = page_metrics(pages.take(kept), rest, "test", 10)
    found = page_metrics(partly, scores, "test", 10)
    assert {n: v for n, v in found.items() if "cvr" not in n} == pytest.approx(
        {n: v for n, v in expected.items() if "cvr" not in n}
    )


def test_the_lowest_relevance_of_the_pages_gains_nothing(pages, scores):
    one = judged(pages)
    shifted = dataclasses.replace(one, relevance=one.relevance + 5)
    assert judged_metrics(one, scores, "judged", 10) == pytest.approx(judged_metrics(shifted, scores, "judged", 10))
    assert set(judged_metrics(one, scores, "judged", 10)) == {"judged.ndcg@10", "judged.pair_accuracy"}
    best = judged_metrics(one, Scores(score=one.relevance), "judged", 10)
    assert best == pytest.approx({"judged.ndcg@10": 1.0, "judged.pair_accuracy": 1.0})


def test_the_lowest_relevance_of_the_source_gains_nothing_where_the_pages_lack_it(pages, scores):
    one = judged(pages)
    higher = dataclasses.replace(one, relevance=one.relevance + 1)
    found = judged_metrics(higher, scores, "judged", 10, lowest=1.0)
    expected = ndcg(one.relevance, scores.score, one.offset, 10).value()
    assert found["judged.ndcg@10"] == pytest.approx(expected)
    assert found["judged.ndcg@10"] > judged_metrics(higher, scores, "judged", 10)["judged.ndcg@10"]


def test_judged_pages_have_no_metrics_of_clicks_and_logged_pages_none_of_judgments(pages, scores):
    assert page_metrics(judged(pages), scores, "test", 10) == {}
    assert judged_metrics(pages, scores, "judged", 10) == {}
