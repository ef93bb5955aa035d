"""The examination curve of an experiment: given, or estimated from its training pages."""

from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console

from trainer.config import CurveConfig, Experiment
from trainer.data.pages import Pages
from trainer.data.splits import normalise_query
from trainer.data.tables import read_table
from trainer.data.values import as_number
from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.debiasing.regression_em import ClickCells, regression_em
from trainer.debiasing.relevance import BoostedRelevance, RelevanceTable
from trainer.errors import InputError
from trainer.evaluation.baselines import Bm25

MOST_PAGES = 100_000
"""Pages, drawn by chance, that trees are fitted to: a curve of some dozen numbers needs no more."""
FEW_IMPRESSIONS = 5.0
"""Impressions a pair below which a table of pairs fits chance."""


def examination_of(experiment: Experiment, training: Pages, items: pd.DataFrame, console: Console) -> ExaminationCurve:
    """The curve that ``debias.curve`` asks for.

    Args:
        experiment: with a ``debias.curve``.
        training: P training pages of the log.
        items: the items table that they point into.
        console: where a doubt about the estimate is said.

    Raises:
        InputError: if the table can't be used, or no training impression has a position.
    """
    config = experiment.debias.curve
    assert config is not None
    if config.estimate is None:
        given = _given(config, int(training.position.max(initial=1)))
        return ExaminationCurve.of("given", given, training.position)
    if not ((training.position > 0) & (training.clicked == 1)).any():
        raise InputError(
            "debias.curve.estimate: no click at a known position on the training pages; give debias.curve.power"
        )
    tabled = config.estimate == "regression_em"
    examination = _by_table(training, console) if tabled else _by_trees(training, items, experiment)
    return ExaminationCurve.of(config.estimate, examination, training.position)


def _given(config: CurveConfig, deepest: int) -> np.ndarray:
    if config.power is not None:
        return np.arange(1, deepest + 1, dtype=np.float64) ** -config.power
    if config.examination is not None:
        return np.array(config.examination)
    assert config.table is not None
    return read_curve(config.table)


def read_curve(path: Path) -> np.ndarray:
    """Examination at positions 1..K from a table with the columns ``position`` and ``examination``.

    Args:
        path: CSV or Parquet.

    Returns:
        float64 [K]

    Raises:
        InputError: naming the file and what is wrong with it.
    """
    raw = read_table(path, ["position", "examination"])
    position, examination = (as_number(raw[name])[0].to_numpy(np.float64) for name in ("position", "examination"))
    order = np.argsort(position, kind="stable")
    if not len(order) or not np.array_equal(position[order], np.arange(1, len(order) + 1)):
        raise InputError(f"{path}: column 'position' must hold 1, 2, 3, ... without gaps, each once")
    outside = ~((examination > 0.0) & (examination <= 1.0))
    if outside.any():
        row = int(np.argmax(outside))
        raise InputError(
            f"{path}: column 'examination' must be above 0 and at most 1 (row {row + 1} has {examination[row]:g})"
        )
    return examination[order]


def _by_table(training: Pages, console: Console) -> np.ndarray:
    pairs = _Pairs(training)
    cells = ClickCells.of(pairs.of_impression, pairs.position, pairs.clicked)
    average = len(pairs.position) / len(pairs.query)
    if average < FEW_IMPRESSIONS:
        console.print(
            f"note: query and item pairs were shown {average:.1f} times on average, too few to tell relevance from "
            "examination one by one; debias.curve.estimate: boosted_regression_em shares what is known among them",
            soft_wrap=True,
            highlight=False,
        )
    return regression_em(cells, RelevanceTable(np.unique(pairs.query, return_inverse=True)[1]))


def _by_trees(training: Pages, items: pd.DataFrame, experiment: Experiment) -> np.ndarray:
    if len(training) > MOST_PAGES:
        chosen = np.random.default_rng(experiment.seed).choice(len(training), MOST_PAGES, replace=False)
        training = training.take(np.sort(chosen))
    pairs = _Pairs(training)
    cells = ClickCells.of(pairs.of_impression, pairs.position, pairs.clicked)
    features = pair_features(pairs.sample, items, experiment)
    return regression_em(cells, BoostedRelevance(features, experiment.seed))


def pair_features(sample: Pages, items: pd.DataFrame, experiment: Experiment) -> np.ndarray:
    """What the trees see of a query and an item: BM25, the words of both texts and the item's declared numbers.

    Args:
        sample: pages of one impression, one a pair.
        items: the items table that they point into.
        experiment: the declared features.

    Returns:
        float64 [pairs, F]
    """
    words = _word_counts(items["text"])
    numbers = [f.name for f in experiment.features.items if f.kind == "number"]
    columns = [
        Bm25()(sample, items).score,
        _word_counts(sample.table["query"]),
        words[sample.item],
        *(pd.to_numeric(items[name]).to_numpy(np.float64, na_value=np.nan)[sample.item] for name in numbers),
    ]
    return np.column_stack(columns)


def _word_counts(texts: pd.Series) -> np.ndarray:
    return texts.fillna("").str.count(r"\S+").to_numpy(np.float64)


class _Pairs:
    """Distinct pairs of query and item among the impressions whose position and click are known.

    Attributes:
        of_impression: int64 [M'], the pair of each.
        position: int [M'], 1-based.
        clicked: [M'], 0 or 1.
        query: int64 [pairs], the query of each pair.
        sample: the first impression of each pair, as a page of its own.
    """

    def __init__(self, pages: Pages) -> None:
        known = np.flatnonzero((pages.position > 0) & (pages.clicked >= 0))
        page = pages.page_of_impression[known]
        query = pd.factorize(normalise_query(pages.table["query"]))[0].astype(np.int64)[page]
        count = int(pages.item.max()) + 1
        pair, first, self.of_impression = np.unique(
            query * count + pages.item[known], return_index=True, return_inverse=True
        )
        self.query = pair // count
        self.position, self.clicked = pages.position[known], pages.clicked[known].astype(np.float64)
        flat = known[first]
        self.sample = Pages(
            table=pages.table.iloc[page[first]].reset_index(drop=True),
            offset=np.arange(len(flat) + 1, dtype=np.int64),
            item=pages.item[flat],
            position=pages.position[flat],
            clicked=pages.clicked[flat],
            purchased=pages.purchased[flat],
            relevance=pages.relevance[flat],
        )
