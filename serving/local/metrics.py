"""Counters and histograms, and the page that Prometheus reads, in the text of TF Serving's exporter.

The library `prometheus_client` cannot write it: it ends the names of counters in `_total` and adds series of its own.
"""

import re
import threading
from bisect import bisect_right
from collections.abc import Sequence


class Counter:
    """A number that grows, one for each combination of label values.

    Args:
        name: as `/tensorflow/serving/request_count`.
        labels: the labels' names.
    """

    kind = "counter"

    def __init__(self, name: str, labels: Sequence[str] = ()) -> None:
        self.name = name
        self._labels = labels
        self._lock = threading.Lock()
        self._cells: dict[tuple[str, ...], int] = {}

    def add(self, *values: str, by: int = 1) -> None:
        """Add to the cell of these label values."""
        with self._lock:
            self._cells[values] = self._cells.get(values, 0) + by

    def lines(self) -> list[str]:
        """Write a line for each cell, in the order of the label values."""
        with self._lock:
            cells = sorted(self._cells.items())
        name = _metric_name(self.name)
        return [f"{name}{{{_labels_text(self._labels, values)}}} {count}" for values, count in cells]


class Histogram:
    """A distribution, one for each combination of label values.

    Args:
        name: as `/tensorflow/serving/request_latency`.
        labels: the labels' names.
        limits: upper ends of the buckets, growing; a value equal to one counts in the next. The last bucket has none.
    """

    kind = "histogram"

    def __init__(self, name: str, labels: Sequence[str], limits: Sequence[float]) -> None:
        self.name = name
        self._labels = labels
        self._limits = limits
        self._ends = [*(format(limit, ".6g") for limit in limits), "+Inf"]
        self._lock = threading.Lock()
        self._cells: dict[tuple[str, ...], tuple[list[int], list[float]]] = {}

    def add(self, value: float, *values: str) -> None:
        """Count a value in the cell of these label values."""
        bucket = bisect_right(self._limits, value)
        with self._lock:
            if values not in self._cells:
                self._cells[values] = [0] * len(self._ends), [0.0]
            counts, total = self._cells[values]
            counts[bucket] += 1
            total[0] += value

    def lines(self) -> list[str]:
        """Write the buckets, each with those below it, the sum and the count of each cell."""
        with self._lock:
            cells = sorted((values, list(counts), total[0]) for values, (counts, total) in self._cells.items())
        name = _metric_name(self.name)
        written = []
        for values, counts, total in cells:
            labels = _labels_text(self._labels, values)
            before = f"{labels}," if labels else ""
            below = 0
            for end, count in zip(self._ends, counts, strict=True):
                below += count
                written.append(f'{name}_bucket{{{before}le="{end}"}} {below}')
            written.append(f"{name}_sum{{{labels}}} {total:.6g}")
            written.append(f"{name}_count{{{labels}}} {below}")
        return written


def exponential_limits(scale: float, growth: float, count: int) -> list[float]:
    """Give the upper ends of `count` buckets: `scale`, and each the one before times `growth`."""
    limits = [float(scale)]
    for _ in range(count - 1):
        limits.append(limits[-1] * growth)
    return limits


def page(metrics: Sequence[Counter | Histogram]) -> str:
    """Write the page: each metric's type, then its lines, in the order of the names."""
    written = []
    for metric in sorted(metrics, key=lambda each: each.name):
        written.append(f"# TYPE {_metric_name(metric.name)} {metric.kind}")
        written += metric.lines()
    return "\n".join(written) + "\n"


def _metric_name(name: str) -> str:
    written = re.sub(r"[^a-zA-Z0-9_]", ":", name)
    return f"_{written}" if written[0].isdigit() else written


def _labels_text(labels: Sequence[str], values: Sequence[str]) -> str:
    return ",".join(f'{_label_name(label)}="{_escaped(value)}"' for label, value in zip(labels, values, strict=True))


def _label_name(label: str) -> str:
    written = re.sub(r"[^a-zA-Z0-9]", "_", label)
    return f"_{written}" if written[0].isdigit() else written


def _escaped(value: str) -> str:
    # TF Serving leaves a line break as it is; one in a model's name then makes the whole page unreadable.
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
