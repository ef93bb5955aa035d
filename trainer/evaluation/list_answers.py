"""Lists that a run's bundle would answer with, for the pages of a log."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf
from rich.console import Console
from rich.progress import Progress

from trainer.channels.folder import channels_folder
from trainer.channels.tables import read_counts
from trainer.config.lists import ListsConfig
from trainer.data.prepared import Prepared
from trainer.errors import InputError
from trainer.evaluation.list_requests import histories, list_request
from trainer.evaluation.list_views import ViewedChannels, ViewedPolicy
from trainer.evaluation.scorer import RankerScorer
from trainer.export.bundle_module import bundle_module
from trainer.export.list_signatures import ListModule
from trainer.export.signatures import RankingModule, concrete
from trainer.lists.list_policy import ListPolicy
from trainer.metrics.listed import NOTHING
from trainer.training.run import Run
from trainer.training.tables import build_tables

KINDS = ("search", "recommend", "for_user", "trending")
OF_ALL = "recommend"
"""The list that asks every channel."""
UNIONS = ("search", "recommend")
"""Lists whose channels are looked at as a union, too."""
PAGES_AT_ONCE = 32


@dataclass
class ListAnswers:
    """Lists of P pages; item rows int64 [P, C], best first, -1 pads.

    Attributes:
        shown: by kind: as the bundle would show them.
        alone: by channel: what it proposes, in its own order.
        unions: by kind of list: what its channels propose together, in the order of the fused ranks.
        varied: by name: what ``recommend`` would show by other rules.
        vectors: of the items' texts, float32 [I, D].
    """

    shown: dict[str, np.ndarray] = field(default_factory=dict)
    alone: dict[str, np.ndarray] = field(default_factory=dict)
    unions: dict[str, np.ndarray] = field(default_factory=dict)
    varied: dict[str, np.ndarray] = field(default_factory=dict)
    vectors: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))


def ask_for_lists(
    run: Run,
    prepared: Prepared,
    chosen: np.ndarray,
    depth: int,
    console: Console,
    varied: Mapping[str, ListsConfig] | None = None,
) -> ListAnswers:
    """Ask the functions that are exported.

    Args:
        run: with channels.
        prepared: its data.
        chosen: which pages of the log, int [P].
        depth: items of each channel's list.
        console: where progress is shown.
        varied: other sections ``lists`` by which ``recommend`` is shown, by name.

    Raises:
        InputError: if the run has no channels.
    """
    assert prepared.pages is not None
    items, ids = prepared.items, prepared.items["item_id"].to_numpy(object)
    pages = prepared.pages.take(chosen)
    history = histories(run.experiment, prepared.pages, ids).iloc[chosen].reset_index(drop=True)
    with (
        tempfile.TemporaryDirectory() as scratch,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("encoding the items", total=None)
        tables = build_tables(run.experiment, run.ranker, run.packers, items, pages)
        vectors = RankerScorer(run.experiment, run.ranker, run.packers).item_vectors(tables, np.arange(len(items)))
        module = bundle_module(run, items, tables, vectors, Path(scratch))
        if getattr(module, "lists", None) is None:
            raise InputError(f"{run.folder}: has no channels; run `shelfrank channels {run.folder}` first")
        answers = ListAnswers(vectors=vectors)
        for kind in KINDS:
            view = _View(run, module, items, depth, varied if kind == OF_ALL and varied else {})
            parts = []
            bar.reset(task, total=len(pages), description=kind)
            for start in range(0, len(pages), PAGES_AT_ONCE):
                rows = np.arange(start, min(start + PAGES_AT_ONCE, len(pages)))
                asked = pages.take(rows)
                request = list_request(run.experiment, run.ranker, asked, items, history.iloc[rows], kind)
                parts.append(view(kind, request))
                bar.advance(task, len(rows))
            _keep(answers, kind, parts, pd.Index(ids))
    return answers


class _View:
    """The lists of a bundle, with what goes on inside them."""

    def __init__(
        self, run: Run, module: RankingModule, items: pd.DataFrame, depth: int, varied: Mapping[str, ListsConfig]
    ) -> None:
        experiment, folder = run.experiment, channels_folder(run.folder)
        assert folder is not None
        # A module whose rules diversify holds the vectors that the varied rules need.
        held = experiment.model_copy(update={"lists": next(iter(varied.values()), experiment.lists)})
        self._channels = ViewedChannels(module.lists.channels, depth)
        self._policy = ViewedPolicy(ListPolicy(experiment.lists), varied)
        counts = read_counts(folder, items["item_id"].to_numpy(object))
        self._lists = ListModule(held, module, self._channels, items, counts)  # type: ignore[arg-type]
        self._lists.policy = self._policy  # type: ignore[assignment]
        self._call: Any = None

    def __call__(self, kind: str, request: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        given = {k: tf.constant(v.astype(object) if v.dtype.kind == "U" else v) for k, v in request.items()}
        if self._call is None:
            specs = {name: tf.TensorSpec(_any_length(value), value.dtype) for name, value in given.items()}
            self._call = concrete(lambda inputs: self._answer(kind, inputs), specs)
        return {name: value.numpy() for name, value in self._call(**given).items()}

    def _answer(self, kind: str, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        out = {"shown": self._lists(kind, inputs)["item_id"]}
        out |= {f"varied.{name}": ids for name, ids in self._policy.shown.items()}
        if kind in UNIONS:
            out["union"] = self._channels.fused
        if kind == OF_ALL:
            out |= {f"alone.{name}": rows for name, rows in self._channels.alone.items()}
        return out


def _any_length(value: tf.Tensor) -> list[int | None]:
    """Any number of pages, and of ids for each."""
    return [None, *([None] if value.dtype == tf.string else value.shape[1:])][: value.shape.rank]


def _keep(answers: ListAnswers, kind: str, parts: list[dict[str, np.ndarray]], ids: pd.Index) -> None:
    """Put what batches gave where it belongs, as rows of the items table."""
    for name in parts[0]:
        place, _, key = name.partition(".")
        rows = [_rows(part[name], ids) for part in parts]
        width = max(listed.shape[1] for listed in rows)
        padded = [np.pad(r, ((0, 0), (0, width - r.shape[1])), constant_values=NOTHING) for r in rows]
        where = {"shown": answers.shown, "union": answers.unions, "alone": answers.alone, "varied": answers.varied}
        where[place][key or kind] = np.concatenate(padded)


def _rows(listed: np.ndarray, ids: pd.Index) -> np.ndarray:
    if listed.dtype == object:
        return ids.get_indexer(pd.Index(listed.ravel().astype(str))).reshape(listed.shape)
    return np.where(listed < len(ids), listed, NOTHING).astype(np.int64)
