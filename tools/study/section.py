"""The section of a study in the document."""

from collections import Counter
from collections.abc import Sequence

from tools.benchmarks.machine import in_words
from tools.study.comparison import Compared, Spent, baseline, compare, costs, figure_of, reached
from tools.study.config import FigureConfig, MetricConfig
from tools.study.data_in_words import data_in_words
from tools.study.finished import FinishedStudy
from trainer.evaluation.seeds import SeedSummary

NONE = "-"


def write_section(finished: FinishedStudy, picture: str | None = None) -> str:
    """The section in Markdown, from finished runs only.

    Args:
        finished: the runs.
        picture: link of a picture, relative to the document.

    Returns:
        Heading, data, tables, what was reached, costs, notes, machine and command.
    """
    study = finished.study
    parts = [f"## {study.question}"]
    if study.target:
        parts.append(f"To be reached: {study.target}")
    parts.append(data_in_words(finished))
    if finished.missing:
        parts.append(f"**Not finished, and not in the tables: {_missing(finished)}.**")
    begun = [name for name, runs in finished.by_variant.items() if runs]
    tables = {
        metric.title: [row for row in compare(finished, metric) if row.variant in begun] for metric in study.metrics
    }
    parts += [_metric_table(finished, metric, tables[metric.title]) for metric in study.metrics]
    parts.append(
        "In brackets the 95 % interval for other seeds (Student's t over the seeds; differences are paired by seed). "
        "'For other queries' is the 95 % interval of the same mean difference over resamples of the test queries."
    )
    if picture is not None:
        parts.append(f"![{study.question}]({picture})")
    if study.figures:
        parts.append("\n".join(line for figure in study.figures for line in _figure(finished, figure, tables)))
    parts.append(_cost_table(costs(finished)))
    parts.append(
        "Times are those of the runs, one after another, whatever else the machine did beside them: they are no multiples of "
        "one another."
    )
    if study.notes:
        parts.append("\n".join(f"- {note}" for note in study.notes))
    parts.append(_machines(finished))
    parts.append(f"Made by `python -m tools.study {finished.source}`.")
    return "\n\n".join(parts) + "\n"


def _missing(finished: FinishedStudy) -> str:
    """The runs that are not finished, each set of seeds with the variants that lack it."""
    lacking: dict[str, list[int]] = {}
    for run in finished.missing:
        lacking.setdefault(run.variant, []).append(run.seed)
    by_seeds: dict[tuple[int, ...], list[str]] = {}
    for variant, seeds in lacking.items():
        by_seeds.setdefault(tuple(seeds), []).append(f"`{variant}`")
    return "; ".join(
        f"{', '.join(variants)} ({'seed' if len(seeds) == 1 else 'seeds'} {', '.join(map(str, seeds))})"
        for seeds, variants in by_seeds.items()
    )


def _metric_table(finished: FinishedStudy, metric: MetricConfig, rows: Sequence[Compared]) -> str:
    study, digits = finished.study, metric.digits
    lines = [
        f"| variant | {metric.title} | difference from `{study.reference}` | for other queries | seeds |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        queries = NONE if row.over_queries is None else " to ".join(f"{end:+.{digits}f}" for end in row.over_queries)
        cells = [_named(finished, row.variant), _shown(row.value, digits), _shown(row.difference, digits, "+")]
        lines.append(f"| {' | '.join([*cells, queries, str(row.seeds)])} |")
    for name in study.baselines:
        measured = baseline(finished, name, metric)
        if measured is not None:
            lines.append(f"| {name}, untrained | {_shown(measured, digits)} | {NONE} | {NONE} | {NONE} |")
    return "\n".join(lines)


def _named(finished: FinishedStudy, variant: str) -> str:
    meaning = finished.study.variant(variant).meaning
    return f"`{variant}`: {meaning}" if meaning else f"`{variant}`"


def _shown(found: SeedSummary | None, digits: int, sign: str = "") -> str:
    if found is None:
        return NONE
    mean = f"{found.mean:{sign}.{digits}f}"
    if found.low is None:
        return mean
    return f"{mean} [{found.low:{sign}.{digits}f}, {found.high:{sign}.{digits}f}]"


def _figure(finished: FinishedStudy, figure: FigureConfig, tables: dict[str, list[Compared]]) -> list[str]:
    """What was to be reached, and each variant's answer."""
    rows = {row.variant: row for row in tables[figure.metric]}
    reference = finished.study.reference
    digits = next(metric.digits for metric in finished.study.metrics if metric.title == figure.metric)
    asked = {
        "value": figure.metric,
        "difference": f"{figure.metric} less that of `{reference}`",
        "ratio": f"{figure.metric} over that of `{reference}`",
    }[figure.of]
    limits = [f"at least {figure.at_least:g}"] if figure.at_least is not None else []
    limits += [f"at most {figure.at_most:g}"] if figure.at_most is not None else []
    limits += ["its interval over seeds clear of zero"] if figure.clear_of_zero else []
    lines = [f"- Figure: {asked}: {' and '.join(limits)}."]
    others = [name for name in rows if name != reference]
    for name in [name for name in figure.variants or others if name in rows]:
        answer = {True: "**reached**", False: "not reached", None: "not known"}[reached(figure, rows[name])]
        number = figure_of(figure, rows[name])
        sign = "+" if figure.of == "difference" else ""
        lines.append(f"  - `{name}`: {answer}" + ("" if number is None else f" ({number:{sign}.{digits}f})"))
    return lines


def _cost_table(rows: Sequence[Spent]) -> str:
    lines = [
        "| variant | a training step | training | evaluation | peak memory |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        cells = [
            f"`{row.variant}`",
            NONE if row.step_seconds is None else f"{row.step_seconds:.3g} s",
            NONE if row.training_seconds is None else f"{row.training_seconds:,.0f} s",
            f"{row.evaluation_seconds:,.0f} s",
            f"{row.peak_memory_mb:,.0f} MB",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _machines(finished: FinishedStudy) -> str:
    """The machine of the first run of each kind of machine, and how many runs it did."""
    kinds = [(run.cost.machine["cpu"], run.cost.machine["cores"]) for run in finished.runs]
    counted, first = Counter(kinds), dict(zip(reversed(kinds), reversed(finished.runs), strict=True))
    lines = [
        f"Measured on {in_words(first[kind].cost.machine)} (the first of {count} runs)."
        for kind, count in counted.items()
    ]
    if len(counted) > 1:
        lines.append("The runs were made on different machines: compare their times with care.")
    return " ".join(lines) if lines else "No run is finished."
