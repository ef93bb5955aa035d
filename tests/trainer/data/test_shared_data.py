"""Real tables."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trainer.config import Experiment
from trainer.data.prepared import prepare

SHARED = Path(os.environ.get("SHELFRANK_DATA", Path(__file__).parents[3] / "../shared/data"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data (or SHELFRANK_DATA)")


@needs_shared
def test_real_judgments_are_prepared_whole(tmp_path: Path) -> None:
    given = pd.read_csv(SHARED / "multi_shop/judgments.csv.gz", dtype={"item_id": str})
    given.drop_duplicates("item_id").to_parquet(tmp_path / "items.parquet")
    given.to_parquet(tmp_path / "judgments.parquet")
    paths = {name: str(tmp_path / f"{name}.parquet") for name in ("items", "judgments")}
    data = {"prepared": str(tmp_path / "out"), **paths, "text": ["title", "description"], "max_rejected_share": 0.1}
    model = {"relevance": True, "score": "relevance"}
    experiment = Experiment.model_validate({"name": "real", "data": data, "model": model})
    prepared = prepare(experiment, progress=False)
    assert prepared.judged is not None
    rejected = sum(prepared.summary["rejected"]["rows"].values())
    assert len(prepared.judged.item) == len(given) - rejected
    assert prepared.judged.table["query"].nunique() == given["query"].nunique() == 197


@needs_shared
def test_real_clicks_are_prepared_with_negatives(tmp_path: Path) -> None:
    clicks = pd.read_csv(SHARED / "game_store_clicks/clicks.csv.gz", dtype=str, keep_default_na=False)
    names = {"user": "user_id", "sku": "item_id", "query_time": "timestamp"}
    keys = ["user", "query", "query_time"]
    log = clicks.assign(request_id=clicks.groupby(keys).ngroup(), clicked=1, purchased=0).rename(columns=names)
    log.to_csv(tmp_path / "search_log.csv.gz", index=False)
    items = pd.read_csv(SHARED / "game_store_clicks/items.csv", dtype=str)
    items.rename(columns={"sku": "item_id", "name": "title"}).to_csv(tmp_path / "items.csv", index=False)
    data = {"prepared": str(tmp_path / "out"), "items": str(tmp_path / "items.csv"), "log": "clicks"}
    data |= {"search_log": str(tmp_path / "search_log.csv.gz"), "max_rejected_share": 0.02}
    features = {"users": [{"name": "history", "kind": "sequence"}]}
    prepared = prepare(Experiment.model_validate({"name": "real", "data": data, "features": features}), progress=False)
    pages = prepared.pages
    assert pages is not None
    reasons = prepared.summary["rejected"]["reasons"]["search_log"]
    assert set(reasons) == {"item_id is not in items"}
    assert (pages.clicked == 1).sum() == len(clicks) - prepared.summary["rejected"]["rows"]["search_log"]
    expected = np.minimum(16 * np.bincount(pages.page_of_impression, weights=pages.clicked), 50)
    np.testing.assert_array_equal(pages.sizes, expected)
