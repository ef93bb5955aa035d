"""From raw impressions, clicks and orders to a labelled search log."""

import pandas as pd

from trainer.config import EventsConfig
from trainer.data.rejections import Rejections


def join_labels(
    impressions: pd.DataFrame,
    clicks: pd.DataFrame,
    orders: pd.DataFrame | None,
    config: EventsConfig,
    rejections: Rejections,
) -> pd.DataFrame:
    """Label impressions with clicks and orders.

    A click with a ``request_id`` belongs to that request's impression of the item; one without to the user's latest
    impression of the item before it, within ``click_window_minutes``. An order belongs to the latest click on the item
    before it (last-click attribution), in its request or of its user, within ``attribution_days``.

    Args:
        impressions: ``request_id``, ``timestamp``, ``user_id``, ``item_id``; index by place in the file.
        clicks: ``timestamp``, ``item_id``, ``request_id`` and ``user_id`` (None where there is none).
        orders: as ``clicks``, or None.
        config: the windows.
        rejections: takes clicks and orders that belong to nothing.

    Returns:
        The impressions with ``clicked`` and ``purchased`` as 0.0 or 1.0.
    """
    shown = impressions[["request_id", "user_id", "item_id", "timestamp"]].dropna(subset=["item_id", "timestamp"])
    shown = shown.assign(impression=shown.index)
    clicks = rejections.take("clicks", clicks, _event_faults(clicks))
    window = pd.Timedelta(minutes=config.click_window_minutes)
    impression = _match_clicks(clicks, shown, window)
    minutes = f"{config.click_window_minutes:g} minutes"
    unmatched = pd.Series("no impression of the item in this request", index=clicks.index, dtype=object).where(
        clicks["request_id"].notna(), f"no impression of the item to this user in the {minutes} before"
    )
    clicks = rejections.take("clicks", clicks, _faults(unmatched[impression.isna()]))
    clicks = clicks.assign(impression=impression.dropna().astype("int64"))
    clicked = impressions.index.isin(clicks["impression"])
    purchased = pd.Series(False, index=impressions.index)
    if orders is not None:
        orders = rejections.take("orders", orders, _event_faults(orders))
        impression = _match_orders(orders, clicks, impressions, pd.Timedelta(days=config.attribution_days))
        reason = f"no click on the item in the {config.attribution_days:g} days before"
        unmatched = pd.Series(reason, index=orders.index, dtype=object)
        rejections.take("orders", orders, _faults(unmatched[impression.isna()]))
        purchased |= impressions.index.isin(impression.dropna())
    return impressions.assign(clicked=clicked.astype("float64"), purchased=purchased.astype("float64"))


def _match_clicks(clicks: pd.DataFrame, shown: pd.DataFrame, window: pd.Timedelta) -> pd.Series:
    """The impression of each click, NaN where there is none."""
    key = ["request_id", "item_id"]
    by_request = clicks[clicks["request_id"].notna()]
    first = shown.dropna(subset=key).drop_duplicates(key).set_index(key)["impression"]
    found = first.reindex(pd.MultiIndex.from_frame(by_request[key])).set_axis(by_request.index).astype("float64")
    by_user = clicks[clicks["request_id"].isna()]
    return pd.concat([found, _latest_before(by_user, shown, "user_id", window)]).reindex(clicks.index)


def _match_orders(
    orders: pd.DataFrame, clicks: pd.DataFrame, impressions: pd.DataFrame, window: pd.Timedelta
) -> pd.Series:
    """The impression whose click each order follows, NaN where there is none."""
    source = impressions.loc[clicks["impression"], ["request_id", "user_id"]].set_axis(clicks.index)
    clicks = clicks.assign(
        request_id=source["request_id"], user_id=clicks["user_id"].where(clicks["user_id"].notna(), source["user_id"])
    )
    with_request = orders["request_id"].notna()
    parts = [
        _latest_before(orders[with_request], clicks, "request_id", window),
        _latest_before(orders[~with_request], clicks, "user_id", window),
    ]
    return pd.concat(parts).reindex(orders.index)


def _latest_before(events: pd.DataFrame, earlier: pd.DataFrame, key: str, window: pd.Timedelta) -> pd.Series:
    """The ``impression`` of the latest earlier row with the same key and item, not older than the window."""
    by = [key, "item_id"]
    left = events.dropna(subset=by)[[*by, "timestamp"]].astype(dict.fromkeys(by, "str"))
    right = earlier.dropna(subset=by)[[*by, "timestamp", "impression"]].astype(dict.fromkeys(by, "str"))
    if left.empty or right.empty:
        return pd.Series(float("nan"), index=events.index)
    joined = pd.merge_asof(
        left.assign(place=left.index).sort_values("timestamp", kind="stable"),
        right.sort_values("timestamp", kind="stable"),
        on="timestamp",
        by=by,
        tolerance=window,
    )
    return joined.set_index("place")["impression"].astype("float64").reindex(events.index)


def _event_faults(events: pd.DataFrame) -> pd.DataFrame:
    """Events that can't be placed."""
    rules = {
        "item_id is empty": events["item_id"].isna(),
        "timestamp is no time between 1970 and 2200": events["timestamp"].isna(),
        "request_id and user_id are empty": events["request_id"].isna() & events["user_id"].isna(),
    }
    return pd.concat([_faults(pd.Series(reason, index=events.index[bad])) for reason, bad in rules.items()])


def _faults(reasons: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"index": reasons.index, "reason": reasons.to_numpy(object)})
