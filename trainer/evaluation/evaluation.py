"""What an evaluation found: kept as files, shown as a table."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.errors import InputError
from trainer.evaluation.slice_console import show_slices
from trainer.evaluation.slice_metrics import Slice
from trainer.metrics.bootstrap import Difference
from trainer.written import replacing, write_text

METRICS, EVALUATION, SCORES = "metrics.json", "evaluation.json", "scores.parquet"


@dataclass
class Evaluation:
    """Metrics of a model and of the rankers beside it.

    Attributes:
        split: what the names of the log's metrics begin with.
        k: cut of NDCG.
        rankers: by name, the model first: metrics by name, with ``<key>.low`` and ``<key>.high`` beside each.
        differences: by baseline, by metric: the model's less the baseline's, with its interval.
        notes: what a reader should know, one sentence each.
        counts: by source (``log``, ``judged``): pages, queries, impressions, clicks, purchases, judgments.
        scores: one row an impression: ``source``, ``page``, ``request_id``, ``query``, ``item_id``, ``text``,
            ``position``, ``clicked``, ``purchased``, ``relevance``, the model's ``score``, ``ctr``, ``cvr``, ``ctcvr``
            (NaN where there is none), and ``score.<name>`` of each baseline.
        lowest_relevance: the relevance that gains nothing in NDCG; None without judgments.
        slices: what the model reaches on parts of the pages.
    """

    split: str
    k: int
    rankers: dict[str, dict[str, float]] = field(default_factory=dict)
    differences: dict[str, dict[str, Difference]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    lowest_relevance: float | None = None
    slices: list[Slice] = field(default_factory=list)

    @property
    def metrics(self) -> dict[str, float]:
        """The model's metrics and their intervals, flat."""
        return next(iter(self.rankers.values()))

    def save(self, folder: Path) -> None:
        """Write `scores.parquet`, `evaluation.json` and `metrics.json`, each as a whole or not at all.

        Args:
            folder: made where it is missing; files of an earlier evaluation are replaced.

        Raises:
            InputError: if the folder can't be written.
        """
        everything = {
            "split": self.split,
            "k": self.k,
            "counts": self.counts,
            "lowest_relevance": self.lowest_relevance,
            "rankers": self.rankers,
            "differences": {n: {k: d._asdict() for k, d in found.items()} for n, found in self.differences.items()},
            "notes": self.notes,
            "slices": [part.as_dict() for part in self.slices],
        }
        metrics = self.metrics | {key: value for part in self.slices for key, value in part.flat().items()}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(folder / SCORES) as beside:
                self.scores.to_parquet(beside, index=False)
            write_text(folder / EVALUATION, _json(everything))
            write_text(folder / METRICS, _json(metrics))
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"{folder}: can't be written ({reason}); check its permissions and free space") from None

    def show(self, console: Console) -> None:
        """Print the rankers' metrics of order, the model's metrics of probability, differences, slices and notes.

        Args:
            console: where to.
        """
        ordered = {
            f"{self.split}.gauc": "GAUC",
            f"{self.split}.ndcg@{self.k}": f"NDCG@{self.k}",
            f"{self.split}.mrr": "MRR",
            f"{self.split}.truth.ndcg@{self.k}": f"true NDCG@{self.k}",
            f"judged.ndcg@{self.k}": f"judged NDCG@{self.k}",
            "judged.pair_accuracy": "judged pair accuracy",
        }
        present = {key: name for key, name in ordered.items() if any(key in m for m in self.rankers.values())}
        model = next(iter(self.rankers))
        for source, counts in self.counts.items():
            what = f"{self.split} pages of the log" if source == "log" else "pages of judgments"
            known = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count and name != "pages")
            console.print(f"{counts['pages']:,} {what}: {known}", soft_wrap=True, highlight=False)
        console.print(self._ranker_table(present))
        drawn = any(f"{key}.low" in self.metrics for key in present)
        below = "below each figure its 95 % interval over queries" if drawn else "no intervals were drawn"
        console.print(f"* best of its column; {below}", highlight=False)
        if self.differences:
            console.print(self._difference_table(model, present))
        others = {key: value for key, value in self.metrics.items() if _is_value(key) and key not in present}
        others = {key: value for key, value in others.items() if not key.startswith("robustness.")}
        for key, value in others.items():
            console.print(f"{escape(model)} {key} {value:.4f} {_interval(self.metrics, key)}", highlight=False)
        show_slices(self.slices, console)
        for note in self.notes:
            console.print(f"note: {escape(note)}", soft_wrap=True, highlight=False)

    def _ranker_table(self, present: dict[str, str]) -> Table:
        table = Table()
        table.add_column("ranker")
        for name in present.values():
            table.add_column(name, justify="right")
        best = {key: max(m[key] for m in self.rankers.values() if key in m) for key in present}
        for ranker, metrics in self.rankers.items():
            cells = []
            for key in present:
                if key not in metrics:
                    cells.append("-")
                    continue
                figure = f"{metrics[key]:.4f}"
                figure = f"[bold]* {figure}[/bold]" if metrics[key] == best[key] else figure
                cells.append(f"{figure}\n[dim]{_interval(metrics, key)}[/dim]")
            table.add_row(escape(ranker), *cells)
        return table

    def _difference_table(self, model: str, present: dict[str, str]) -> Table:
        table = Table()
        table.add_column(f"{escape(model)} minus")
        for name in present.values():
            table.add_column(name, justify="right")
        for ranker, found in self.differences.items():
            table.add_row(escape(ranker), *(_difference(found.get(key)) for key in present))
        return table


def _is_value(key: str) -> bool:
    return not key.endswith((".low", ".high"))


def _interval(metrics: dict[str, float], key: str) -> str:
    return f"{metrics[f'{key}.low']:.4f} to {metrics[f'{key}.high']:.4f}" if f"{key}.low" in metrics else ""


def _difference(found: Difference | None) -> str:
    if found is None:
        return "-"
    ends = "" if found.low is None else f"\n[dim]{found.low:+.4f} to {found.high:+.4f}[/dim]"
    return f"{found.difference:+.4f}{ends}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
