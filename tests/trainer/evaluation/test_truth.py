"""Rankers judged by the hidden truth of a simulated log."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import small_shop
from trainer.config import EvaluateConfig
from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.evaluation.evaluator import evaluate
from trainer.evaluation.scores import Scores
from trainer.evaluation.truth import judge_by_truth

CONFIG = EvaluateConfig(bootstrap=20)


@pytest.fixture
def log(tmp_path):
    """Pages, the table of their truth as a simulator writes it, and the data section that names the log."""
    pages = small_shop.pages(8, split="test")
    items = small_shop.items()
    attraction = np.random.default_rng(1).uniform(0.05, 0.9, len(pages.item))
    truth = pd.DataFrame(
        {
            "request_id": pages.table["request_id"].to_numpy()[pages.page_of_impression],
            "item_id": items["item_id"].to_numpy()[pages.item],
            "position": pages.position,
            "attraction": attraction,
            "examination": 0.8 / pages.position,
        }
    )
    truth.sample(frac=1, random_state=1).to_parquet(tmp_path / "truth.parquet")
    return pages, items, attraction, small_shop.experiment(tmp_path, tmp_path).data


def judged(log, curve=None):
    pages, items, attraction, data = log
    rankers = {
        "model": lambda p, i: Scores(score=attraction.astype(np.float32)),
        "logged order": lambda p, i: Scores(score=-pages.position.astype(np.float32)),
    }
    result = evaluate(rankers, pages, None, items, CONFIG, "test", 3)
    judge_by_truth(result, data, curve, pages, CONFIG, 3)
    return result


def test_ndcg_counts_the_attraction(log):
    pages, _, attraction, _ = log
    result = judged(log)
    assert result.metrics["test.truth.ndcg@10"] == pytest.approx(1.0)
    assert result.metrics["test.truth.pair_accuracy"] == 1.0
    pieces = [attraction[a:b] for a, b in zip(pages.offset[:-1], pages.offset[1:], strict=True)]
    discount = 1 / np.log2(np.arange(2, 12))
    expected = np.mean([(p * discount[: len(p)]).sum() / (np.sort(p)[::-1] * discount[: len(p)]).sum() for p in pieces])
    logged = result.rankers["logged order"]
    assert logged["test.truth.ndcg@10"] == pytest.approx(expected, rel=1e-5)
    assert logged["test.truth.ndcg@10.low"] <= expected <= logged["test.truth.ndcg@10.high"]
    assert result.differences["logged order"]["test.truth.ndcg@10"].difference == pytest.approx(1 - expected, rel=1e-5)


def test_the_examination_error_is_the_largest_gap(log):
    pages = log[0]
    deepest = int(pages.position.max())
    curve = ExaminationCurve("given", np.array([1.0, 0.6, *[1 / k for k in range(3, deepest + 1)]]), np.ones(deepest))
    result = judged(log, curve)
    assert result.metrics["test.truth.examination_error"] == pytest.approx(0.1)


def test_without_the_truth_nothing_is_added(log, tmp_path):
    (tmp_path / "truth.parquet").unlink()
    assert not [key for key in judged(log).metrics if "truth" in key]


def test_a_table_that_is_no_truth_is_left_alone(log, tmp_path):
    pd.DataFrame({"request_id": ["a"]}).to_parquet(tmp_path / "truth.parquet")
    assert not [key for key in judged(log).metrics if "truth" in key]


def test_impressions_without_a_truth_are_left_out_and_said(log, tmp_path):
    truth = pd.read_parquet(tmp_path / "truth.parquet")
    truth[truth["request_id"] != "test0"].to_parquet(tmp_path / "truth.parquet")
    result = judged(log)
    size = int(log[0].sizes[0])
    assert any(f"no truth of {size} of {len(log[0].item)} impressions" in note for note in result.notes)
    rest = dataclasses.replace(log[0])
    assert len(rest) == 8
    assert result.metrics["test.truth.ndcg@10"] == pytest.approx(1.0)


def test_the_cvr_auc_counts_each_impression_as_bought_with_its_conversion_probability(log, tmp_path):
    pages, items, attraction, data = log
    truth = pd.read_parquet(tmp_path / "truth.parquet")
    random = np.random.default_rng(4)
    truth["conversion_probability"] = random.uniform(0.01, 0.3, len(truth))
    truth.to_parquet(tmp_path / "truth.parquet")
    cvr = random.uniform(0, 1, len(pages.item)).astype(np.float32)
    rankers = {"model": lambda p, i: Scores(score=attraction.astype(np.float32), cvr=cvr)}
    result = evaluate(rankers, pages, None, items, CONFIG, "test", 3)
    judge_by_truth(result, data, None, pages, CONFIG, 3)
    scored = result.scores.merge(truth, on=["request_id", "item_id"])
    bought = scored["conversion_probability"].to_numpy()
    label = np.repeat([1, 0], len(bought))
    weight = np.concatenate([bought, 1 - bought])
    expected = roc_auc_score(label, np.tile(scored["cvr"].to_numpy(), 2), sample_weight=weight)
    assert result.metrics["test.truth.cvr.auc"] == pytest.approx(expected, abs=1e-5)
    assert result.metrics["test.truth.cvr.auc.low"] < result.metrics["test.truth.cvr.auc.high"]
