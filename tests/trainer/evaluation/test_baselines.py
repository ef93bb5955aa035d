import dataclasses
from math import log

import numpy as np
import pandas as pd
import pytest

import small_shop
from trainer.evaluation.baselines import Bm25, Popularity, baselines, logged_order, random_order
from trainer.metrics.page_metrics import page_metrics


@pytest.fixture
def items():
    return small_shop.items()


@pytest.fixture
def pages():
    return small_shop.pages(30)


def asking(pages, queries):
    return dataclasses.replace(pages, table=pages.table.assign(query=queries))


def test_random_order_gives_the_mean_of_many_random_orders(pages, items):
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(400):
        scores = dataclasses.replace(random_order(pages, items), score=random.random(len(pages.item)))
        drawn.append(page_metrics(pages, scores, "test", 3))
    found = page_metrics(pages, random_order(pages, items), "test", 3)
    assert found == pytest.approx(pd.DataFrame(drawn).mean().to_dict(), abs=0.01)
    assert found["test.gauc"] == pytest.approx(0.5)


def test_the_logged_order_is_that_of_the_positions_and_unknown_without_them(pages, items):
    position = pages.position.copy()
    position[:3] = 0
    score = logged_order(dataclasses.replace(pages, position=position), items).score
    assert np.isnan(score[:3]).all()
    assert (np.argsort(-score[3:], kind="stable") == np.argsort(position[3:], kind="stable")).all()


def test_popularity_is_the_smoothed_click_rate_of_the_item(pages, items):
    found = Popularity(pages, items, "impressions")(pages, items).score
    rate = pages.clicked.mean()
    for row in range(len(items)):
        mine = pages.item == row
        expected = (pages.clicked[mine].sum() + 20 * rate) / (mine.sum() + 20)
        assert found[mine] == pytest.approx(expected)


def test_popularity_in_a_log_of_clicks_is_their_number(pages, items):
    found = Popularity(pages, items, "clicks")(pages, items).score
    for row in range(len(items)):
        assert found[pages.item == row] == pytest.approx(pages.clicked[pages.item == row].sum())


def test_popularity_knows_items_by_id_and_not_by_row(pages, items):
    ranker = Popularity(pages, items, "clicks")
    expected = ranker(pages, items).score
    other = pd.concat([pd.DataFrame({"item_id": ["new"], "text": ["new lamp"]}), items], ignore_index=True)
    moved = dataclasses.replace(pages, item=pages.item + 1)
    assert ranker(moved, other).score == pytest.approx(expected)
    assert (ranker(dataclasses.replace(pages, item=np.zeros_like(pages.item)), other).score == 0).all()


def test_bm25_by_hand(pages, items):
    # Lucene's variant: idf * tf / (tf + k1 * (1 - b + b * length / mean length)), k1 = 1.5, b = 0.75.
    texts = [text.split() for text in items["text"]]
    mean = np.mean([len(text) for text in texts])

    def expected(query, text):
        total = 0.0
        for word in query.split():
            holds = sum(word in other for other in texts)
            idf = log(1 + (len(texts) - holds + 0.5) / (holds + 0.5))
            tf = text.count(word)
            total += idf * tf / (tf + 1.5 * (0.25 + 0.75 * len(text) / mean))
        return total

    queries = ["red lamp", "drill bit", "Lamp", "led light"]
    pages = asking(pages, [queries[n % 4] for n in range(len(pages))])
    found = Bm25()(pages, items).score
    query = pages.table["query"].to_numpy()[pages.page_of_impression]
    wanted = [expected(q.lower(), texts[row]) for q, row in zip(query, pages.item, strict=True)]
    assert found == pytest.approx(wanted, abs=1e-5)
    assert found.max() > 0


def test_bm25_reads_chinese_by_character(pages, items):
    items = items.assign(text=["红色台灯", "蓝色台灯", "电钻", "钻头", "橡木椅子", "水壶", "", "灯泡"])
    pages = asking(pages, ["台灯"] * len(pages))
    found = pd.Series(Bm25()(pages, items).score).groupby(items["item_id"].to_numpy()[pages.item]).first()
    assert set(found.nlargest(2).index) == {"i0", "i1"}
    assert found["i7"] > 0 == found["i5"]


@pytest.mark.parametrize("query", ["", "xylophone", "?!"])
def test_bm25_has_no_preference_where_no_word_matches(query, pages, items):
    assert (Bm25()(asking(pages, [query] * len(pages)), items).score == 0).all()


def test_bm25_stands_items_without_any_text(pages, items):
    assert (Bm25()(pages, items.assign(text="")).score == 0).all()


def test_without_a_log_nothing_is_popular(pages, items):
    assert list(baselines(None, items, "impressions")) == ["BM25", "logged order", "random"]
    assert "popularity" in baselines(pages, items, "impressions")
