"""The pretrained weights: what they know before any training."""

import numpy as np
import pandas as pd
import pytest

from trainer.config import Experiment, validate_section
from trainer.data.judged_pages import build_judged_pages
from trainer.data.pages import Pages
from trainer.evaluation.scorer import RankerScorer
from trainer.metrics.page_metrics import judged_metrics
from trainer.model.build import build_ranker
from trainer.text.backbone import load_backbone
from trainer.training.run import build_packers

STATISTICS = {"features": {}, "base_rates": {"ctr": 0.1, "cvr": 0.1, "ctcvr": 0.01}, "position_shares": [1.0]}


@pytest.fixture(scope="module")
def scorer(minilm) -> RankerScorer:
    raw = {
        "name": "minilm",
        "data": {"prepared": "none", "items": "none", "search_log": "none"},
        "encoder": {"backbone": str(minilm), "item_length": 40},
    }
    experiment = validate_section(Experiment, raw, "minilm")
    backbone, tokenizer = load_backbone(str(minilm))
    ranker = build_ranker(experiment, STATISTICS, backbone, tokenizer.pad_token_id)
    return RankerScorer(experiment, ranker, build_packers(experiment, tokenizer), zero_shot=True)


def test_fitting_products_come_before_others(scorer):
    items = pd.DataFrame(
        {"item_id": ["a", "b", "c"], "text": ["oak dining chair", "18v cordless drill driver", "drill bit set"]}
    )
    pages = Pages(
        table=pd.DataFrame({"query": ["battery powered drill"], "user_id": [""]}),
        offset=np.array([0, 3]),
        item=np.arange(3, dtype=np.int32),
        position=np.zeros(3, np.int32),
        clicked=np.full(3, -1, np.int8),
        purchased=np.full(3, -1, np.int8),
        relevance=np.array([0, 2, 1], np.float32),
    )
    assert np.argsort(-scorer(pages, items).score).tolist() == [1, 2, 0]


def test_the_zero_shot_figure_of_real_judgments_is_reproduced(scorer, shared_data):
    """Measured apart with another framework: pair accuracy 0.681 over all queries of this source, 0.503 for chance."""
    table = pd.read_csv(shared_data / "multi_shop" / "judgments.csv.gz", dtype={"item_id": str})
    table = table[table["query"].isin(sorted(table["query"].unique())[::12])].assign(split="test")
    items = table.drop_duplicates("item_id").reset_index(drop=True)
    items = items.assign(text=items["title"].fillna("") + " " + items["description"].fillna(""))
    pages = build_judged_pages(table, items["item_id"], [], 1000, 1)
    assert judged_metrics(pages, scorer(pages, items), "judged", 10)["judged.pair_accuracy"] == pytest.approx(
        0.68, abs=0.05
    )
