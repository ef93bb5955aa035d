"""Run folders with drawn scores, for tests of the report."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from trainer.evaluation.evaluation import Evaluation
from trainer.metrics.bootstrap import Difference

CONFIG = """
name: kettles
data: {prepared: p, items: items.csv, search_log: log.csv}
"""
QUERIES = ["kettle", "<script>alert(1)</script>", "lampe für küche", "电动 螺丝刀"]
BASELINES = ("zero-shot", "BM25", "logged order", "random")


def scores(pages: int = 40, items: int = 6, seed: int = 1, source: str = "log") -> pd.DataFrame:
    random = np.random.default_rng(seed)
    total = pages * items
    page = np.repeat(np.arange(pages), items)
    ctr = random.uniform(0.02, 0.6, total)
    clicked = (random.random(total) < ctr).astype(np.int8)
    purchased = (clicked * (random.random(total) < 0.4)).astype(np.int8)
    log = source == "log"
    # The first query is the most frequent, the last the rarest.
    query = np.array(QUERIES)[np.minimum(random.geometric(0.5, pages) - 1, len(QUERIES) - 1)]
    table = {
        "source": source,
        "page": page.astype(np.int32),
        "request_id": [f"r{n}" for n in page],
        "query": query[page],
        "item_id": [f"i{n}" for n in range(total)],
        "text": [f"item <b>{n}</b>" for n in range(total)],
        "position": (np.tile(np.arange(1, items + 1), pages) if log else np.zeros(total)).astype(np.int32),
        "clicked": clicked if log else np.full(total, -1, np.int8),
        "purchased": purchased if log else np.full(total, -1, np.int8),
        "relevance": np.full(total, np.nan) if log else random.integers(0, 4, total).astype(np.float32),
        "score": ctr * 0.3,
        "ctr": ctr,
        "cvr": np.full(total, 0.3),
        "ctcvr": ctr * 0.3,
    }
    for number, name in enumerate(BASELINES):
        table[f"score.{name}"] = random.normal(size=total) + ctr * (3 - number)
    table["score.random"] = np.zeros(total)
    if not log:
        table["score.logged order"] = np.full(total, np.nan)
    return pd.DataFrame(table)


def evaluation(table: pd.DataFrame, name: str = "test.gauc") -> Evaluation:
    rankers = {
        "model": {name: 0.7, f"{name}.low": 0.65, f"{name}.high": 0.75, "test.ctr.ece": 0.0123},
        "zero-shot": {name: 0.68, f"{name}.low": 0.6, f"{name}.high": 0.72},
        "BM25": {name: 0.6, f"{name}.low": 0.55, f"{name}.high": 0.64},
        "logged order": {name: 0.8},
        "random": {name: 0.5},
    }
    differences = {
        "zero-shot": {name: Difference(0.02, -0.01, 0.05)},
        "BM25": {name: Difference(0.1, 0.05, 0.15)},
        "logged order": {name: Difference(-0.1, -0.2, -0.05)},
        "random": {name: Difference(0.2, 0.1, 0.3)},
    }
    counts = {"log": {"pages": 40, "queries": 4, "impressions": len(table)}}
    return Evaluation("test", 10, rankers, differences, ["one page was left out"], counts, table)


def evaluated_run(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    training = [
        {"step": s, "loss": 1 / s, "ctr_pointwise": 0.5 / s, "gradient_norm": 2.0, "learning_rate": 1e-5 / s}
        for s in range(10, 400, 10)
    ]
    validation = [{"step": s, "valid.gauc": 0.5 + s / 1000} for s in (0, 200, 390)]
    (folder / "history.json").write_text(json.dumps(training + validation))
    (folder / "finished.json").write_text(json.dumps({"steps": 390, "best": {"step": 200}, "data_hash": "abc"}))
    both = pd.concat([scores(), scores(12, 8, 2, "judged")], ignore_index=True)
    evaluation(both).save(folder)
    return folder
