"""The figures of a report: what it says first, headline figures, metrics of all rankers and differences."""

from dataclasses import dataclass
from typing import Any

from trainer.evaluation.report_data import ReportData

NAMES = {
    "gauc": ("GAUC", "how often a clicked item stands above an unclicked one of its page"),
    "ndcg": ("NDCG", "order of the page, the top counting most, by clicks"),
    "mrr": ("MRR", "mean of 1 / place of the first clicked item"),
    "judged.ndcg": ("Judged NDCG", "order of the page, the top counting most, by human judgment"),
    "judged.pair_accuracy": (
        "Judged pair accuracy",
        "how often the better of two items, by human judgment, stands first",
    ),
    "truth.ndcg": ("True NDCG", "order of the page, the top counting most, by the simulator's hidden attraction"),
    "truth.pair_accuracy": ("True pair accuracy", "how often the truly more attractive of two items stands first"),
    "truth.cvr.auc": ("True CVR AUC", "purchase probability against the simulator's, over all impressions"),
    "truth.examination_error": ("Examination error", "largest gap of the examination curve to the simulator's"),
    "ctr.auc": ("CTR AUC", "how often a clicked impression has a higher CTR than one without a click"),
    "ctr.pr_auc": ("CTR PR-AUC", "average precision of clicks"),
    "ctr.log_loss": ("CTR log loss", "surprise at clicks; lower is better"),
    "ctr.ece": ("CTR calibration error", "mean gap of predicted and seen CTR (ECE); lower is better"),
    "ctr.ece_uncalibrated": ("CTR calibration error before", "the same before calibration"),
    "ctcvr.ece": ("CTCVR calibration error", "mean gap of predicted and seen CTCVR (ECE); lower is better"),
    "ctcvr.ece_uncalibrated": ("CTCVR calibration error before", "the same before calibration"),
    "cvr.auc": ("CVR AUC", "how often a click with a purchase has a higher CVR than one without"),
    "ctcvr.auc": ("CTCVR AUC", "how often a purchase has a higher CTCVR than an impression without one"),
}
HEADLINES = ("judged.pair_accuracy", "judged.ndcg", "gauc", "ndcg", "mrr", "ctr.auc", "ctcvr.auc", "ctr.ece")
TRUE_ORDER = ("truth.ndcg", "truth.pair_accuracy")
VERDICTS = ("judged.pair_accuracy", "gauc")
REFERENCES = ("zero-shot", "BM25")


@dataclass(frozen=True)
class Cell:
    """A figure with its interval; ``state`` is best, good, bad or empty."""

    value: str
    interval: str = ""
    state: str = ""


@dataclass(frozen=True)
class Headline:
    """A figure of the model with its interval and its lead over the references."""

    name: str
    meaning: str
    value: str
    interval: str
    leads: list[tuple[str, Cell]]


@dataclass(frozen=True)
class Table:
    """A table: names of the columns with what they mean, and rows of cells, each with its name."""

    columns: list[tuple[str, str]]
    rows: list[tuple[str, list[Cell]]]


def order_metrics(data: ReportData) -> dict[str, tuple[str, str]]:
    """Metrics of order, which every ranker has: name and meaning by key, human judgments first."""
    return {key: name for key, name in _named(data).items() if _short(key, data.split) in (*HEADLINES[:5], *TRUE_ORDER)}


def headlines(data: ReportData) -> list[Headline]:
    """The model's main figures."""
    found = []
    named = _named(data)
    for short in HEADLINES:
        for key, (name, meaning) in named.items():
            if _short(key, data.split) == short:
                leads = [
                    (baseline, _difference(data.differences[baseline][key]))
                    for baseline in REFERENCES
                    if key in data.differences.get(baseline, {})
                ]
                found.append(
                    Headline(name, meaning, f"{data.metrics[key]:.3f}", _interval(data.metrics, key, 3), leads)
                )
    return found


def verdicts(data: ReportData) -> list[str]:
    """A sentence for human judgments and one for clicks: is the model ahead beyond what chance explains."""
    chosen = [key for key in order_metrics(data) if _short(key, data.split) in VERDICTS]
    return [sentence for key in chosen if (sentence := _verdict(data, key))]


def _verdict(data: ReportData, key: str) -> str:
    groups: dict[str, list[str]] = {"ahead of": [], "no clear difference to": [], "behind": [], "without interval,": []}
    said_of = {"good": "ahead of", "bad": "behind", "": "no clear difference to"}
    for baseline, found in data.differences.items():
        if key in found and baseline != "random":
            d = found[key]
            group = "without interval," if d["low"] is None else said_of[state_of(d)]
            groups[group].append(f"{baseline} ({_signed(d['difference'], 3)})")
    said = "; ".join(f"{state} {_listed(names)}" for state, names in groups.items() if names)
    return f"{_named(data)[key][0]} {data.metrics[key]:.3f}: {said}." if said else ""


def ranker_table(data: ReportData) -> Table:
    """Metrics of order of every ranker, the best of each column marked."""
    columns = order_metrics(data)
    return _table(data.rankers, columns)


def foreign_table(evaluation: dict[str, Any]) -> Table:
    """Metrics of judgments of every ranker on a source that the model has never seen."""
    rankers = evaluation["rankers"]
    keys = dict.fromkeys(k for m in rankers.values() for k in m if k.startswith("judged.") and _is_value(k))
    return _table(rankers, {key: metric_name(key, evaluation["split"]) for key in keys})


def probability_metrics(data: ReportData) -> list[tuple[str, str, Cell]]:
    """The model's metrics of probabilities: name, meaning and figure."""
    ordered = order_metrics(data)
    return [
        (name, meaning, Cell(f"{data.metrics[key]:.4f}", _interval(data.metrics, key, 4)))
        for key, (name, meaning) in _named(data).items()
        if key not in ordered
    ]


def difference_table(data: ReportData) -> Table:
    """The model's metrics of order less each baseline's."""
    columns = {k: n for k, n in order_metrics(data).items() if any(k in d for d in data.differences.values())}
    rows = [
        (f"minus {baseline}", [_difference(found[key], 4) if key in found else Cell("–") for key in columns])
        for baseline, found in data.differences.items()
    ]
    return Table(list(columns.values()), rows if columns else [])


def _table(rankers: dict[str, dict[str, float]], columns: dict[str, tuple[str, str]]) -> Table:
    best = {key: max((m[key] for m in rankers.values() if key in m), default=None) for key in columns}
    rows = []
    for ranker, metrics in rankers.items():
        cells = [
            Cell(f"{metrics[key]:.4f}", _interval(metrics, key, 4), "best" if metrics[key] == best[key] else "")
            if key in metrics
            else Cell("–")
            for key in columns
        ]
        rows.append((ranker, cells))
    return Table(list(columns.values()), rows)


def _named(data: ReportData) -> dict[str, tuple[str, str]]:
    """Name and meaning of the model's metrics by key, in the order of ``NAMES``, those of judgments first."""
    keys = [key for key in data.metrics if _is_value(key) and not key.startswith("robustness.")]
    keys.sort(key=lambda key: HEADLINES.index(short) if (short := _short(key, data.split)) in HEADLINES else 99)
    return {key: metric_name(key, data.split) for key in keys}


def metric_name(key: str, split: str) -> tuple[str, str]:
    """Name and meaning of a metric.

    Args:
        key: as in ``metrics.json``.
        split: what the key begins with.
    """
    short = _short(key, split)
    name, meaning = NAMES.get(short, (key, ""))
    cut = key.partition("@")[2]
    return (f"{name}@{cut}" if cut else name), meaning


def _short(key: str, split: str) -> str:
    """A metric's key without its split and cut."""
    return key.removeprefix(f"{split}.").partition("@")[0]


def _is_value(key: str) -> bool:
    return not key.endswith((".low", ".high"))


def _interval(metrics: dict[str, float], key: str, digits: int) -> str:
    low, high = metrics.get(f"{key}.low"), metrics.get(f"{key}.high")
    return "" if low is None or high is None else f"{low:.{digits}f} – {high:.{digits}f}"


def state_of(difference: dict[str, Any]) -> str:
    """Whether a difference is ``good`` or ``bad`` beyond what chance explains; empty where its interval can't say."""
    low, high = difference["low"], difference["high"]
    if low is None or high is None:
        return ""
    return "good" if low > 0 else "bad" if high < 0 else ""


def _difference(found: dict[str, Any], digits: int = 3) -> Cell:
    ends = found["low"] is not None
    interval = f"{_signed(found['low'], digits)} to {_signed(found['high'], digits)}" if ends else ""
    return Cell(_signed(found["difference"], digits), interval, state_of(found))


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
