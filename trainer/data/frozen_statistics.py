"""New tables against the statistics of the run that is continued, which its weights rest on."""

from typing import Any

import pandas as pd

from trainer.data.pages import Pages
from trainer.errors import InputError


def unseen_values(pages: Pages, items: pd.DataFrame, statistics: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Values of categorical features outside the vocabularies that the weights know.

    Args:
        pages: of the new days.
        items: that they point into.
        statistics: of the base.

    Returns:
        By ``<table>.<feature>``, where there are any: ``values`` and their ``share``, of the impressions or of the pages.
    """
    found = {}
    for table, features in statistics["features"].items():
        for name, known in features.items():
            if known["kind"] != "categorical":
                continue
            column = items[name].iloc[pages.item] if table == "items" else pages.table[name]
            strange = column.notna() & ~column.isin(known["vocabulary"])
            if strange.any():
                found[f"{table}.{name}"] = {"values": float(column[strange].nunique()), "share": float(strange.mean())}
    return found


def check_widths(items: pd.DataFrame, statistics: dict[str, Any]) -> None:
    """Refuse vectors of items of another width than the weights take.

    Raises:
        InputError: naming the feature and both widths.
    """
    for name, known in statistics["features"]["items"].items():
        if known["kind"] != "embedding":
            continue
        widths = items[name].dropna().map(len)
        if len(wrong := widths[widths != known["dimension"]]):
            raise InputError(
                f"data.items: {name!r} of item {items['item_id'][wrong.index[0]]!r} has {wrong.iloc[0]} numbers, the continued "
                f"run takes {known['dimension']}; give vectors of that width, or train anew"
            )


def check_scale(judgments: pd.DataFrame | None, statistics: dict[str, Any]) -> None:
    """Refuse judgments outside the scale that the weights were trained on.

    Raises:
        InputError: naming a relevance and the scale.
    """
    known = statistics.get("relevance")
    if judgments is None or known is None:
        return
    outside = judgments["relevance"][~judgments["relevance"].between(known["min"], known["max"])]
    if len(outside):
        raise InputError(
            f"data.judgments: relevance {outside.iloc[0]:g} is outside {known['min']:g} to {known['max']:g}, the scale of the "
            "continued run; bring it to that scale, or train anew"
        )
