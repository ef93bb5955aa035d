"""Measured figures: as a table for people, as JSON for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tools import written
from trainer.errors import InputError


class NotHere(InputError):
    """What a benchmark measures is not on this machine; the other benchmarks can run all the same."""


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        key: its name in JSON.
        meaning: its name in the table.
        value: the number, or text.
        unit: of the number.
        limit: the most that it may be, where there is such a limit.
    """

    key: str
    meaning: str
    value: float | int | str
    unit: str = ""
    limit: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the limit is kept; None where there is none."""
        return None if self.limit is None or isinstance(self.value, str) else self.value <= self.limit


@dataclass(frozen=True)
class Result:
    """What one benchmark found.

    Attributes:
        name: of the benchmark.
        title: what was measured on what.
        figures: the figures.
    """

    name: str
    title: str
    figures: Sequence[Figure]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the figures by key, and which of them keep their limits."""
        limits = {f.key: {"most": f.limit, "met": f.met} for f in self.figures if f.met is not None}
        return {"title": self.title, **{f.key: f.value for f in self.figures}, "limits": limits}

    def show(self, console: Console) -> None:
        """Print the figures as a table."""
        table = Table(title=f"{self.name}: {self.title}", title_justify="left")
        table.add_column("figure")
        table.add_column("measured", justify="right")
        limited = any(figure.limit is not None for figure in self.figures)
        if limited:
            table.add_column("at most", justify="right")
            table.add_column("")
        for figure in self.figures:
            cells = [figure.meaning, with_unit(figure.value, figure.unit)]
            if limited:
                cells.append("" if figure.limit is None else with_unit(figure.limit, figure.unit))
                cells.append({None: "", True: "kept", False: "[bold red]missed[/]"}[figure.met])
            table.add_row(*cells)
        console.print(table)


def with_unit(value: float | int | str, unit: str) -> str:
    """A figure as it is shown."""
    if isinstance(value, str):
        shown = value
    elif isinstance(value, int):
        shown = f"{value:,}"
    elif value == 0 or 0.01 <= abs(value) < 1000:
        shown = f"{value:.3g}"
    else:
        shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2e}"
    return f"{shown} {unit}".rstrip()


def write_json(path: Path, machine: Mapping[str, Any], results: Sequence[Result], skipped: Mapping[str, str]) -> None:
    """Write everything found, as a whole or not at all.

    Args:
        path: the file.
        machine: as `tools.benchmarks.machine.describe_machine` gives it.
        results: of the benchmarks that ran.
        skipped: why the others did not, by name.

    Raises:
        InputError: if the file can't be written.
    """
    found = {"machine": machine, "benchmarks": {r.name: r.as_dict() for r in results}, "skipped": skipped}
    written.write_json(path, found, "--json")
