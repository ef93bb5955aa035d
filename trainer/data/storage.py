"""Pages as Parquet files."""

from pathlib import Path

import numpy as np
import pandas as pd

from trainer.data.declared_tasks import PREFIX
from trainer.data.page_building import PROPENSITY
from trainer.data.pages import Pages, concatenate

PAGES, IMPRESSIONS = "pages.parquet", "impressions.parquet"
JUDGED = "is_judged"
ARRAYS = ("item", "position", "clicked", "purchased", "relevance")


def write_pages(folder: Path, log: Pages | None, judged: Pages | None) -> None:
    """Write `pages.parquet`, one row a page, and `impressions.parquet`, one row an impression with its page.

    Args:
        folder: where to.
        log: pages of the log, or None.
        judged: pages of judgments, or None; they come last.
    """
    parts = [part for part in (log, judged) if part is not None]
    pages = concatenate(parts)
    is_judged = np.repeat([part is judged for part in parts], [len(part) for part in parts])
    write_frame(pages.table.assign(**{JUDGED: is_judged}), folder / PAGES)
    columns = {name: getattr(pages, name) for name in ARRAYS}
    columns |= {PREFIX + name: values for name, values in pages.labels.items()}
    if pages.propensity is not None:
        columns[PROPENSITY] = pages.propensity
    write_frame(pd.DataFrame({"page": pages.page_of_impression.astype(np.int32), **columns}), folder / IMPRESSIONS)


def read_pages(folder: Path) -> tuple[Pages | None, Pages | None]:
    """What `write_pages` wrote: pages of the log and of judgments, None where there are none."""
    table = pd.read_parquet(folder / PAGES)
    flat = pd.read_parquet(folder / IMPRESSIONS)
    for column in table.columns:
        if table[column].dtype == object and any(isinstance(v, np.ndarray) for v in table[column]):
            table[column] = _lists(table[column])
    sizes = np.bincount(flat["page"], minlength=len(table))
    is_judged = table[JUDGED].to_numpy(bool)
    pages = Pages(
        table=table.drop(columns=JUDGED),
        offset=np.append(0, np.cumsum(sizes)).astype(np.int64),
        **{name: flat[name].to_numpy() for name in ARRAYS},
        labels={c.removeprefix(PREFIX): flat[c].to_numpy(np.float32) for c in flat.columns if c.startswith(PREFIX)},
        propensity=flat[PROPENSITY].to_numpy(np.float32) if PROPENSITY in flat else None,
    )
    parts = [pages.take(mask) if mask.any() else None for mask in (~is_judged, is_judged)]
    return parts[0], parts[1]


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a table; missing values of every kind become null."""
    nullable = [str(c) for c in frame.columns if frame[c].dtype == object]
    objects = {c: frame[c].where(_present(frame[c]), None) for c in nullable}
    frame.assign(**objects).to_parquet(path, index=False)


def _present(values: pd.Series) -> pd.Series:
    return values.map(lambda v: v is not None and not (isinstance(v, float) and np.isnan(v))).astype(bool)


def _lists(values: pd.Series) -> pd.Series:
    """Lists of ids as lists; vectors stay arrays."""
    kinds = {v.dtype.kind for v in values if isinstance(v, np.ndarray)}
    if kinds <= {"f"}:
        return values
    return pd.Series([v.tolist() if isinstance(v, np.ndarray) else v for v in values], index=values.index, dtype=object)
