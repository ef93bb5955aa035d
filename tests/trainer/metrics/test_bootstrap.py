import dataclasses
import time

import numpy as np
import pytest

import small_shop
from trainer.evaluation.scores import Scores
from trainer.metrics.bootstrap import intervals, paired_difference, unit_of_page
from trainer.metrics.page_metrics import log_statistics, page_metrics


@pytest.fixture
def pages():
    return small_shop.pages(60)


@pytest.fixture
def scores(pages):
    random = np.random.default_rng(1)
    ctr = (0.3 * pages.clicked + random.uniform(0.1, 0.6, len(pages.item))).astype(np.float32)
    return Scores(score=ctr, ctr=ctr, cvr=ctr, ctcvr=ctr)


def test_a_resample_equals_the_metrics_of_the_repeated_pages(pages, scores):
    drawn = np.random.default_rng(5).integers(len(pages), size=len(pages))
    weight = np.bincount(drawn, minlength=len(pages)).astype(float)
    flat = np.concatenate([np.arange(pages.offset[p], pages.offset[p + 1]) for p in drawn])
    repeated = Scores(**{n: getattr(scores, n)[flat] for n in ("score", "ctr", "cvr", "ctcvr")})
    expected = page_metrics(pages.take(drawn), repeated, "test", 10)
    found = {n: s.value(weight) for n, s in log_statistics(pages, scores, "test", 10).items()}
    assert found == pytest.approx(expected)


def test_intervals_equal_a_bootstrap_in_plain_python(pages, scores):
    units = unit_of_page(pages, "query")
    found = intervals(log_statistics(pages, scores, "test", 10), units, 60, 3)
    random, drawn = np.random.default_rng(3), []
    pages_of = [[p for p in range(len(pages)) if units[p] == unit] for unit in range(units.max() + 1)]
    for _ in range(60):
        chosen = [p for unit in random.integers(len(pages_of), size=len(pages_of)) for p in pages_of[unit]]
        flat = [row for p in chosen for row in range(pages.offset[p], pages.offset[p + 1])]
        again = Scores(**{n: getattr(scores, n)[flat] for n in ("score", "ctr", "cvr", "ctcvr")})
        drawn.append(page_metrics(pages.take(np.array(chosen)), again, "test", 10))
    assert len(found) == len(drawn[0]) == 10
    for name, ends in found.items():
        values = sorted(metrics[name] for metrics in drawn)
        # The 2.5th percentile of 60 values stands at 0.025 * 59 = 1.475, between the second and the third.
        low = values[1] + 0.475 * (values[2] - values[1])
        high = values[-2] - 0.475 * (values[-2] - values[-3])
        assert ends == pytest.approx((low, high)), name


def test_intervals_hold_the_metric_and_are_alike_for_one_seed(pages, scores):
    found = intervals(log_statistics(pages, scores, "test", 10), unit_of_page(pages, "page"), 200, 3)
    again = intervals(log_statistics(pages, scores, "test", 10), unit_of_page(pages, "page"), 200, 3)
    other = intervals(log_statistics(pages, scores, "test", 10), unit_of_page(pages, "page"), 200, 4)
    metrics = page_metrics(pages, scores, "test", 10)
    assert set(found) == set(metrics)
    assert all(low < metrics[n] < high for n, (low, high) in found.items() if n != "test.ctr.ece")
    assert found == again != other


def test_the_interval_of_a_mean_is_as_wide_as_the_central_limit_says():
    # 400 pages of one impression each, log loss as a mean: 1.96 standard errors to both sides.
    random = np.random.default_rng(0)
    pages = dataclasses.replace(
        small_shop.pages(400).take(np.arange(400)),
        offset=np.arange(401),
        item=np.zeros(400, np.int32),
        position=np.ones(400, np.int32),
        clicked=random.integers(0, 2, 400).astype(np.int8),
        purchased=np.zeros(400, np.int8),
        relevance=np.full(400, np.nan, np.float32),
    )
    p = random.uniform(0.1, 0.9, 400)
    statistics = log_statistics(pages, Scores(score=p, ctr=p), "t", 10)
    low, high = intervals(statistics, unit_of_page(pages, "page"), 2000, 1)["t.ctr.log_loss"]
    loss = -np.where(pages.clicked == 1, np.log(p), np.log(1 - p))
    assert high - low == pytest.approx(2 * 1.96 * loss.std() / 20, rel=0.06)
    assert (low + high) / 2 == pytest.approx(loss.mean(), abs=0.01)


def test_pages_of_one_query_are_drawn_together(pages, scores):
    units = unit_of_page(pages, "query")
    assert len(set(units)) == pages.table["query"].nunique()
    assert set(zip(units, pages.table["query"], strict=True)) == set(enumerate(pages.table["query"].unique()))
    # All pages of one query: every resample is the whole, so there is no interval to give.
    alone = dataclasses.replace(pages, table=pages.table.assign(query="lamp"))
    assert intervals(log_statistics(alone, scores, "test", 10), unit_of_page(alone, "query"), 50, 3) == {}


def test_no_resamples_give_no_intervals(pages, scores):
    assert intervals(log_statistics(pages, scores, "test", 10), unit_of_page(pages, "page"), 0, 3) == {}


def test_a_difference_without_resamples_has_no_interval(pages, scores):
    both = log_statistics(pages, scores, "test", 10), log_statistics(pages, Scores(score=-scores.score), "test", 10)
    found = paired_difference(*both, unit_of_page(pages, "query"), 0, 3)["test.gauc"]
    assert found.difference == pytest.approx(both[0]["test.gauc"].value() - both[1]["test.gauc"].value())
    assert (found.low, found.high) == (None, None)


@pytest.mark.filterwarnings("error")
def test_a_metric_that_no_resample_holds_has_no_interval(pages, scores):
    # One page of sixty has a click; the seed's only resample lacks it.
    clicked = np.zeros_like(pages.clicked)
    clicked[pages.offset[3]] = 1
    alone = log_statistics(dataclasses.replace(pages, clicked=clicked), Scores(score=scores.score), "test", 10)
    units = unit_of_page(pages, "page")
    seed = next(s for s in range(20) if 3 not in np.random.default_rng(s).integers(60, size=60))
    assert intervals(alone, units, 1, seed) == {}
    assert paired_difference(alone, alone, units, 1, seed)["test.mrr"] == (0.0, None, None)


def test_five_hundred_resamples_of_a_hundred_thousand_impressions_take_less_than_twenty_seconds():
    random = np.random.default_rng(0)
    many = small_shop.pages(25_000)
    ctr, cvr = random.uniform(0.01, 0.6, (2, len(many.item))).astype(np.float32)
    assert len(many.item) > 95_000
    start = time.process_time()
    found = intervals(
        log_statistics(many, Scores(ctr * cvr, ctr, cvr, ctr * cvr), "test", 10), unit_of_page(many, "page"), 500, 1
    )
    assert time.process_time() - start < 20
    assert len(found) == 10


def test_a_ranker_differs_from_itself_by_nothing(pages, scores):
    same = log_statistics(pages, scores, "test", 10)
    found = paired_difference(same, same, unit_of_page(pages, "query"), 50, 3)
    assert found["test.gauc"] == (0.0, 0.0, 0.0)


def test_pairing_narrows_the_interval_of_a_small_difference(pages, scores):
    noise = np.random.default_rng(2).normal(0, 0.01, len(scores.score)).astype(np.float32)
    near = Scores(score=scores.score + noise)
    first, second = (log_statistics(pages, s, "test", 10) for s in (scores, near))
    units = unit_of_page(pages, "page")
    found = paired_difference(first, second, units, 300, 3)
    metrics = [page_metrics(pages, s, "test", 10) for s in (scores, near)]
    low, high = intervals(first, units, 300, 3)["test.ndcg@10"]
    assert set(found) == {"test.gauc", "test.ndcg@10", "test.mrr"}
    assert found["test.ndcg@10"].difference == pytest.approx(metrics[0]["test.ndcg@10"] - metrics[1]["test.ndcg@10"])
    assert found["test.ndcg@10"].low <= found["test.ndcg@10"].difference <= found["test.ndcg@10"].high
    assert found["test.ndcg@10"].high - found["test.ndcg@10"].low < (high - low) / 2
