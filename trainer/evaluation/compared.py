"""What a comparison of runs found: kept as JSON, shown as a table."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.errors import InputError
from trainer.written import write_text

LESS_IS_BETTER = ("log_loss", "ece", "ece_uncalibrated")


@dataclass(frozen=True)
class Contrast:
    """One metric of two sides.

    Attributes:
        first: of the first side, the mean over its seeds.
        second: of the second side.
        difference: first less second.
        by_seed: the difference of each pair of runs.
        low: end of the 95 % interval of the difference; None without resamples, likewise the next ones.
        high: the other end.
        p: two-sided p-value of no difference.
    """

    first: float
    second: float
    difference: float
    by_seed: list[float]
    low: float | None = None
    high: float | None = None
    p: float | None = None

    @property
    def is_clear(self) -> bool:
        """Whether the interval is clear of zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Compared:
    """Differences between two runs, or two sets of runs.

    Attributes:
        split: of the pages.
        k: cut of NDCG.
        first: folders of the first side.
        second: folders of the second side.
        resamples: how often queries were drawn.
        counts: by source, queries and pages.
        metrics: by name.
    """

    split: str
    k: int
    first: list[str]
    second: list[str]
    resamples: int
    counts: dict[str, dict[str, int]]
    metrics: dict[str, Contrast]

    def save(self, path: Path) -> None:
        """Write as JSON, as a whole or not at all.

        Raises:
            InputError: if the file can't be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(asdict(self), indent=2, ensure_ascii=False, allow_nan=False)
            write_text(path, text + "\n")
        except OSError as error:
            raise InputError(f"{path}: can't be written ({error.strerror}); give --out another file") from None

    def show(self, console: Console) -> None:
        """Print a table of the differences.

        Args:
            console: where to.
        """
        for side, folders in (("A", self.first), ("B", self.second)):
            seeds = f" ({len(folders)} seeds)" if len(folders) > 1 else ""
            console.print(f"{side}: {escape(', '.join(folders))}{seeds}", soft_wrap=True, highlight=False)
        for source, counts in self.counts.items():
            what = f"{self.split} pages of the log" if source == "log" else "pages of judgments"
            console.print(f"{counts['pages']:,} {what}, {counts['queries']:,} queries", highlight=False)
        table = Table()
        table.add_column("metric")
        for name in ("A", "B", "A - B", "p", "better"):
            table.add_column(name, justify="right")
        for name, found in self.metrics.items():
            ends = "" if found.low is None else f"\n[dim]{found.low:+.4f} to {found.high:+.4f}[/dim]"
            p = "-" if found.p is None else f"{found.p:.4f}"
            table.add_row(
                escape(name),
                f"{found.first:.4f}",
                f"{found.second:.4f}",
                f"{found.difference:+.4f}{ends}",
                p,
                _better(name, found),
            )
        console.print(table)
        over = "queries and seeds" if len(self.first) > 1 else "queries"
        said = "no resamples were drawn"
        if self.resamples:
            said = (
                f"below each difference its 95 % interval; intervals and two-sided p-values over {self.resamples:,} "
                f"resamples of {over}; better: clear of zero"
            )
        console.print(said, soft_wrap=True, highlight=False)


def _better(name: str, found: Contrast) -> str:
    if not found.is_clear:
        return "-"
    first = (found.difference > 0) != name.endswith(LESS_IS_BETTER)
    return "A" if first else "B"
