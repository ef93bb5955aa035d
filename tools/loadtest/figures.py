"""The figures of a load: how long answers took, and what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tools.loadtest.open_loop import OK, Sent

PERCENTILES = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}
LAG_MS = 5.0
MOST_SIZES = 8
BANDS = (10, 24, 48, 100, 250, 500, 1000, 2500, 5000)


@dataclass(frozen=True)
class Figures:
    """Of some requests.

    Attributes:
        requests: how many.
        latency_ms: by percentile, of all of them, from when each was due; None without any.
        answered_ms: the same of those that the server answered.
        codes: requests by gRPC code.
        errors: share of those that the server did not answer, whether the caller's order came back for it or not.
        degraded: share of those for which it did.
    """

    requests: int
    latency_ms: dict[str, float] | None
    answered_ms: dict[str, float] | None
    codes: dict[str, int]
    errors: float
    degraded: float

    @classmethod
    def of(cls, sent: Sent) -> "Figures":
        """The figures of requests."""
        codes, counts = np.unique(sent.code.astype(str), return_counts=True)
        answered = sent.code == OK
        total = len(sent.due)
        return cls(
            requests=total,
            latency_ms=_percentiles(sent.latency),
            answered_ms=_percentiles(sent.latency[answered]),
            codes=dict(zip(codes.tolist(), counts.tolist(), strict=True)),
            errors=float((~answered).mean()) if total else 0.0,
            degraded=float(sent.degraded.mean()) if total else 0.0,
        )


@dataclass(frozen=True)
class RateFigures:
    """Of all requests at one rate.

    Attributes:
        rate: requests a second that were due on average.
        achieved: requests a second that the server answered, until the last one ended.
        all: of every list size.
        sizes: by list size, or by the range that it is in, the smallest first.
        lag_ms: by percentile, how much later than due requests were sent.
        late: share of those that were sent more than `LAG_MS` late.
    """

    rate: float
    achieved: float
    all: Figures
    sizes: dict[str, Figures]
    lag_ms: dict[str, float] | None
    late: float

    @classmethod
    def of(cls, rate: float, sent: Sent, warm: float, seconds: float) -> "RateFigures":
        """The figures of one rate.

        Args:
            rate: that was asked for.
            sent: all requests.
            warm: seconds from the start; what was due in them is left out.
            seconds: after them.
        """
        counted = sent.take(sent.due >= warm)
        spent = max(seconds, float(counted.ended.max(initial=0.0)) - warm)
        groups = size_groups(counted.size)
        return cls(
            rate=rate,
            achieved=float((counted.code == OK).sum() / spent),
            all=Figures.of(counted),
            sizes={name: Figures.of(counted.take(chosen)) for name, chosen in groups.items()},
            lag_ms=_percentiles(counted.lag),
            late=float((counted.lag * 1000 > LAG_MS).mean()) if len(counted.lag) else 0.0,
        )


@dataclass(frozen=True)
class Loaded:
    """What a whole load found.

    Attributes:
        setting: what was sent where, by name.
        rates: in the order in which they were tried.
    """

    setting: Mapping[str, Any]
    rates: Sequence[RateFigures]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.setting, "rates": [asdict(rate) for rate in self.rates]}

    def sizes(self) -> list[str]:
        """Every list size or range that was sent, the smallest first."""
        found = {name: None for rate in self.rates for name in rate.sizes}
        return sorted(found, key=lambda name: int(name.split("-")[0]))


def size_groups(size: np.ndarray) -> dict[str, np.ndarray]:
    """Requests by list size.

    Args:
        size: candidates of each, int64 [R].

    Returns:
        Masks, bool [R], by size such as ``24``; by range such as ``25-48`` where there are more than `MOST_SIZES` sizes.
    """
    distinct = np.unique(size)
    if len(distinct) <= MOST_SIZES:
        return {str(number): size == number for number in distinct.tolist()}
    edges = [*(edge for edge in BANDS if edge < distinct[-1]), int(distinct[-1])]
    lows = [1, *(edge + 1 for edge in edges[:-1])]
    groups = {f"{low}-{high}": (size >= low) & (size <= high) for low, high in zip(lows, edges, strict=True)}
    return {name: chosen for name, chosen in groups.items() if chosen.any()}


def _percentiles(seconds: np.ndarray) -> dict[str, float] | None:
    """In milliseconds, interpolated linearly between the nearest two."""
    if not len(seconds):
        return None
    found = np.percentile(seconds, list(PERCENTILES.values())) * 1000
    return {**dict(zip(PERCENTILES, found.tolist(), strict=True)), "max": float(seconds.max() * 1000)}
