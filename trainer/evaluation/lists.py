"""Evaluation of the lists of a run: what its bundle would show, beside each channel and what there is to beat."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from trainer.channels.folder import channels_folder
from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.data.prepared import Prepared, ensure_prepared
from trainer.errors import InputError
from trainer.evaluation.bm25_lists import bm25_lists
from trainer.evaluation.list_answers import ListAnswers, ask_for_lists
from trainer.evaluation.list_figures import ListFigures, measure_lists
from trainer.evaluation.list_statistics import ItemFacts, list_statistics
from trainer.evaluation.list_sweep import TradeOff, swept_rules, trade_off
from trainer.evaluation.list_truth import Attraction, true_list_ndcg
from trainer.evaluation.union_lists import union_lists
from trainer.training.run import load_run
from trainer.written import write_text

FOLDER = "lists"
TRUTH_K = 10
BM25, MEMORY = "bm25", "memory_then_bm25"
COMPARED = ("search", "recommend", "union.search", "union.recommend")
Judge = Callable[[Experiment, Prepared], Attraction | None]


@dataclass(frozen=True)
class ListEvaluation:
    """Figures of the lists of a run on a split.

    Attributes:
        split: which.
        figures: of every list.
        trade_off: of diversity, where it was swept.
    """

    split: str
    figures: ListFigures
    trade_off: TradeOff | None = None

    def save(self, folder: Path) -> Path:
        """Write ``<split>.json``: all figures by name; returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        flat: dict[str, float] = {"pages": self.figures.pages, "queries": self.figures.queries}
        flat |= self.figures.flat(self.split)
        if self.trade_off is not None:
            flat |= self.trade_off.flat(f"{self.split}.diversity")
        path = folder / f"{self.split}.json"
        write_text(path, json.dumps(flat, indent=2, allow_nan=False) + "\n")
        return path


def evaluate_lists(
    folder: Path,
    split: str,
    k: int,
    console: Console,
    overrides: Sequence[str] = (),
    judge: Judge | None = None,
    sweep: tuple[str, Sequence[float]] | None = None,
) -> ListEvaluation:
    """Ask a run for the lists of a split's pages with a click, and measure them.

    Args:
        folder: what ``shelfrank train`` wrote, with channels.
        split: ``train``, ``valid`` or ``test``.
        k: places that count.
        console: where progress is shown.
        overrides: of ``channels``, ``lists`` and ``evaluate``, ``key=value``.
        judge: gives the hidden attraction of a simulated log; None where there is none.
        sweep: method and weights of diversity that are tried on ``recommend``, too.

    Raises:
        InputError: if the run has no channels or log, no page of the split a click, or the lists are shorter than k.
    """
    if channels_folder(folder) is None and (folder / "config.yaml").is_file():
        raise InputError(f"{folder}: has no channels; run `shelfrank channels {folder}` first")
    run = load_run(folder, overrides=overrides)
    experiment = run.experiment
    if k > experiment.lists.size:
        raise InputError(f"--k {k}: lists.size is {experiment.lists.size}; add lists.size={k}, or take a lower --k")
    rules = swept_rules(experiment.lists, *sweep) if sweep is not None else {}
    prepared = ensure_prepared(experiment)
    chosen = _pages_with_click(prepared, split)
    assert prepared.pages is not None
    pages = prepared.pages.take(chosen)
    attraction = judge(experiment, prepared) if judge is not None else None
    answers = ask_for_lists(run, prepared, chosen, k, console, rules)
    facts = ItemFacts.of(prepared.pages.split("train"), len(prepared.items), answers.vectors)
    lists = _lists(answers, prepared, pages, k)
    true = {} if attraction is None else true_list_ndcg(lists, pages, attraction, TRUTH_K)
    config = experiment.evaluate
    figures = measure_lists(lists, pages, COMPARED, k, config.bootstrap, experiment.seed, facts, true)
    if split == "train":
        figures.notes.append("train: channels and model have learned from these very pages")
    swept = None
    if sweep is not None:
        swept = _swept(answers, pages, sweep[0], facts, attraction, config.bootstrap, experiment.seed)
    return ListEvaluation(split, figures, swept)


def _pages_with_click(prepared: Prepared, split: str) -> np.ndarray:
    pages = prepared.pages
    if pages is None:
        raise InputError(f"{prepared.folder}: has no pages of a log; lists are measured by clicks")
    clicks = np.bincount(pages.page_of_impression, weights=pages.clicked == 1, minlength=len(pages))
    chosen = np.flatnonzero((pages.table["split"] == split).to_numpy() & (clicks > 0))
    if not len(chosen):
        raise InputError(f"--split {split}: no page of it has a click; choose another split")
    return chosen


def _lists(answers: ListAnswers, prepared: Prepared, pages: Pages, k: int) -> dict[str, np.ndarray]:
    """All lists that are measured: what is shown, the unions, the channels alone, and the baselines."""
    by_words = bm25_lists(pages.table["query"], prepared.items["text"], k)
    lists = dict(answers.shown)
    lists |= {f"union.{kind}": listed for kind, listed in answers.unions.items()}
    lists |= {f"channel.{name}": listed for name, listed in answers.alone.items()}
    lists[BM25] = by_words
    memory = answers.alone.get("query_memory")
    if memory is not None:
        lists[MEMORY] = union_lists({"memory": memory, "words": by_words}, {"memory": k, "words": k}, k)
    return lists


def _swept(
    answers: ListAnswers,
    pages: Pages,
    method: str,
    facts: ItemFacts,
    attraction: Attraction | None,
    bootstrap: int,
    seed: int,
) -> TradeOff:
    """The trade-off at the cut of the truth, by the truth where there is one and else by clicks."""
    statistics = {name: list_statistics(listed, pages, TRUTH_K, facts) for name, listed in answers.varied.items()}
    ndcg = f"ndcg@{TRUTH_K}"
    if attraction is not None:
        ndcg = f"truth.{ndcg}"
        for name, found in true_list_ndcg(answers.varied, pages, attraction, TRUTH_K).items():
            statistics[name] |= found
    return trade_off(statistics, method, ndcg, f"diversity@{TRUTH_K}", pages, bootstrap, seed)
