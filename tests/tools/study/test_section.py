"""The section of a study holds what its runs hold."""

import itertools
import json
import re
import shutil
import statistics

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tools.study.finished import FinishedStudy
from tools.study.over_queries import difference_over_queries
from tools.study.plan import plan_runs, read_study
from tools.study.run_statistics import RunStatistics
from tools.study.section import write_section
from trainer.errors import InputError


def loaded(job) -> FinishedStudy:
    study = read_study(job.path)
    return FinishedStudy.load(study, job.path, plan_runs(study, job.path))


def values(job, variant: str, key: str) -> list[float]:
    return [json.loads((job.run_folder(variant, n) / "metrics.json").read_text())[key] for n in (1, 2)]


def interval(numbers: list[float]) -> tuple[float, float, float]:
    mean = float(np.mean(numbers))
    low, high = stats.t.interval(0.95, len(numbers) - 1, mean, stats.sem(numbers))
    return mean, float(low), float(high)


def cells(job, heading: str) -> dict[str, list[str]]:
    """The rows of the table whose second column has a heading, by first cell."""
    section = job.results.read_text().split("<!-- study rates: begin -->")[1].split("<!-- study rates: end")[0]
    table = next(part for part in section.split("\n\n") if f"| {heading} |" in part.split("\n")[0])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {first: rest for first, *rest in rows}


def numbers(cell: str) -> tuple[float, ...]:
    return tuple(map(float, re.findall(r"[-+]?\d+\.\d+", cell)))


def test_a_study_that_is_done_runs_nothing_and_writes_the_same(job):
    text = job.results.read_text()
    done = job.run("--only", "slow")
    assert done.returncode == 0, done.stderr
    assert "2 runs, 2 done" in done.stdout
    assert job.results.read_text() == text


@pytest.mark.parametrize("key", ["judged.pair_accuracy", "test.ctr.auc"])
def test_the_tables_hold_what_metrics_json_gives(job, key):
    rows = cells(job, "pair accuracy" if key.startswith("judged") else key)
    slow, fast = values(job, "slow", key), values(job, "fast", key)
    assert numbers(rows["`slow`: as it stands"][0]) == pytest.approx(interval(slow), abs=1e-6)
    assert numbers(rows["`fast`"][0]) == pytest.approx(interval(fast), abs=1e-6)
    paired = [a - b for a, b in zip(fast, slow, strict=True)]
    assert numbers(rows["`fast`"][1]) == pytest.approx(interval(paired), abs=1e-6)


def test_baselines_are_those_measured_beside_the_reference(job):
    measured = [
        json.loads((job.run_folder("slow", n) / "evaluation.json").read_text())["rankers"]["BM25"] for n in (1, 2)
    ]
    mean = np.mean([m["judged.pair_accuracy"] for m in measured])
    assert numbers(cells(job, "pair accuracy")["BM25, untrained"][0])[0] == pytest.approx(mean, abs=1e-6)


def test_step_times_are_medians_of_the_history(job):
    def step(variant: str, seed: int) -> float:
        history = json.loads((job.run_folder(variant, seed) / "history.json").read_text())
        return statistics.median(point["seconds_per_step"] for point in history if "seconds_per_step" in point)

    rows = cells(job, "a training step")
    for variant in ("fast", "slow"):
        mean = np.mean([step(variant, n) for n in (1, 2)])
        assert numbers(rows[f"`{variant}`"][0])[0] == pytest.approx(mean, rel=0.006)


def test_figures_are_said_to_be_reached_or_not_or_not_known(job):
    text = job.results.read_text()
    assert "- Figure: pair accuracy less that of `slow`: at least -1.\n  - `fast`: **reached**" in text
    assert "- Figure: share trained: at most 0.\n  - `fast`: not reached" in text
    assert "  - `fast`: not known" in text


def test_metrics_read_back_from_the_scores_are_those_of_the_evaluation(job):
    for run in loaded(job).runs:
        found = {key: statistic.value() for key, (_, statistic) in run.statistics.found.items()}
        assert {"judged.pair_accuracy", "test.truth.ndcg@10", "test.truth.cvr.auc", "test.gauc"} <= set(found)
        for key in found.keys() & run.metrics.keys():
            assert found[key] == pytest.approx(run.metrics[key], abs=1e-9), key


def test_metrics_of_rewritten_queries_are_read_back_too(job):
    for run in loaded(job).runs:
        found = run.rewritten_statistics.found
        assert {"robustness.typo.gauc", "robustness.typo.judged.pair_accuracy.drop"} <= set(found)
        for key, (_, statistic) in found.items():
            assert statistic.value() == pytest.approx(run.metrics[key], abs=1e-9), key


def test_a_run_evaluated_without_robustness_has_no_such_metrics(job, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(job.run_folder("slow", 1), folder)
    (folder / "robustness.parquet").unlink()
    assert not RunStatistics.of_rewritten(folder, "test").found
    (folder / "robustness.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"robustness.parquet: damaged"):
        RunStatistics.of_rewritten(folder, "test")


def pair_accuracy(scored: pd.DataFrame, queries: list[str]) -> float:
    right = total = 0.0
    for query in queries:
        rows = scored[(scored["source"] == "judged") & (scored["query"] == query)]
        for (_, a), (_, b) in itertools.combinations(rows.iterrows(), 2):
            if a["relevance"] != b["relevance"]:
                gap = (a["score"] - b["score"]) * (a["relevance"] - b["relevance"])
                right += 1.0 if gap > 0 else 0.5 if gap == 0 else 0.0
                total += 1
    return right / total if total else float("nan")


def over_resampled_queries(queries: dict[int, list[str]], difference) -> tuple[float, ...]:
    """The plain way to the interval: ``difference(seed, queries)`` over 20 draws of the queries that any seed has."""
    everything = list(dict.fromkeys([*queries[1], *queries[2]]))
    random = np.random.default_rng(1)
    drawn = []
    for _ in range(20):
        times = np.bincount(random.integers(len(everything), size=len(everything)), minlength=len(everything))
        repeated = [query for query, count in zip(everything, times, strict=True) for _ in range(count)]
        drawn.append(np.mean([difference(n, [q for q in repeated if q in queries[n]]) for n in (1, 2)]))
    return tuple(np.nanpercentile(drawn, [2.5, 97.5]))


def judged_queries(scored: dict) -> dict[int, list[str]]:
    return {n: scored["fast", n].query("source == 'judged'")["query"].unique().tolist() for n in (1, 2)}


def kept(job, name: str) -> dict[tuple[str, int], pd.DataFrame]:
    return {(v, n): pd.read_parquet(job.run_folder(v, n) / name) for v in ("fast", "slow") for n in (1, 2)}


def test_the_interval_over_queries_resamples_the_same_queries_for_all_runs(job):
    study = loaded(job)
    scored = kept(job, "scores.parquet")

    def difference(seed: int, queries: list[str]) -> float:
        return pair_accuracy(scored["fast", seed], queries) - pair_accuracy(scored["slow", seed], queries)

    expected = over_resampled_queries(judged_queries(scored), difference)
    assert difference_over_queries(study.pairs("fast"), study.study.metrics[0]) == pytest.approx(expected, abs=1e-9)


def test_what_rewriting_loses_has_an_interval_over_queries(job):
    study = loaded(job)
    metric = next(metric for metric in study.study.metrics if metric.title == "lost by typos")
    scored = kept(job, "scores.parquet")
    rewritten = kept(job, "robustness.parquet")
    for key, rows in rewritten.items():
        judged = scored[key].query("source == 'judged'")
        relevance = judged.set_index(["page", "item_id"])["relevance"]
        rows["relevance"] = relevance.reindex(pd.MultiIndex.from_frame(rows[["page", "item_id"]])).to_numpy()

    def lost(variant: str, seed: int, queries: list[str]) -> float:
        after = [pair_accuracy(rows, queries) for _, rows in rewritten[variant, seed].groupby("draw")]
        return pair_accuracy(scored[variant, seed], queries) - float(np.mean(after))

    def difference(seed: int, queries: list[str]) -> float:
        return lost("fast", seed, queries) - lost("slow", seed, queries)

    expected = over_resampled_queries(judged_queries(scored), difference)
    assert difference_over_queries(study.pairs("fast"), metric) == pytest.approx(expected, abs=1e-9)
    assert numbers(cells(job, "lost by typos")["`fast`"][2]) == pytest.approx(expected, abs=1e-6)


def test_runs_that_are_missing_are_said_and_left_out(job):
    study = loaded(job)
    part = FinishedStudy(study.study, study.source, study.runs[:3], [study.runs[3].plan])
    text = write_section(part)
    assert "**Not finished, and not in the tables: `fast` (seed 2).**" in text
    only = values(job, "fast", "judged.pair_accuracy")[0]
    row = next(line for line in text.splitlines() if line.startswith("| `fast` |"))
    assert f"| {only:.6f} |" in row


def test_a_ratio_is_taken_over_the_seeds_that_both_have(job):
    study = loaded(job)
    part = FinishedStudy(study.study, study.source, study.runs[:3], [study.runs[3].plan])
    shared = [run for run in part.runs if run.plan.variant == "fast"]
    assert len(shared) == 1
    seed = shared[0].plan.seed
    fast, slow = (values(job, variant, "judged.pair_accuracy")[seed - 1] for variant in ("fast", "slow"))
    text = write_section(part)
    figure = text.split("- Figure: pair accuracy over that of `slow`: at most 9.\n")[1].split("\n")[0]
    assert numbers(figure) == pytest.approx((fast / slow,), abs=1e-6)
    assert sum(values(job, "slow", "judged.pair_accuracy")) / 2 != pytest.approx(slow, abs=1e-4)


def test_a_variant_without_a_run_stands_in_no_table(job):
    study = loaded(job)
    slow = [run for run in study.runs if run.plan.variant == "slow"]
    rest = [run.plan for run in study.runs if run.plan.variant != "slow"]
    text = write_section(FinishedStudy(study.study, study.source, slow, rest))
    assert "**Not finished, and not in the tables: `fast` (seeds 1, 2).**" in text
    assert "| `fast`" not in text
    assert "  - `fast`" not in text


def test_the_table_on_top_names_what_was_reached(job):
    table = job.results.read_text().split("at_a_glance: begin -->")[1].split("<!-- study at_a_glance: end")[0]
    assert "| pair accuracy less that of `slow`: at least -1 | `fast` (" in table
    assert "| share trained: at most 0 | **none** | `fast` (" in table
