"""Comparisons of evaluated runs: differences, intervals and p-values by hand; what is refused."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy import stats
from sklearn.metrics import roc_auc_score

from trainer.errors import InputError
from trainer.evaluation.comparison import compare_runs, over_seeds, two_sided_p
from trainer.evaluation.evaluation import Evaluation

CONFIG = "name: {name}\nseed: {seed}\ndata: {{prepared: p{seed}, items: i.csv, search_log: l.csv}}\n{more}"
PAGES, SIZE = 60, 5


def table(quality: float, noise_seed: int, source: str = "log") -> pd.DataFrame:
    """Sixty pages of twenty queries; the larger ``quality``, the higher clicked or better items score."""
    random, noise = np.random.default_rng(3), np.random.default_rng(noise_seed)
    total = PAGES * SIZE
    page = np.repeat(np.arange(PAGES), SIZE)
    log = source == "log"
    clicked = (random.random(total) < 0.4).astype(np.int8)
    relevance = random.integers(0, 3, total).astype(np.float32)
    truth = clicked if log else relevance / 2
    score = noise.uniform(0, 0.5, total) + quality * truth
    return pd.DataFrame(
        {
            "source": source,
            "page": page.astype(np.int32),
            "request_id": [f"{source}{n}" for n in page],
            "query": [f"query {n % 20}" for n in page],
            "item_id": [f"i{n}" for n in range(total)],
            "position": np.tile(np.arange(1, SIZE + 1), PAGES).astype(np.int32),
            "clicked": clicked if log else np.full(total, -1, np.int8),
            "purchased": (clicked * (random.random(total) < 0.5)).astype(np.int8)
            if log
            else np.full(total, -1, np.int8),
            "relevance": np.full(total, np.nan, np.float32) if log else relevance,
            "score": score.astype(np.float32),
            "ctr": score.astype(np.float32) if log else np.nan,
            "cvr": np.nan,
            "ctcvr": np.nan,
        }
    )


def run(
    folder: Path, name: str, quality: float, seed: int = 1, rows: pd.DataFrame | None = None, more: str = ""
) -> Path:
    path = folder / name
    path.mkdir()
    (path / "config.yaml").write_text(CONFIG.format(name=name, seed=seed, more=more))
    if rows is None:
        rows = pd.concat([table(quality, 10 * seed + len(name)), table(quality, seed, "judged")], ignore_index=True)
    Evaluation("test", 10, {"model": {"test.gauc": 0.5}}, scores=rows, lowest_relevance=0.0).save(path)
    return path


def gauc_by_page(rows: pd.DataFrame) -> np.ndarray:
    """NaN where a page has one class; all pages are of one size."""
    log = rows[rows["source"] == "log"]
    found = np.full(PAGES, np.nan)
    for page, part in log.groupby("page"):
        if 0 < part["clicked"].sum() < SIZE:
            found[page] = roc_auc_score(part["clicked"], part["score"])
    return found


def test_differences_and_intervals_are_those_of_resampled_queries(tmp_path):
    a, b = run(tmp_path, "a", 0.3), run(tmp_path, "b2", 0.2)
    found = compare_runs([a], [b], "test", 100, 4)
    one, other = (gauc_by_page(pd.read_parquet(folder / "scores.parquet")) for folder in (a, b))
    contrast = found.metrics["test.gauc"]
    assert (contrast.first, contrast.second) == (pytest.approx(np.nanmean(one)), pytest.approx(np.nanmean(other)))
    assert contrast.difference == pytest.approx(np.nanmean(one) - np.nanmean(other))
    random, drawn = np.random.default_rng(4), []
    for _ in range(100):
        pages = np.concatenate([np.arange(q, PAGES, 20) for q in random.integers(20, size=20)])
        drawn.append(np.nanmean(one[pages]) - np.nanmean(other[pages]))
    assert (contrast.low, contrast.high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])))
    below = sum(value <= 0 for value in drawn)
    assert contrast.p == pytest.approx(min(1, 2 * (min(below, 100 - below) + 1) / 101))
    assert {"test.ndcg@10", "test.mrr", "test.ctr.auc", "test.ctr.log_loss", "judged.ndcg@10"} <= set(found.metrics)
    assert found.counts == {"log": {"queries": 20, "pages": 60}, "judged": {"queries": 20, "pages": 60}}


def test_a_run_against_itself_differs_in_nothing(tmp_path):
    a = run(tmp_path, "a", 0.3)
    found = compare_runs([a], [a], "test", 50, 1)
    assert {(c.difference, c.low, c.high, c.p, c.is_clear) for c in found.metrics.values()} == {(0, 0, 0, 1, False)}


def test_sides_of_seeds_are_averaged_and_paired(tmp_path):
    first = [run(tmp_path, f"a{seed}", 0.4, seed) for seed in (1, 2, 3)]
    second = [run(tmp_path, f"base{seed}", 0.05, seed) for seed in (1, 2, 3)]
    found = compare_runs(first, second, "test", 200, 1)
    each = [
        compare_runs([a], [b], "test", 0, 1).metrics["judged.pair_accuracy"] for a, b in zip(first, second, strict=True)
    ]
    contrast = found.metrics["judged.pair_accuracy"]
    assert contrast.first == pytest.approx(np.mean([c.first for c in each]))
    assert contrast.by_seed == pytest.approx([c.difference for c in each])
    assert each[0].low is None
    assert contrast.low > 0
    assert contrast.p < 0.05
    alone = compare_runs(first[:1], second[:1], "test", 200, 1).metrics["judged.pair_accuracy"]
    assert alone.low < alone.difference < alone.high


def test_seeds_may_have_test_pages_of_their_own(tmp_path):
    def part(rows, seed):
        return rows[rows["query"].isin([f"query {n}" for n in range(4 * seed, 4 * seed + 10)])]

    sides = [
        [run(tmp_path, f"{name}{seed}", 0, seed, part(table(quality, seed + len(name)), seed)) for seed in (0, 1, 2)]
        for name, quality in (("a", 0.3), ("bb", 0.1))
    ]
    found = compare_runs(*sides, "test", 100, 1)
    assert found.counts["log"]["queries"] == 18
    assert found.metrics["test.gauc"].low < found.metrics["test.gauc"].difference < found.metrics["test.gauc"].high


def test_seeds_alone_give_about_the_t_interval():
    values = np.array([0.01, 0.02, 0.03, 0.05, 0.06, 0.08, 0.085, 0.10])
    drawn = over_seeds(np.repeat(values[:, None], 40_000, axis=1), 1)
    half = stats.t.ppf(0.975, 7) * values.std(ddof=1) / np.sqrt(8)
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert drawn.mean() == pytest.approx(values.mean(), abs=1e-3)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)
    assert over_seeds(values[None], 1) is not None
    assert over_seeds(values[None], 1).tolist() == values.tolist()


def test_three_seeds_hold_the_truth_95_times_in_100():
    random = np.random.default_rng(5)
    held = {0.0: 0, 0.01: 0}
    for _ in range(300):
        seeds = random.normal(0.03, 0.01, 3)
        for queries in held:
            chance = random.normal(0, queries) if queries else 0.0
            drawn = (
                seeds[:, None] + chance + random.normal(0, queries, 800)
                if queries
                else np.repeat(seeds[:, None], 800, 1)
            )
            low, high = np.percentile(over_seeds(drawn, 1), [2.5, 97.5])
            held[queries] += low <= 0.03 <= high
    assert all(count / 300 > 0.92 for count in held.values()), held


def test_p_values_by_hand():
    # Of nine draws two are at or below zero: 2 * (2 + 1) / 10.
    assert two_sided_p(np.array([-1, 0, 1, 2, 3, 4, 5, 6, 7.0])) == pytest.approx(0.6)
    assert two_sided_p(np.ones(1999)) == pytest.approx(0.001)
    assert two_sided_p(np.zeros(9)) == 1.0


def test_the_table_and_the_file_say_which_is_better(tmp_path):
    # Quality spoils calibration: with a score up to 1 the calibration error of the better ranker is higher.
    a, b = run(tmp_path, "a", 0.5), run(tmp_path, "b2", 0.0)
    found = compare_runs([a], [b], "test", 100, 1)
    console = Console(width=140, record=True, file=io.StringIO())
    found.show(console)
    lines = console.export_text().splitlines()
    cells = [cell.strip() for cell in next(line for line in lines if "test.gauc" in line).strip("│").split("│")]
    contrast = found.metrics["test.gauc"]
    assert cells[1:4] == [f"{contrast.first:.4f}", f"{contrast.second:.4f}", f"{contrast.difference:+.4f}"]
    assert cells[-1] == "A"
    loss = found.metrics["test.ctr.log_loss"]
    row = next(line for line in lines if "test.ctr.log_loss" in line)
    assert row.strip("│ ").endswith("A" if loss.high < 0 else "B" if loss.low > 0 else "-")
    found.save(tmp_path / "deep" / "file.json")
    kept = json.loads((tmp_path / "deep" / "file.json").read_text())
    assert kept["metrics"]["test.gauc"]["difference"] == contrast.difference
    assert (kept["first"], kept["second"]) == ([str(a)], [str(b)])


def test_runs_that_can_not_be_compared_are_refused(tmp_path):
    rows = table(0.2, 1)
    a, b = run(tmp_path, "a", 0.3, rows=rows), run(tmp_path, "b", 0.3, 2, rows=rows.iloc[SIZE:])

    def refused(first, second, split="test"):
        with pytest.raises(InputError) as error:
            compare_runs(first, second, split, 10, 1)
        return str(error.value)

    assert f"{b}: was evaluated on other test pages than {a}: 5 of 300 impressions" in refused([a], [b])
    turned = rows.assign(clicked=1 - rows["clicked"])
    c = run(tmp_path, "c", 0.3, 3, rows=turned, more="train: {epochs: 2}")
    assert "300 of 300 impressions are not there with the same labels, 300 others are" in refused([a], [c])
    assert "2 runs against 1" in refused([a, b], [c])
    assert f"{c}: differs from {a} in train.epochs; runs of one side may differ by their seed only" in refused(
        [a, c], [a, b]
    )
    d = run(tmp_path, "d", 0.3, rows=rows)
    assert f"{d}: has the seed of {a}, 1" in refused([a, d], [a, b])
    assert (
        f"not evaluated on valid (evaluation.json is missing); run `shelfrank evaluate {a} --split valid`"
        in refused([a], [b], "valid")
    )
    assert "no run folder" in refused([tmp_path / "none"], [a])
    (a / "scores.parquet").write_bytes(b"damaged")
    assert "scores.parquet: damaged" in refused([a], [b])


def test_the_order_of_the_rows_does_not_matter(tmp_path):
    rows = table(0.2, 1)
    moved = rows.assign(page=PAGES - 1 - rows["page"]).sort_values("page", kind="stable", ignore_index=True)
    a, b = run(tmp_path, "a", 0, rows=rows), run(tmp_path, "b", 0, rows=moved)
    found = compare_runs([a], [b], "test", 20, 1).metrics["test.gauc"]
    assert (found.difference, found.low, found.high) == pytest.approx((0, 0, 0), abs=1e-12)
