"""Hard negatives: best matches by BM25 that the query's pages do not hold."""

import numpy as np
import pandas as pd

from trainer.config import NegativesConfig
from trainer.data.hard_negatives import hard_negatives
from trainer.data.negatives import Shortfall, add_negatives
from trainer.data.pages import Pages

TEXTS = pd.Series(
    ["red oak table", "red lamp", "lamp", "drill", "red red table lamp", "steel kettle", "blue oak table", None]
)


def clicks(rows: list[tuple[str, list[int], str]]) -> Pages:
    sizes = [len(items) for _, items, _ in rows]
    total = sum(sizes)
    return Pages(
        table=pd.DataFrame({"query": [q for q, _, _ in rows], "split": [s for _, _, s in rows]}),
        offset=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        item=np.concatenate([items for _, items, _ in rows]).astype(np.int32),
        position=np.zeros(total, np.int32),
        clicked=np.ones(total, np.int8),
        purchased=np.zeros(total, np.int8),
        relevance=np.full(total, np.nan, np.float32),
    )


def test_matches_come_best_first_without_what_the_query_was_clicked_for() -> None:
    pages = clicks([("Red  lamp", [1], "train"), ("kettle", [3], "train"), ("red lamp", [2], "train")])
    page, item = hard_negatives(pages, TEXTS, np.array([5, 5, 1]))
    # Of the four texts with a word of "red lamp" two were clicked for it; item 4 holds both words.
    assert list(zip(page, item, strict=True)) == [(0, 4), (0, 0), (1, 5), (2, 4)]


def test_queries_of_unknown_words_and_none_get_nothing() -> None:
    pages = clicks([("zzz", [1], "train"), ("", [2], "train"), ("drill", [2], "train")])
    page, item = hard_negatives(pages, TEXTS, np.array([2, 2, 2]))
    assert (page.tolist(), item.tolist()) == ([2], [3])


def test_training_pages_alone_get_them_beside_the_sampled_ones() -> None:
    pages = clicks([("red lamp", [1], "train"), ("red lamp", [1], "test")])
    config = NegativesConfig(per_click=2, hard=2)
    out = add_negatives(pages, len(TEXTS), config, 50, 1, TEXTS)
    assert out.sizes.tolist() == [5, 3]
    assert set(out.item[1:3]) <= {0, 2, 4}
    assert out.clicked.tolist() == [1, 0, 0, 0, 0, 1, 0, 0]
    assert len(set(out.item[:5])) == 5
    plain = add_negatives(pages, len(TEXTS), NegativesConfig(per_click=2), 50, 1)
    np.testing.assert_array_equal(out.split("test").item, plain.split("test").item)
    assert Shortfall.of(pages, out, config) == Shortfall(wanted=6, drawn=6)


def test_hard_negatives_leave_no_page_longer_than_allowed() -> None:
    pages = clicks([("red lamp", [1, 3], "train")])
    out = add_negatives(pages, len(TEXTS), NegativesConfig(per_click=9, hard=2), 4, 1, TEXTS)
    assert out.sizes.tolist() == [4]
    assert sorted(out.item[2:].tolist()) == [2, 4] or sorted(out.item[2:].tolist()) == [0, 4]
