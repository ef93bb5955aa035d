"""The lists that a bundle has to give: made before it is saved, and scored by the trainer."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.data.pages import Pages
from trainer.evaluation.scorer import RankerScorer
from trainer.export.list_requests import Arrays, list_requests
from trainer.export.list_signatures import IN_CHANNEL_ORDER
from trainer.training.run import Run
from trainer.training.tables import Tables, declared_sequences, in_chunks, query_texts, sequence_rows

PAIR_BATCHES = 2
"""Batches of pages that lists are compared on where each candidate is encoded with the query."""


@dataclass(frozen=True)
class TrainerLists:
    """Requests for lists, by signature one for each batch, and what has to come back.

    Attributes:
        requests: inputs.
        answers: outputs of the functions before they were saved, text as unicode.
        scores: ``ctr``, ``cvr`` and ``ctcvr`` of the shown items by the trainer's scorer, and ``score`` where the list is
            ordered by it: float32 [P, K].
    """

    requests: dict[str, list[Arrays]]
    answers: dict[str, list[Arrays]]
    scores: dict[str, list[Arrays]]


@dataclass(frozen=True)
class ScoredPages:
    """What the trainer scores pages with.

    Attributes:
        run: of the bundle.
        scorer: of the run.
        items: the items table.
        tables: of pages and items.
        vectors: of the items, float32 [I, D].
    """

    run: Run
    scorer: RankerScorer
    items: pd.DataFrame
    tables: Tables
    vectors: np.ndarray

    def scores(self, kind: str, pages: Pages, group: np.ndarray, similar_to: np.ndarray, ids: np.ndarray) -> Arrays:
        """Scores of the items of lists.

        Args:
            kind: of the lists.
            pages: all pages.
            group: those that the lists are for, int [P].
            similar_to: the items that were asked with, str [P].
            ids: of the lists, str [P, K], ``""`` pads.

        Returns:
            float32 [P, K] by name, 0 for padding.
        """
        shown = ids != ""
        row_of = pd.Series(np.arange(len(self.items), dtype=np.int32), index=self.items["item_id"].astype(str))
        rows = row_of.reindex(ids.ravel()).fillna(0).to_numpy(np.int32)
        part, tables = pages.take(group), _of_pages(self.tables, group)
        table = part.table
        if kind == "similar_items":
            table, tables = self._asked_with_items(table, tables, similar_to)
        labels = np.full(ids.size, -1, np.int8)
        flat = Pages(
            table=table,
            offset=np.arange(len(ids) + 1, dtype=np.int64) * ids.shape[1],
            item=rows,
            position=np.zeros(ids.size, np.int32),
            clicked=labels,
            purchased=labels,
            relevance=np.full(ids.size, np.nan, np.float32),
        )
        found = self.scorer.score(flat, tables, self.vectors)
        values = {name: getattr(found, name) for name in ("score", "ctr", "cvr", "ctcvr")}
        if kind in IN_CHANNEL_ORDER:
            del values["score"]
        return {name: np.where(shown, v.reshape(ids.shape), 0.0) for name, v in values.items() if v is not None}

    def _asked_with_items(
        self, table: pd.DataFrame, tables: Tables, similar_to: np.ndarray
    ) -> tuple[pd.DataFrame, Tables]:
        """Pages whose history is an item and on which nothing was typed."""
        experiment = self.run.experiment
        table = table.assign(query="", history=pd.Series([[item] for item in similar_to], index=table.index))
        rows = pd.Series(np.arange(len(self.items), dtype=np.int32), index=self.items["item_id"].astype(str))
        histories = {
            feature.name: sequence_rows(table, feature, rows)
            for feature in declared_sequences(experiment)
            if feature.name == "history"
        }
        texts = query_texts(table, experiment).to_numpy(object)
        changed = dataclasses.replace(
            tables, query_tokens=in_chunks(self.run.packers["query"], texts), sequences=tables.sequences | histories
        )
        return table, changed


def trainer_lists(
    functions: Mapping[str, Any],
    scored: ScoredPages,
    pages: Pages,
    groups: Sequence[np.ndarray],
    requests: Sequence[Arrays],
    categories: Sequence[str],
) -> TrainerLists:
    """Make lists with the functions that are going to be saved.

    Args:
        functions: by signature.
        scored: what the trainer scores with.
        pages: of which lists are made.
        groups: of these pages, one a batch.
        requests: for ``rank``, of these groups.
        categories: that ``trending`` is asked for, in turn.
    """
    found = TrainerLists({}, {}, {})
    experiment = scored.run.experiment
    most = PAIR_BATCHES if scored.run.ranker.interaction.needs_pairs else len(groups)
    for group, request in zip(groups[:most], requests[:most], strict=True):
        names = pages.table["request_id"].to_numpy(object)[group]
        for kind, inputs in list_requests(experiment, request, names.astype(str), categories).items():
            answer = _answered(functions[kind], inputs)
            found.requests.setdefault(kind, []).append(inputs)
            found.answers.setdefault(kind, []).append(answer)
            scores = scored.scores(kind, pages, group, request["item_id"][:, 0], answer["item_id"])
            found.scores.setdefault(kind, []).append(scores)
    return found


def _answered(function: Any, inputs: Arrays) -> Arrays:
    given = {k: tf.constant(v.astype(object) if v.dtype.kind == "U" else v) for k, v in inputs.items()}
    outputs = {name: value.numpy() for name, value in function(**given).items()}
    return {name: np.char.decode(v.astype("S"), "utf-8") if v.dtype == object else v for name, v in outputs.items()}


def _of_pages(tables: Tables, chosen: np.ndarray) -> Tables:
    """The tables of some pages, each with its query's tokens in a row of its own."""

    def cut(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: values[chosen] for name, values in columns.items()}

    return dataclasses.replace(
        tables,
        query_tokens=tables.query_tokens[tables.query_of_page[chosen]],
        query_of_page=np.arange(len(chosen)),
        user_features=cut(tables.user_features),
        context_features=cut(tables.context_features),
        sequences=cut(tables.sequences),
    )
