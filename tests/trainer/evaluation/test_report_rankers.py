"""What the report shows of rankers and pages: tables, verdicts, examples, curves."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trainer.evaluation.ndcg_pictures import ndcg_by_cut
from trainer.evaluation.page_examples import page_examples
from trainer.evaluation.pictures import calibrations, click_rate_by_position, discrimination
from trainer.evaluation.report import write_report
from trainer.evaluation.report_data import read_report_data
from trainer.evaluation.report_tables import ranker_table, verdicts
from trainer.metrics.bootstrap import Difference

sys.path.insert(0, str(Path(__file__).parent))
from evaluated_runs import evaluated_run, evaluation, scores
from report_page import read


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return evaluated_run(tmp_path / "kettles")


def test_the_best_of_a_column_is_marked_and_differences_are_judged_by_their_interval(run):
    data = read_report_data(run)
    states = {name: cells[0].state for name, cells in ranker_table(data).rows}
    assert states == {"model": "", "zero-shot": "", "BM25": "", "logged order": "best", "random": ""}
    assert verdicts(data) == [
        "GAUC 0.700: ahead of BM25 (+0.100); no clear difference to zero-shot (+0.020); behind logged order (−0.100)."
    ]


def test_without_resamples_no_difference_counts_as_more_than_chance(run):
    found = evaluation(scores())
    for metrics in found.rankers.values():
        for key in [key for key in metrics if key.endswith((".low", ".high"))]:
            del metrics[key]
    found.differences = {
        name: {key: Difference(d.difference) for key, d in by_metric.items()}
        for name, by_metric in found.differences.items()
    }
    found.save(run)
    assert verdicts(read_report_data(run)) == [
        "GAUC 0.700: without interval, zero-shot (+0.020), BM25 (+0.100) and logged order (−0.100)."
    ]
    html, page = read(write_report(run))
    assert 'class="chip good"' not in html
    assert "No resamples were drawn (evaluate.bootstrap)" in page.words
    assert "below each figure stands its" not in page.words


def test_a_model_that_gave_no_scores_is_not_mistaken_for_the_next_ranker(run):
    table = scores()
    table[["score", "ctr", "cvr", "ctcvr"]] = np.nan
    evaluation(table).save(run)
    side = read_report_data(run).sides["log"]
    assert next(iter(side.scores)) == "model"
    examples = page_examples(side, 10)
    assert (examples.good, examples.bad) == ([], [])
    assert "Not drawn: no impression with a score and a known label." in read(write_report(run))[1].words


def test_the_gain_counts_from_the_lowest_relevance_of_the_source(run):
    table = scores(12, 8, 2, "judged")
    found = evaluation(table, "judged.pair_accuracy")
    found.lowest_relevance = -2.0
    found.save(run)
    np.testing.assert_allclose(read_report_data(run).sides["judged"].gain, table["relevance"] + 2)


def test_examples_are_led_by_the_model_and_show_the_item_that_it_left_out(run):
    table = scores(2, 7, 8)
    table["query"] = np.repeat(["good", "bad"], 7)
    table["clicked"] = [1, 0, 0, 0, 0, 0, 0] * 2
    table["purchased"] = 0
    table["score"] = [7, 6, 5, 4, 3, 2, 1, 1, 2, 3, 4, 5, 6, 7]
    table["score.zero-shot"] = [1, 2, 3, 4, 5, 6, 7] * 2
    evaluation(table).save(run)
    examples = page_examples(read_report_data(run).sides["log"], 10)
    assert examples.reference == "zero-shot"
    assert [page.query for page in examples.good] == ["good"]
    assert [item.rank for item in examples.good[0].items] == [1, 2, 3, 4, 5]
    assert examples.good[0].items[0].labels == ["clicked"]
    assert examples.good[0].ndcg == "1.00"
    (bad,) = examples.bad
    assert (bad.query, bad.ndcg) == ("bad", "0.33")
    last = bad.items[-1]
    assert (len(bad.items), last.rank, last.labels, last.missed) == (6, 7, ["clicked"], True)


def test_impressions_without_a_known_click_count_in_no_curve(run):
    table = scores()
    spoiled = table.copy()
    extra = table.iloc[::3].assign(clicked=-1, purchased=-1, ctr=0.99, score=0.99)
    spoiled = pd.concat([table, extra], ignore_index=True)

    def drawn(which: pd.DataFrame) -> list[str]:
        evaluation(which).save(run)
        data = read_report_data(run)
        side, rankers = data.sides["log"], list(data.rankers)
        order = ndcg_by_cut(side, "log", rankers)
        pictures = [*discrimination(side, rankers), *calibrations(side), click_rate_by_position(side), order]
        return [re.findall('aria-label="([^"]*)"', picture.svg)[0] for picture in pictures]

    assert drawn(spoiled) == drawn(table)


def test_what_rewritten_queries_lose_has_a_table_and_a_picture(run):
    assert "Robustness" not in read(write_report(run))[1].words
    found = evaluation(scores())
    for name, drop in (("model", 0.05), ("zero-shot", 0.01)):
        key = "robustness.typo.gauc"
        found.rankers[name] |= {key: 0.7 - drop, f"{key}.drop": drop, f"{key}.low": 0.6, f"{key}.high": 0.72}
        found.rankers[name] |= {f"{key}.drop.low": drop - 0.02, f"{key}.drop.high": drop + 0.03}
    found.metrics["robustness.typo.unchanged"] = 0.25
    found.save(run)
    html, page = read(write_report(run))
    for words in (
        "slips of the keyboard, model",
        "0.6500",
        "−0.050 (−0.080 to −0.030)",
        "−0.010 (−0.040 to +0.010)",
    ):
        assert words in page.words, words
    assert "Change of GAUC: slips of the keyboard, model -0.0500; slips of the keyboard, zero-shot -0.0100" in html
    assert re.search(r'class="bad">0\.6500<', html)
    assert not re.search(r'class="bad">0\.6900<', html)
    assert "robustness.typo" not in page.words
