import numpy as np
import pandas as pd
import pytest

import small_shop
from trainer.evaluation.baselines import Bm25
from trainer.evaluation.bm25_lists import bm25_lists

QUERIES = ["red lamp", "Drill  bit", "oak", "xylophone", "", "red lamp"]


def test_lists_are_the_items_in_the_order_of_the_ranker_without_those_that_share_no_word():
    items = small_shop.items()
    pages = small_shop.pages(1)
    every = np.arange(len(items))
    for row, query in zip(bm25_lists(pd.Series(QUERIES), items["text"], 5), QUERIES, strict=True):
        table = pages.table.assign(query=query.lower())
        asked = type(pages)(**{**vars(pages), "table": table, "item": every, "offset": np.array([0, len(every)])})
        score = Bm25()(asked, items).score
        found = row[row >= 0]
        assert len(found) == min((score > 0).sum(), 5)
        assert score[found].tolist() == pytest.approx(sorted(score[score > 0], reverse=True)[:5])


def test_no_text_and_no_pages_give_empty_lists():
    assert (bm25_lists(pd.Series(QUERIES), pd.Series(["", ""]), 3) == -1).all()
    assert bm25_lists(pd.Series([], dtype="str"), pd.Series(["lamp"]), 3).shape == (0, 3)
