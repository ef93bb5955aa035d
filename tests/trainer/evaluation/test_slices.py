"""Slices of a run: figures by hand, gaps that are there and gaps that are not, files, console and report."""

import dataclasses
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sklearn.metrics import roc_auc_score

import small_shop
from trainer.config import SliceConfig
from trainer.data.pages import Pages, concatenate
from trainer.data.prepared import Prepared
from trainer.errors import InputError
from trainer.evaluation.evaluator import evaluate
from trainer.evaluation.report import write_report
from trainer.evaluation.scores import Scores
from trainer.evaluation.slice_metrics import SlicedPages
from trainer.evaluation.slices import add_slices, slices_named
from trainer.evaluation.slicing import Slicing

QUERIES = 60


def shop(judged: bool = False) -> Pages:
    """Sixty queries of three pages of six items; the items with an odd number are of brand bolt, the others of acme."""
    random = np.random.default_rng(7)
    count, size = QUERIES * 3, 6
    total = count * size
    clicked = (random.random(total) < 0.3).astype(np.int8)
    table = pd.DataFrame(
        {
            "request_id": [f"r{n}" for n in range(count)],
            "timestamp": pd.Timestamp("2025-01-01", tz="UTC"),
            "user_id": "u",
            "query": [f"query {n % QUERIES}" for n in range(count)],
            "split": "test",
            "segment": ["loyal" if n % 2 else "new" for n in range(count)],
        }
    )
    nothing = np.full(total, -1, np.int8)
    return Pages(
        table=table,
        offset=np.arange(count + 1) * size,
        item=np.concatenate([random.permutation(8)[:size] for _ in range(count)]).astype(np.int32),
        position=np.tile(np.arange(1, size + 1), count).astype(np.int32),
        clicked=nothing if judged else clicked,
        purchased=nothing if judged else (clicked * (random.random(total) < 0.4)).astype(np.int8),
        relevance=random.integers(0, 3, total).astype(np.float32) if judged else np.full(total, np.nan, np.float32),
    )


def scores(pages: Pages, good: np.ndarray) -> Scores:
    """Clicked or better items score higher where ``good`` [M], by chance elsewhere."""
    truth = np.where(np.isnan(pages.relevance), pages.clicked, pages.relevance / 2)
    score = np.random.default_rng(2).uniform(0.1, 0.5, len(pages.item)) + np.where(good, 0.4 * truth, 0.0)
    score = score.astype(np.float32)
    return Scores(score=score, ctr=score, cvr=score, ctcvr=score)


def of_items(pages: Pages) -> Slicing:
    return Slicing("brand", ["acme", "bolt"], ["brand acme", "brand bolt"], pages.item.astype(np.int64) % 2, True)


def of_pages(pages: Pages) -> Slicing:
    return Slicing("segment", ["new", "loyal"], ["segment new", "segment loyal"], np.arange(len(pages)) % 2, False)


def test_a_slice_of_pages_has_the_metrics_of_its_pages():
    pages = shop()
    given = scores(pages, np.ones(len(pages.item), bool))
    new, loyal = SlicedPages("log", pages, given, 10).measure(of_pages(pages), 0, 1)
    assert set(new.figures) == {"gauc", "ndcg@10", "mrr", "ctr.auc", "cvr.auc", "ctcvr.auc"}
    assert (new.pages, new.queries, new.label) == (90, 30, "segment new")
    auc, weight, reciprocal = {0: [], 1: []}, {0: [], 1: []}, {0: [], 1: []}
    for page in range(len(pages)):
        rows = slice(page * 6, page * 6 + 6)
        click, score = pages.clicked[rows], given.score[rows]
        if click.any():
            reciprocal[page % 2].append(1 / (1 + np.flatnonzero(click[np.argsort(-score)])[0]))
        if click.any() and not click.all():
            auc[page % 2].append(roc_auc_score(click, score))
            weight[page % 2].append(6)
    assert new.figures["gauc"].value == pytest.approx(np.mean(auc[0]))
    assert new.figures["gauc"].gap == pytest.approx(np.mean(auc[0]) - np.mean(auc[1]))
    assert loyal.figures["mrr"].value == pytest.approx(np.mean(reciprocal[1]))
    part = pages.page_of_impression % 2 == 0
    expected = roc_auc_score(pages.clicked[part], given.ctr[part])
    assert new.figures["ctr.auc"].value == pytest.approx(expected)
    bought = part & (pages.clicked == 1)
    assert new.figures["cvr.auc"].value == pytest.approx(roc_auc_score(pages.purchased[bought], given.cvr[bought]))


def test_clicked_items_of_a_slice_stand_against_the_unclicked_of_their_pages():
    pages = shop()
    given = scores(pages, np.ones(len(pages.item), bool))
    acme, bolt = SlicedPages("log", pages, given, 10).measure(of_items(pages), 0, 1)
    areas, sizes = {0: [], 1: []}, {0: [], 1: []}
    for page in range(len(pages)):
        rows = np.arange(page * 6, page * 6 + 6)
        for brand in (0, 1):
            kept = rows[(pages.clicked[rows] == 0) | (pages.item[rows] % 2 == brand)]
            if 0 < pages.clicked[kept].sum() < len(kept):
                areas[brand].append(roc_auc_score(pages.clicked[kept], given.score[kept]))
                sizes[brand].append(len(kept))
    expected = [np.average(areas[brand], weights=sizes[brand]) for brand in (0, 1)]
    assert acme.figures["gauc"].value == pytest.approx(expected[0])
    assert bolt.figures["gauc"].gap == pytest.approx(expected[1] - expected[0])
    own = pages.item % 2 == 0
    assert acme.figures["ctr.auc"].value == pytest.approx(roc_auc_score(pages.clicked[own], given.ctr[own]))


def test_judged_pairs_count_where_the_better_item_is_of_the_slice():
    pages = shop(judged=True)
    given = scores(pages, pages.item % 2 == 0)
    acme, bolt = SlicedPages("judged", pages, given, 10, 0.0).measure(of_items(pages), 0, 1)
    right, total = [0.0, 0.0], [0, 0]
    for page in range(len(pages)):
        rows = range(page * 6, page * 6 + 6)
        for better in rows:
            for worse in rows:
                if pages.relevance[better] > pages.relevance[worse]:
                    total[pages.item[better] % 2] += 1
                    right[pages.item[better] % 2] += float(given.score[better] > given.score[worse])
    assert acme.figures["judged.pair_accuracy"].value == pytest.approx(right[0] / total[0])
    assert bolt.figures["judged.pair_accuracy"].value == pytest.approx(right[1] / total[1])
    assert list(acme.figures) == ["judged.pair_accuracy"]
    whole = SlicedPages("judged", pages, given, 10, 0.0).measure(of_pages(pages), 0, 1)
    assert set(whole[0].figures) == {"judged.ndcg@10", "judged.pair_accuracy"}


@pytest.mark.parametrize("slicing", [of_items, of_pages])
def test_a_slice_that_the_model_knows_nothing_of_is_flagged_and_equal_ones_are_not(slicing):
    pages = shop()
    found = slicing(pages)
    code = found.code if found.of_items else found.code[pages.page_of_impression]
    weak, strong = SlicedPages("log", pages, scores(pages, code == 1), 10).measure(found, 200, 1)
    for metric in ("gauc", "mrr", "ndcg@10", "ctr.auc"):
        assert (weak.figures[metric].flag, strong.figures[metric].flag) == ("behind", "ahead"), metric
        figure = weak.figures[metric]
        assert figure.gap_low < figure.gap < figure.gap_high < 0
        assert figure.low < figure.value < figure.high
    alike = SlicedPages("log", pages, scores(pages, np.ones(len(code), bool)), 10).measure(found, 200, 1)
    assert [part.figures["gauc"].flag for part in alike] == ["", ""]


def test_intervals_are_those_of_resampled_queries():
    pages = shop()
    found = of_pages(pages)
    sliced = SlicedPages("log", pages, scores(pages, np.ones(len(pages.item), bool)), 10)
    (new, _) = sliced.measure(found, 80, 9)
    random, values, gaps = np.random.default_rng(9), [], []
    of_query = [np.flatnonzero(np.arange(len(pages)) % QUERIES == q) for q in range(QUERIES)]
    for _ in range(80):
        drawn = np.concatenate([of_query[q] for q in random.integers(QUERIES, size=QUERIES)])
        flat = np.concatenate([np.arange(p * 6, p * 6 + 6) for p in drawn])
        again = pages.take(drawn)
        score = {name: getattr(sliced.scores, name)[flat] for name in ("score", "ctr", "cvr", "ctcvr")}
        one, other = SlicedPages("log", again, Scores(**score), 10).measure(
            dataclasses.replace(found, code=drawn % 2), 0, 1
        )
        values.append(one.figures["gauc"].value)
        gaps.append(one.figures["gauc"].value - other.figures["gauc"].value)
    figure = new.figures["gauc"]
    assert (figure.low, figure.high) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])))
    assert (figure.gap_low, figure.gap_high) == pytest.approx(tuple(np.percentile(gaps, [2.5, 97.5])))


def test_few_queries_have_no_flag():
    pages = shop().take(np.arange(180) % QUERIES < 16)
    given = scores(pages, np.arange(len(pages.item)) < 0)
    code = np.arange(len(pages)) % 2
    given = scores(pages, code[pages.page_of_impression] == 1)
    found = dataclasses.replace(of_pages(pages), code=code)
    weak, _ = SlicedPages("log", pages, given, 10).measure(found, 200, 1)
    assert weak.figures["gauc"].gap_high < 0
    assert weak.figures["gauc"].flag == ""


@pytest.fixture
def evaluated(tmp_path):
    """The shop evaluated by a model that knows nothing of the brand bolt."""
    experiment = small_shop.experiment(
        tmp_path,
        tmp_path,
        evaluate={"bootstrap": 50, "slices": ["query_frequency", "new_items", {"by": "brand", "top": 2}]},
    )
    pages, items = shop(), small_shop.items()
    training = small_shop.pages(12)
    prepared = Prepared(tmp_path, items, None, concatenate([training, pages]), None, {}, {}, "hash")
    bolt = (items["brand"] == "bolt").to_numpy()[pages.item]
    rankers = {"model": lambda p, i: scores(p, ~bolt), "random": lambda p, i: Scores(np.zeros(len(p.item), np.float32))}
    result = evaluate(rankers, pages, None, items, experiment.evaluate, "test", 3)
    add_slices(result, experiment, prepared, pages, None)
    return result, experiment


def test_metrics_of_slices_are_flat_keys_beside_the_others(evaluated, tmp_path):
    result, _ = evaluated
    result.save(tmp_path / "run")
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test.gauc"] == result.metrics["test.gauc"]
    start = "slice.brand.bolt"
    assert metrics[f"{start}.gauc.low"] <= metrics[f"{start}.gauc"] <= metrics[f"{start}.gauc.high"]
    assert metrics[f"{start}.gauc.gap"] < metrics[f"{start}.gauc.gap.high"] < 0
    assert {f"{start}.pages", f"{start}.queries", f"{start}.mrr", "slice.brand.acme.ctr.auc"} <= set(metrics)
    assert not any(key.startswith("slice.query_frequency") for key in metrics)
    assert "slices by query_frequency: all pages of the log are unseen queries; there is no rest" in result.notes
    assert "slices by new_items: no page of the log has any" in result.notes
    flagged = next(note for note in result.notes if "clear of zero" in note)
    assert re.fullmatch(r"slices: \d+ of \d+ gaps are clear of zero; without any true gap about 1 would be", flagged)


def test_the_console_marks_what_is_behind(evaluated):
    result, _ = evaluated
    console = Console(width=140, record=True, file=io.StringIO())
    result.show(console)
    text = console.export_text()
    row = next(line for line in text.splitlines() if line.startswith("│ brand bolt"))
    assert "▼" in row
    assert "▲" in next(line for line in text.splitlines() if line.startswith("│ brand acme"))
    assert "clear of zero" in text


def test_the_report_has_a_table_and_a_forest_of_the_slices(evaluated, tmp_path):
    result, _ = evaluated
    folder = tmp_path / "run"
    result.save(folder)
    (folder / "config.yaml").write_text("name: shop\ndata: {prepared: p, items: items.csv, search_log: log.csv}\n")
    page = write_report(folder).read_text()
    section = page[page.index('<h2 id="slices">') : page.index('<h2 id="gallery-1">')]
    assert "brand bolt" in section
    assert '<span class="bad">▼' in section
    assert "GAUC, slice less the rest" in section
    assert section.count("<svg") == 1


def test_unknown_slices_are_refused_with_their_path(tmp_path):
    def refused(*slices):
        with pytest.raises(InputError) as error:
            small_shop.experiment(tmp_path, tmp_path, evaluate={"slices": list(slices)})
        return str(error.value)

    assert "evaluate.slices.1.by: 'colour' is no declared feature; known: query_frequency, " in refused(
        "brand", "colour"
    )
    assert "evaluate.slices.0.by: 'vector' is of kind embedding" in refused("vector")
    assert "evaluate.slices.0.bands: goes with a number feature" in refused({"by": "brand", "bands": 3})
    assert "evaluate.slices.0.top: goes with a categorical feature" in refused({"by": "price", "top": 3})
    assert "evaluate.slices: 'brand' is there twice" in refused("brand", {"by": "brand", "top": 3})
    assert "evaluate.slices.0.bands" in refused({"by": "price", "bands": 1})
    with pytest.raises(InputError, match=r"--slice: .*'colour' is no declared feature; known: query_frequency"):
        slices_named(["colour"], small_shop.experiment(tmp_path, tmp_path))
    judged = {"search_log": None, "judgments": "j.csv"}
    keys = {"model": {"relevance": True, "score": "relevance"}, "evaluate": {"slices": ["position"]}}
    with pytest.raises(InputError, match=r"evaluate\.slices\.0\.by: position needs a log"):
        small_shop.experiment(tmp_path, tmp_path, data=judged, **keys)


def test_a_name_stands_for_a_slice_with_its_defaults(tmp_path):
    found = small_shop.experiment(tmp_path, tmp_path, evaluate={"slices": ["brand"]}).evaluate.slices
    assert found == [SliceConfig(by="brand")]
