import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

import small_shop
from trainer.evaluation.list_console import show_lists
from trainer.evaluation.list_figures import measure_lists
from trainer.evaluation.list_pictures import draw_lists
from trainer.evaluation.list_statistics import ItemFacts
from trainer.metrics.bootstrap import unit_of_page
from trainer.metrics.ratio import Ratio

K = 3


@pytest.fixture
def pages():
    every = small_shop.pages(40)
    return every.take(np.bincount(every.page_of_impression, weights=every.clicked == 1, minlength=40) > 0)


@pytest.fixture
def lists(pages):
    random = np.random.default_rng(4)
    return {name: np.array([random.permutation(8)[:4] for _ in range(len(pages))]) for name in ("search", "text")}


@pytest.fixture
def facts():
    clicks = np.array([9.0, 4, 2, 1, 0, 0, 3, 0])
    return ItemFacts(clicks, clicks == 0, np.random.default_rng(1).normal(size=(8, 3)))


def hits(pages, listed):
    """By page, in plain Python."""
    found = []
    for page in range(len(pages)):
        rows = slice(pages.offset[page], pages.offset[page + 1])
        clicked = set(pages.item[rows][pages.clicked[rows] == 1].tolist())
        found.append(bool(clicked & set(listed[page][:K].tolist())))
    return np.array(found, float)


def test_differences_and_their_intervals_are_those_of_the_same_resampled_queries(pages, lists, facts):
    found = measure_lists(lists, pages, ["search"], K, 60, 7, facts)
    one, other = (hits(pages, lists[name]) for name in ("search", "text"))
    assert found.lists["search"][f"hit_rate@{K}"] == pytest.approx(one.mean())
    units, random, drawn = unit_of_page(pages, "query"), np.random.default_rng(7), []
    for _ in range(60):
        chosen = random.integers(units.max() + 1, size=units.max() + 1)
        drawn.append(np.mean(np.concatenate([(one - other)[units == unit] for unit in chosen])))
    given = found.differences["search"]["text"][f"hit_rate@{K}"]
    assert given == pytest.approx(((one - other).mean(), *np.percentile(drawn, [2.5, 97.5])))
    assert set(found.differences) == {"search"}
    assert set(found.differences["search"]) == {"text"}


def test_the_flat_figures_name_the_list_the_metric_and_the_ends(pages, lists, facts):
    flat = measure_lists(lists, pages, ["search", "no such list"], K, 30, 7, facts).flat("test")
    keys = ("recall", "hit_rate", "ndcg", "mrr", "diversity", "novelty", "new_items")
    for key in (*(f"search.{key}@{K}" for key in keys), f"search_minus_text.recall@{K}"):
        assert flat[f"test.{key}.low"] <= flat[f"test.{key}"] <= flat[f"test.{key}.high"]
    assert 0 < flat[f"test.text.coverage@{K}"] <= 1


def test_without_resamples_there_are_no_intervals(pages, lists, facts):
    flat = measure_lists(lists, pages, ["search"], K, 0, 7, facts).flat("test")
    assert not any(key.endswith((".low", ".high")) for key in flat)


def test_statistics_from_elsewhere_are_measured_with_the_rest(pages, lists, facts):
    gain = np.linspace(0, 1, len(pages))
    more = {
        name: {"truth.ndcg@10": Ratio(gain * share, np.ones(len(pages)))}
        for name, share in {"search": 1, "text": 0.5}.items()
    }
    found = measure_lists(lists, pages, ["search"], K, 30, 7, facts, more)
    assert found.lists["text"]["truth.ndcg@10"] == pytest.approx(0.25)
    assert found.differences["search"]["text"]["truth.ndcg@10"].difference == pytest.approx(0.25)


def test_console_and_picture_show_every_list(pages, lists, facts, tmp_path):
    more = {name: {"truth.ndcg@10": Ratio(np.ones(len(pages)), np.ones(len(pages)))} for name in lists}
    found = measure_lists(lists, pages, ["search"], K, 30, 7, facts, more)
    written = io.StringIO()
    show_lists(dataclasses.replace(found, notes=["look here"]), "test", Console(file=written, width=100))
    shown = written.getvalue()
    for words in ("recall", "NDCG", "true NDCG", "coverage", "search", "text", "column minus row", "note: look here"):
        assert words in shown
    assert f"{found.lists['text'][f'recall@{K}']:.4f}" in shown
    svg = draw_lists(found, "test", tmp_path / "lists" / "test.svg").read_text()
    for words in ("search", "text", "recall@3", "truth.ndcg@10"):
        assert words in svg
    assert [path.name for path in (tmp_path / "lists").iterdir()] == ["test.svg"]
