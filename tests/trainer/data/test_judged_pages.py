"""Judgments as pages."""

import numpy as np
import pandas as pd

from trainer.config import FeatureConfig
from trainer.data.judged_pages import build_judged_pages

FEATURES = [FeatureConfig(name="age", kind="number"), FeatureConfig(name="history", kind="sequence")]
IDS = pd.Series([f"i{n}" for n in range(20)])


def judgments() -> pd.DataFrame:
    rows = [("long", f"i{n}", n, "train") for n in range(20)]
    rows += [("short", "i3", 2, "train"), ("tested", "i5", 1, "test")]
    rows += [("short", "i4", 1, "train"), *(("tested", f"i{n}", n, "test") for n in range(6, 20))]
    return pd.DataFrame(rows, columns=["query", "item_id", "relevance", "split"])


def test_every_judgment_is_on_one_page_of_its_query() -> None:
    pages = build_judged_pages(judgments(), IDS, FEATURES, 8, seed=1)
    assert pages.table["query"].tolist() == ["long", "long", "long", "short", "tested"]
    assert pages.sizes.tolist() == [7, 7, 6, 2, 15]
    found = {
        (query, f"i{item}", grade)
        for query, item, grade in zip(
            pages.table["query"].to_numpy()[pages.page_of_impression], pages.item, pages.relevance, strict=True
        )
    }
    assert found == set(judgments()[["query", "item_id", "relevance"]].itertuples(index=False, name=None))


def test_training_pages_are_parted_by_chance_and_the_seed() -> None:
    first, again, other = (build_judged_pages(judgments(), IDS, [], 8, seed=s).item for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first[:7].tolist() != other[:7].tolist()
    assert sorted(first[:20].tolist()) == list(range(20))


def test_nothing_is_known_of_clicks_positions_and_people() -> None:
    pages = build_judged_pages(judgments(), IDS, FEATURES, 50, seed=1)
    assert set(pages.clicked) == {-1}
    assert set(pages.purchased) == {-1}
    assert set(pages.position) == {0}
    assert pages.table["request_id"].tolist() == ["judged:0", "judged:1", "judged:2"]
    assert pages.table["user_id"].tolist() == [""] * 3
    assert pages.table["timestamp"].isna().all()
    assert pages.table["age"].isna().all()
    assert pages.table["history"].tolist() == [[], [], []]
