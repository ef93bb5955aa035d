"""Purchases that may still come when a log ends."""

from dataclasses import dataclass

import pandas as pd

from trainer.config import AttributionConfig

UNKNOWN = -1.0


@dataclass(frozen=True)
class OpenPurchases:
    """What is not known yet of the purchases of a log.

    Attributes:
        impressions: whose purchase label was made unknown.
        clicked: of them clicked.
        purchased: of them purchased already (with ``early_purchases: drop``).
        since: where the open time begins, ISO 8601.
        until: the end of the log, ISO 8601.
    """

    impressions: int
    clicked: int
    purchased: int
    since: str
    until: str

    @property
    def note(self) -> str:
        """In words."""
        early = f" ({self.purchased:,} of them purchased already)" if self.purchased else ""
        return (
            f"data.attribution: purchases after {self.since} may still come, as the log ends at {self.until}: the purchase "
            f"label of {self.impressions:,} impressions, {self.clicked:,} of them clicked{early}, is unknown"
        )


def open_purchases(
    log: pd.DataFrame, config: AttributionConfig, end: pd.Timestamp
) -> tuple[pd.DataFrame, OpenPurchases]:
    """Make purchase labels unknown whose attribution window had not passed when the log ended.

    A click of which no purchase is known yet is not a lost sale (delayed feedback: Chapelle 2014). With ``early_purchases:
    keep`` only those clicks become unknown: without a click nothing can be purchased, and a purchase that came is one. The
    clicks left then hold more purchases than all clicks would, so that purchase rates are overstated by as much; with
    ``drop`` all impressions of the open time become unknown and the rates are those of the settled time.

    Args:
        log: valid rows of ``search_log``.
        config: the window.
        end: the latest moment of which the log knows.

    Returns:
        The log with ``purchased`` -1 where it is unknown, and what was made so.
    """
    since = end - pd.Timedelta(days=config.days)
    unsettled = log["timestamp"] > since
    if config.early_purchases == "keep":
        unsettled &= (log["clicked"] == 1) & (log["purchased"] == 0)
    made = log[unsettled]
    counts = OpenPurchases(
        impressions=len(made),
        clicked=int((made["clicked"] == 1).sum()),
        purchased=int((made["purchased"] == 1).sum()),
        since=since.isoformat(timespec="seconds"),
        until=end.isoformat(timespec="seconds"),
    )
    return log.assign(purchased=log["purchased"].mask(unsettled, UNKNOWN)), counts
