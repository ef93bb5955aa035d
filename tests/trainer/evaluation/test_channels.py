import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

import small_shop
from trainer.errors import InputError
from trainer.evaluation.channel_console import show_channels
from trainer.evaluation.channels import evaluate_channels
from trainer.evaluation.list_statistics import ItemFacts
from trainer.metrics.bootstrap import unit_of_page

K = 3


@pytest.fixture
def pages():
    return small_shop.pages(40)


@pytest.fixture
def channels(pages):
    random = np.random.default_rng(4)
    return {
        "memory": np.array([random.permutation(8)[:4] for _ in range(len(pages))]),
        "text": np.array([random.permutation(8)[:2] for _ in range(len(pages))]),
    }


@pytest.fixture
def facts():
    clicks = np.array([9.0, 4, 2, 1, 0, 0, 3, 0])
    return ItemFacts(clicks, clicks == 0, np.random.default_rng(1).normal(size=(8, 3)))


def clicked_of(pages, page):
    rows = slice(pages.offset[page], pages.offset[page + 1])
    return set(pages.item[rows][pages.clicked[rows] == 1].tolist())


def recalls(pages, listed):
    """By page, in plain Python; None without a click."""
    found = []
    for page in range(len(pages)):
        clicked = clicked_of(pages, page)
        found.append(len(clicked & set(listed[page][:K].tolist())) / len(clicked) if clicked else None)
    return found


def test_recall_of_each_channel_and_baseline_counts_the_pages_with_a_click(pages, channels):
    found = evaluate_channels({"text": channels["text"]}, pages, {}, K, 0, 1, {"memory": channels["memory"]})
    for name, listed in channels.items():
        values = [value for value in recalls(pages, listed) if value is not None]
        assert found.lists[name][f"recall@{K}"] == pytest.approx(np.mean(values))
        assert found.pages == len(values)
        hits = [bool(value) for value in values]
        assert found.lists[name][f"hit_rate@{K}"] == pytest.approx(np.mean(hits))
    assert list(found.lists) == ["text", "memory"]
    assert found.baselines == ("memory",)
    assert found.differences == {}


def test_the_union_takes_each_quota_in_its_order_and_is_cut_at_k(pages, channels):
    found = evaluate_channels(channels, pages, {"text": 1, "memory": 2}, K, 0, 1)
    union = []
    for memory, text in zip(channels["memory"].tolist(), channels["text"].tolist(), strict=True):
        union.append(text[:1] + [i for i in memory if i != text[0]][:2])
    expected = np.mean([value for value in recalls(pages, np.array(union)) if value is not None])
    assert found.lists["union"][f"recall@{K}"] == pytest.approx(expected)
    assert found.quotas == {"text": 1, "memory": 2}
    ahead = found.differences["memory"][f"recall@{K}"]
    assert ahead.difference == pytest.approx(expected - found.lists["memory"][f"recall@{K}"])


def test_intervals_are_those_of_resampled_queries(pages, channels):
    found = evaluate_channels(channels, pages, {"text": 1}, K, 80, 7)
    value = np.array([np.nan if v is None else v for v in recalls(pages, channels["memory"])])
    part, value = pages.take(~np.isnan(value)), value[~np.isnan(value)]
    units = unit_of_page(part, "query")
    random, drawn = np.random.default_rng(7), []
    for _ in range(80):
        chosen = random.integers(units.max() + 1, size=units.max() + 1)
        drawn.append(np.mean(np.concatenate([value[units == unit] for unit in chosen])))
    low, high = np.percentile(drawn, [2.5, 97.5])
    metrics = found.lists["memory"]
    assert (metrics[f"recall@{K}.low"], metrics[f"recall@{K}.high"]) == pytest.approx((low, high))
    ends = found.differences["memory"][f"recall@{K}"]
    assert ends.low is not None
    assert ends.low <= ends.difference <= ends.high


def test_facts_of_the_items_give_coverage_novelty_new_items_and_diversity(pages, channels, facts):
    names = {f"{n}@{K}" for n in ("coverage", "novelty", "new_items", "diversity")}
    with_facts = evaluate_channels(channels, pages, {"text": 1}, K, 0, 1, facts=facts)
    without = evaluate_channels(channels, pages, {"text": 1}, K, 0, 1)
    assert all(set(metrics) >= names for metrics in with_facts.lists.values())
    assert not any(set(metrics) & names for metrics in without.lists.values())
    assert 0 < with_facts.lists["text"][f"new_items@{K}"] < 1


def test_an_item_is_new_when_no_training_page_showed_it_whatever_negatives_were_sampled(pages):
    sampled = pages.item == 3
    position, clicked = np.where(sampled, 0, pages.position), np.where(sampled, 0, pages.clicked).astype(np.int8)
    training = dataclasses.replace(pages, position=position, clicked=clicked)
    found = ItemFacts.of(training, 9)
    assert np.flatnonzero(found.new).tolist() == [3, 8]
    assert found.clicks[0] == ((pages.item == 0) & (pages.clicked == 1)).sum()


def test_pages_without_any_click_are_refused(pages, channels):
    unclicked = dataclasses.replace(pages, clicked=np.zeros_like(pages.clicked))
    with pytest.raises(InputError, match="no page of the split has a click; choose another split"):
        evaluate_channels(channels, unclicked, {}, K, 0, 1)


def test_lists_of_other_pages_are_an_error(pages, channels):
    with pytest.raises(ValueError, match=r"channel 'text': lists of shape \(39, 2\) for 40 pages"):
        evaluate_channels({"text": channels["text"][1:]}, pages, {}, K, 0, 1)


def test_the_console_shows_every_list_with_its_interval_and_the_order_of_the_union(pages, channels, facts):
    written = io.StringIO()
    found = evaluate_channels(
        {"text": channels["text"]}, pages, {"text": 2}, K, 50, 1, {"memory": channels["memory"]}, facts
    )
    show_channels(found, Console(file=written, width=220))
    shown = written.getvalue()
    for words in ("recall@3", "hit rate@3", "diversity@3", "new items@3", "coverage@3", "baseline", "union: 2 of text"):
        assert words in shown
    metrics = found.lists["memory"]
    assert f"{metrics['recall@3']:.4f}" in shown
    assert f"{metrics['recall@3.low']:.3f} to {metrics['recall@3.high']:.3f}" in shown
