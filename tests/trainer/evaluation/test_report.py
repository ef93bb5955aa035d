"""The report: its page for whole and for poor run folders, its errors."""

import re
import sys
import time
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trainer.errors import InputError
from trainer.evaluation.ndcg_pictures import ndcg_by_cut
from trainer.evaluation.page_examples import page_examples
from trainer.evaluation.pictures import calibrations, click_rate_by_position, discrimination
from trainer.evaluation.report import write_report
from trainer.evaluation.report_data import read_report_data
from trainer.evaluation.report_tables import ranker_table, verdicts
from trainer.metrics.bootstrap import Difference

sys.path.insert(0, str(Path(__file__).parent))
from evaluated_runs import CONFIG, evaluated_run, evaluation, scores


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return evaluated_run(tmp_path / "kettles")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run that lacks nothing."""
    return write_report(evaluated_run(tmp_path_factory.mktemp("whole") / "kettles"))


class Page(HTMLParser):
    """What a test asks of the page: text of its tables and headings, ids, tags and references."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def read(path: Path) -> tuple[str, Page]:
    html = path.read_text(encoding="utf-8")
    return html, Page(html)


def test_the_report_is_one_page_that_needs_nothing_else(whole):
    html, page = read(whole)
    assert whole.name == "report.html"
    addresses = [a[k] for _, a in page.tags for k in ("src", "href", "xlink:href") if k in a]
    assert addresses
    assert all(address.startswith("#") for address in addresses)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert not re.search(r"@import|url\((?!#)", html)
    assert "prefers-color-scheme: dark" in html
    assert not list(whole.parent.glob(".*"))


def test_pictures_are_sound_svg_with_alternative_text_and_ids_of_their_own(whole):
    html, page = read(whole)
    drawn = re.findall(r"<svg.*?</svg>", html, re.S)
    assert len(drawn) >= 15
    for svg in drawn:
        ElementTree.fromstring(svg)
        assert re.search(r'role="img" aria-label="[^"]{20,}"', svg)
        assert "#1" not in re.sub(r"url\(#[^)]*\)|href=\"#[^\"]*\"", "", svg), "a stand-in colour was left"
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    references = set(re.findall(r"url\(#([^)]*)\)|href=\"#([^\"]*)\"", html))
    assert {a or b for a, b in references} <= set(ids)


def test_the_report_holds_every_section_and_figure(whole):
    _, page = read(whole)
    for words in (
        "ROC, CTR",
        "ROC, CTCVR",
        "Precision and recall, CTR",
        "Precision and recall, CTCVR",
        "Calibration, CTR",
        "Calibration, CTCVR",
        "CTR by position",
        "NDCG by cut, clicks",
        "NDCG by cut, human judgments",
        "NDCG@10 by query frequency",
        "Scores by click and purchase",
        "Scores by judged relevance",
        "CTR, pointwise loss",
        "Validation: GAUC",
        "0.650 – 0.750",
        "+0.020 over zero-shot",
        "+0.100 over BM25",
        "0.0123",
        "one page was left out",
        "max_page_items: 50",
        "tensorflow",
        "390, best 200",
    ):
        assert words in page.words, words
    assert "Not drawn" not in page.words


def test_text_of_the_tables_can_not_become_markup(whole):
    html, page = read(whole)
    assert "<script" not in html
    assert "<b>" not in html
    assert "<script>alert(1)</script>" in page.words
    assert "电动 螺丝刀" in page.words


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


def test_simulated_behaviour_is_said_to_be_simulated_and_judgments_of_other_sources_have_a_table(whole, run):
    words = "Clicks and purchases of this run were simulated"
    assert words not in read(whole)[1].words
    (run / "config.yaml").write_text(CONFIG + "simulate: {source: marketplace}\n")
    other = evaluation(scores(5, 4, 3, "judged"), "judged.pair_accuracy")
    other.save(run / "foreign" / "wands")
    _, page = read(write_report(run))
    assert words in page.words
    assert "Human judgments of another source: wands ranker Judged pair accuracy model" in page.words
    assert "judged.pair_accuracy" not in page.words
    assert page.words.count("one page was left out") == 2


def test_what_is_absent_is_said_in_one_line(run):
    judged = scores(10, 5, 4, "judged").drop(columns=["ctr", "cvr", "ctcvr", "text", "position"])
    evaluation(judged[[c for c in judged if not c.startswith("score.")]], "judged.pair_accuracy").save(run)
    (run / "history.json").unlink()
    (run / "finished.json").unlink()
    _, page = read(write_report(run))
    assert "The run folder keeps no history (history.json)." in page.words
    assert page.words.count("The test split holds no page of a log.") == 2
    assert "NDCG by cut, human judgments" in page.words


def test_labels_of_one_kind_leave_a_reason_in_place_of_a_curve(run):
    table = scores()
    table[["clicked", "purchased"]] = 0
    table["position"] = 0
    table["query"] = table["page"].astype(str)
    evaluation(table).save(run)
    _, page = read(write_report(run))
    assert "Not drawn: no impression with a known click, or none without one." in page.words
    assert "Not drawn: no impression with a position" in page.words
    assert "Not drawn: every query was asked as often as every other." in page.words
    assert "No page of three items or more has a known better and worse item." in page.words


def test_an_out_file_is_replaced_as_a_whole(run, tmp_path):
    out = tmp_path / "new" / "page.html"
    out.parent.mkdir()
    out.write_text("an earlier one")
    first = out.stat().st_ino
    assert write_report(run, out) == out
    assert out.stat().st_ino != first
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]
    assert not (run / "report.html").exists()


def test_a_hundred_thousand_impressions_take_less_than_twenty_seconds(run):
    evaluation(scores(8_400, 12)).save(run)
    start = time.process_time()
    path = write_report(run)
    assert time.process_time() - start < 20
    assert path.stat().st_size < 3_000_000


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda run: (run / "config.yaml").unlink(), "no run folder (config.yaml is missing)"),
        (lambda run: (run / "evaluation.json").unlink(), "run `shelfrank evaluate"),
        (lambda run: (run / "scores.parquet").unlink(), "run `shelfrank evaluate"),
        (lambda run: (run / "evaluation.json").write_text('{"split": '), "evaluation.json: damaged"),
        (lambda run: (run / "evaluation.json").write_text("[]"), "evaluation.json: expected a dict, found list"),
        (lambda run: (run / "evaluation.json").write_text("{}"), "evaluation.json: key 'split' is missing or empty"),
        (lambda run: (run / "scores.parquet").write_bytes(b"PAR1"), "scores.parquet: damaged"),
        (lambda run: scores().drop(columns="page").to_parquet(run / "scores.parquet"), "column 'page' is missing"),
        (lambda run: (run / "history.json").write_text("nothing"), "history.json: damaged"),
        (lambda run: (run / "report.html").mkdir(), "report.html: is a folder"),
    ],
)
def test_a_folder_that_holds_no_evaluated_run_is_named_in_one_line(run, spoil, message):
    spoil(run)
    with pytest.raises(InputError) as error:
        write_report(run)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


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


def test_what_rewritten_queries_lose_has_a_table_and_a_picture(run, whole):
    assert "Robustness" not in read(whole)[1].words
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
