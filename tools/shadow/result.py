"""What a comparison found, as JSON and against its gates."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.shadow.agreement import OUTPUTS, Agreement
from tools.shadow.asking import Answers
from tools.shadow.sides import Side

LATENCY = {"p50": 50.0, "p95": 95.0}


@dataclass(frozen=True)
class Shadowed:
    """Two sides, what they answered and how far it agrees.

    Attributes:
        sides: A and B.
        answers: of A and of B.
        agreement: of the pages that both answered.
        source: what the pages are, in words.
    """

    sides: tuple[Side, Side]
    answers: tuple[Answers, Answers]
    agreement: Agreement
    source: str

    @property
    def failed(self) -> int:
        """Pages that a side did not answer."""
        return len(set(self.answers[0].errors) | set(self.answers[1].errors))

    def latency_ms(self, side: int) -> dict[str, float]:
        """Percentiles of the answers of a side (0 or 1), one request at a time; empty without any."""
        seconds = self.answers[side].seconds
        if not seconds:
            return {}
        found = np.percentile(seconds, list(LATENCY.values())) * 1000
        return dict(zip(LATENCY, found.tolist(), strict=True))

    def missed(self, min_tau: float | None, min_overlap: float | None, max_drift: float | None) -> list[str]:
        """What does not hold, a line each.

        Args:
            min_tau: the least mean Kendall tau.
            min_overlap: the least mean overlap of the first k.
            max_drift: the largest mean absolute difference of the scores.
        """
        agreement, found = self.agreement, []
        drift = agreement.drift["score"][0]
        # Written so that NaN holds nothing.
        if min_tau is not None and not agreement.tau >= min_tau:
            found.append(f"mean Kendall tau is {agreement.tau:.4f}, --min-tau asks for {min_tau:g}")
        if min_overlap is not None and not agreement.overlap >= min_overlap:
            found.append(f"mean overlap is {agreement.overlap:.4f}, --min-overlap asks for {min_overlap:g}")
        if max_drift is not None and not drift <= max_drift:
            found.append(f"mean score difference is {drift:.3g}, --max-drift allows {max_drift:g}")
        if self.failed and (min_tau, min_overlap, max_drift) != (None, None, None):
            found.append(f"{self.failed} pages were not answered by both sides, so that nothing is known of them")
        return found

    def as_dict(self, shown: int) -> dict[str, Any]:
        """For JSON.

        Args:
            shown: how many of the pages that differ most.
        """
        agreement = self.agreement
        sides = {
            name: {
                "side": self.sides[number].name,
                "model": self.sides[number].model,
                "versions": self.answers[number].versions(),
                "latency_ms": self.latency_ms(number),
                "errors": dict(Counter(self.answers[number].codes.values())),
            }
            for number, name in enumerate(("a", "b"))
        }
        pages = agreement.pages
        found = {
            **sides,
            "source": self.source,
            "pages": len(self.answers[0].pages),
            "compared": len(pages),
            "candidates": int(pages["candidates"].sum()),
            "kendall_tau": {"mean": agreement.tau, "median": pages["tau"].median(), "least": pages["tau"].min()},
            "overlap": {"k": agreement.k, "mean": agreement.overlap, "least": pages["overlap"].min()},
            "difference": {name: dict(zip(("mean", "max"), agreement.drift[name], strict=True)) for name in OUTPUTS},
            "score_quantiles": {
                f"{quantile:g}": {"a": a, "b": b, "difference": b - a}
                for quantile, (a, b) in agreement.quantiles.items()
            },
            "known_apart": agreement.known_apart,
            "most_different": agreement.most_different(shown).reset_index(names="page").to_dict("records"),
        }
        return _plain(found)


def _plain(value: Any) -> Any:
    """JSON has neither NaN nor NumPy's numbers."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
