"""What a continued run has learned from the new days and forgotten of the old ones."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.data.continued_log import OLD_TEST, Continued
from trainer.data.negatives import all_candidates
from trainer.data.pages import Pages
from trainer.data.prepared import Prepared
from trainer.errors import InputError
from trainer.evaluation.compared import LESS_IS_BETTER
from trainer.evaluation.evaluation import Evaluation
from trainer.evaluation.evaluator import evaluate
from trainer.evaluation.scorer import RankerScorer
from trainer.evaluation.scores import RankerFunction
from trainer.evaluation.text_memory import TextMemory
from trainer.metrics.bootstrap import Difference
from trainer.training.run import Run, load_run, read_json
from trainer.written import write_text

CONTINUED = "continued.json"
BEFORE, AFTER = "before", "after"
TITLES = {"old": "Old test pages: what was forgotten", "new": "New test pages: what was learned"}
WORSE, BETTER = {"old": "forgotten", "new": "worse"}, {"old": "gained", "new": "learned"}


@dataclass(frozen=True)
class Change:
    """Metrics of the run before and after on the same pages.

    Attributes:
        counts: by source: pages, queries, impressions, clicks, purchases, judgments.
        before: by metric.
        after: by metric.
        differences: after less before, by metric, with its 95 % interval over queries.
    """

    counts: dict[str, dict[str, int]]
    before: dict[str, float]
    after: dict[str, float]
    differences: dict[str, Difference]

    @classmethod
    def of(cls, found: Evaluation) -> "Change":
        """From an evaluation of the rankers ``after`` and ``before``."""
        differences = found.differences[BEFORE]
        before, after = ({key: found.rankers[name][key] for key in differences} for name in (BEFORE, AFTER))
        return cls(found.counts, before, after, differences)

    @property
    def counts_in_words(self) -> str:
        """How many pages of each source."""
        named = {"log": "pages", "judged": "judged queries"}
        return ", ".join(f"{counts['pages']:,} {named[source]}" for source, counts in self.counts.items())


@dataclass(frozen=True)
class ContinuedReport:
    """What came of continuing a run.

    Attributes:
        base: the continued run.
        replay: share of old pages that was asked for.
        data: what the new days brought, as ``prepare.json`` has it.
        parts: ``old``, the test pages of the run before, and ``new``, those of the new days; a part without pages is left
            out.
        notes: what a reader should know.
    """

    base: str
    replay: float
    data: dict[str, Any]
    parts: dict[str, Change] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        """Write ``continued.json`` as a whole or not at all."""
        everything = asdict(self)
        for name, part in self.parts.items():
            everything["parts"][name]["differences"] = {k: d._asdict() for k, d in part.differences.items()}
        write_text(folder / CONTINUED, json.dumps(everything, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

    @classmethod
    def load(cls, folder: Path) -> "ContinuedReport | None":
        """Read what `save` wrote; None where the run continues no other.

        Raises:
            InputError: if the file is damaged.
        """
        if not (folder / CONTINUED).is_file():
            return None
        kept = read_json(folder / CONTINUED)
        try:
            parts = {
                name: Change(**{**part, "differences": {k: Difference(**d) for k, d in part["differences"].items()}})
                for name, part in kept["parts"].items()
            }
            return cls(**{**kept, "parts": parts})
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{folder / CONTINUED}: damaged ({error}); delete it and train again, which measures anew"
            ) from None

    def show(self, console: Console) -> None:
        """Print a table for each part.

        Args:
            console: where to.
        """
        for name, part in self.parts.items():
            table = Table(title=f"{TITLES[name]} ({part.counts_in_words})", title_justify="left")
            table.add_column("metric")
            for column in (BEFORE, AFTER, "after - before", ""):
                table.add_column(column, justify="right")
            for key, found in part.differences.items():
                ends = "" if found.low is None else f"\n[dim]{found.low:+.4f} to {found.high:+.4f}[/dim]"
                table.add_row(
                    escape(key),
                    f"{part.before[key]:.4f}",
                    f"{part.after[key]:.4f}",
                    f"{found.difference:+.4f}{ends}",
                    verdict(name, key, found),
                )
            console.print(table)
        for note in self.notes:
            console.print(f"note: {escape(note)}", soft_wrap=True, highlight=False)


def verdict(part: str, key: str, found: Difference) -> str:
    """In a word what a difference says of a part; empty where its interval holds zero or there is none."""
    if found.low is None or found.high is None or found.low <= 0 <= found.high:
        return ""
    better = (found.difference > 0) != key.endswith(LESS_IS_BETTER)
    return (BETTER if better else WORSE)[part]


def measure_continued(folder: Path, prepared: Prepared, console: Console) -> ContinuedReport:
    """Measure a continued run and the one before it on the same pages, keep it as ``continued.json`` and show it.

    Args:
        folder: the continued run, finished and calibrated.
        prepared: its data.
        console: where to show it.
    """
    after = load_run(folder)
    config = after.experiment.incremental
    assert config.base is not None
    before = load_run(config.base)
    assert prepared.pages is not None
    brought = prepared.summary["continued"]
    report = ContinuedReport(str(config.base), config.replay, brought, notes=Continued(**brought).in_words())
    report.notes.append(
        f"intervals of 95 % over {after.experiment.evaluate.bootstrap:,} resamples of queries; a word stands where they are "
        "clear of zero"
    )
    if before.experiment.data.split.by == "query":
        report.notes.append(
            f"{config.base} was tested on queries that it had not seen; those that the new days hold are easier now"
        )
    judged = None if prepared.judged is None else prepared.judged.split("test")
    for name, split, grades in (("old", OLD_TEST, judged), ("new", "test", None)):
        pages = prepared.pages.split(split)
        if not len(pages) and not (grades is not None and len(grades)):
            report.notes.append(f"{name}: no test pages, so nothing is known of them; raise data.split.test")
            continue
        report.parts[name] = Change.of(_evaluated(name, before, after, prepared, pages, grades))
    report.save(folder)
    report.show(console)
    return report


def _evaluated(
    name: str, before: Run, after: Run, prepared: Prepared, pages: Pages, judged: Pages | None
) -> Evaluation:
    experiment = after.experiment
    if experiment.evaluate.candidates == "all":
        pages = all_candidates(pages, len(prepared.items))
    rankers: dict[str, RankerFunction] = {
        side: RankerScorer(experiment, run.ranker, run.packers, outputs=run.outputs, memory=TextMemory())
        for side, run in ((AFTER, after), (BEFORE, before))
    }
    grades = np.zeros(0) if prepared.judged is None else prepared.judged.relevance
    lowest = float(np.nanmin(grades)) if len(grades) else None
    return evaluate(rankers, pages, judged, prepared.items, experiment.evaluate, name, experiment.seed, lowest)
