"""Real clicks: what the towers find against BM25 and against remembering the query."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from rich.console import Console

from tools.datasets.click_log import import_click_log
from trainer.config import load_experiment
from trainer.data.pages import Pages
from trainer.data.prepared import prepare
from trainer.data.splits import normalise_query
from trainer.evaluation.bm25_lists import bm25_lists
from trainer.evaluation.scorer import RankerScorer
from trainer.metrics.recall import recall
from trainer.model.build import build_ranker
from trainer.retrieval.artefact import read_item_vectors
from trainer.retrieval.brute_force import BruteForce
from trainer.retrieval.two_tower import train_towers
from trainer.text.backbone import load_backbone
from trainer.training.run import Run, build_packers
from trainer.training.tables import build_tables

ROOT = Path(__file__).parents[3]
K = 20


def remembered(training: Pages, pages: Pages, rest: np.ndarray) -> np.ndarray:
    """The items clicked most after the same query, then others."""
    clicks = training.clicked == 1
    query = normalise_query(training.table["query"]).to_numpy(object)[training.page_of_impression[clicks]]
    counts = pd.Series(1, index=[query, training.item[clicks]]).groupby(level=[0, 1]).sum()
    best = counts.sort_values(ascending=False, kind="stable").reset_index(level=1).iloc[:, 0].groupby(level=0).agg(list)
    lists = best.reindex(normalise_query(pages.table["query"])).tolist()
    joined = [
        list(dict.fromkeys([*(found if isinstance(found, list) else []), *others[others >= 0].tolist()]))[:K]
        for found, others in zip(lists, rest, strict=True)
    ]
    return np.array([found + [-1] * (K - len(found)) for found in joined])


def test_the_towers_find_more_clicked_items_than_bm25_and_than_remembering_the_query(shared_data, minilm, tmp_path):
    source = shared_data / "game_store_clicks"
    if not source.is_dir():
        pytest.skip(f"no data at {source}")
    import_click_log(source, tmp_path / "tables")
    experiment = load_experiment(
        ROOT / "configs" / "game_store.yaml",
        [
            f"data.prepared={tmp_path / 'prepared'}",
            f"data.items={tmp_path / 'tables' / 'items.parquet'}",
            f"data.search_log={tmp_path / 'tables' / 'search_log.parquet'}",
            f"encoder.backbone={minilm}",
        ],
    )
    prepared = prepare(experiment, Console(file=io.StringIO()))
    backbone, tokenizer = load_backbone(experiment.encoder.backbone)
    ranker = build_ranker(experiment, prepared.statistics, backbone, tokenizer.pad_token_id)
    run = Run(tmp_path, experiment, prepared.statistics, ranker, build_packers(experiment, tokenizer))
    train_towers(run, prepared, tmp_path / "two_tower", Console(file=io.StringIO()))

    assert prepared.pages is not None
    pages, items = prepared.pages.split("test"), prepared.items
    tables = build_tables(experiment, ranker, run.packers, items, pages)
    queries = RankerScorer(experiment, ranker, run.packers).vectors(tables.query_tokens, tables.pad)
    tower = tf.saved_model.load(str(tmp_path / "two_tower" / "query_tower"))
    vectors = tower.vectors(
        query_vector=tf.constant(queries[tables.query_of_page]),
        user_id=tf.fill([len(pages)], ""),
        history=tf.fill([len(pages), 0], ""),
    )
    ids, item_vectors = read_item_vectors(tmp_path / "two_tower" / "items.parquet")
    assert list(ids) == items["item_id"].tolist()
    by_words = bm25_lists(pages.table["query"], items["text"], K)
    lists = {
        "towers": BruteForce(item_vectors)(vectors, K)[0].numpy(),
        "BM25": by_words,
        "memory": remembered(prepared.pages.split("train"), pages, by_words),
    }
    clicked = np.flatnonzero(pages.clicked == 1)
    offset = np.searchsorted(clicked, pages.offset)
    found = {name: recall(rows, pages.item[clicked], offset, K) for name, rows in lists.items()}
    figures = {name: ratio.value() for name, ratio in found.items()}
    assert figures["towers"] > figures["memory"] + 0.01
    assert figures["memory"] > figures["BM25"] > 0.7
