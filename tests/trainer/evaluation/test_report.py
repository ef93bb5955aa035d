"""The report: its page for whole and for poor run folders, its errors."""

import re
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from trainer.errors import InputError
from trainer.evaluation.report import write_report

sys.path.insert(0, str(Path(__file__).parent))
from evaluated_runs import CONFIG, evaluated_run, evaluation, scores
from report_page import read


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return evaluated_run(tmp_path / "kettles")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run that lacks nothing."""
    return write_report(evaluated_run(tmp_path_factory.mktemp("whole") / "kettles"))


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
