"""The prepared folder: checked, labelled, split pages with their statistics."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from rich.console import Console

from trainer.config import DataConfig, Experiment, load_experiment
from trainer.data.continued_log import BaseData
from trainer.data.fingerprint import data_hash, describe_sources, settings, sha256
from trainer.data.frozen_statistics import check_scale, check_widths
from trainer.data.leaks import check_leaks, check_names
from trainer.data.made_pages import MadePages
from trainer.data.pages import Pages
from trainer.data.publish import published
from trainer.data.sources import Sources, read_sources
from trainer.data.statistics import compute_statistics
from trainer.data.storage import read_pages, write_frame, write_pages
from trainer.data.summary import find_notes, show_summary, split_counts
from trainer.errors import InputError
from trainer.written import replacing

MARKER = "prepare.json"
ITEMS, USERS, JUDGMENTS = "items.parquet", "users.parquet", "judgments.parquet"
STATISTICS, REJECTED = "statistics.json", "rejected.csv"


@dataclass(frozen=True)
class Prepared:
    """Prepared data, loaded.

    Attributes:
        folder: where it lies.
        items: ``item_id``, ``text`` and the declared item features; the index is the row that pages point to.
        users: ``user_id`` and the declared user features, or None.
        pages: all pages of the log, or None.
        judged: all pages of the judgments, or None.
        statistics: of the training pages; see `trainer.data.statistics`.
        summary: what `prepare.json` holds.
        data_hash: hash over settings and source files, hexadecimal.
    """

    folder: Path
    items: pd.DataFrame
    users: pd.DataFrame | None
    pages: Pages | None
    judged: Pages | None
    statistics: dict[str, Any]
    summary: dict[str, Any]
    data_hash: str

    @classmethod
    def load(cls, folder: Path) -> "Prepared":
        """Load a prepared folder.

        Args:
            folder: what ``shelfrank prepare`` wrote.

        Raises:
            InputError: if it is no such folder or is damaged.
        """
        folder = Path(folder)
        if not (folder / MARKER).is_file():
            raise InputError(f"{folder}: no prepared data ({MARKER} is missing); run `shelfrank prepare`")
        try:
            summary = json.loads((folder / MARKER).read_text(encoding="utf-8"))
            for name, digest in summary["files"].items():
                if sha256(folder / name) != digest:
                    raise InputError(f"{folder / name}: is not as it was written; run `shelfrank prepare` again")
            pages, judged = read_pages(folder)
            return cls(
                folder=folder,
                items=pd.read_parquet(folder / ITEMS),
                users=pd.read_parquet(folder / USERS) if USERS in summary["files"] else None,
                pages=pages,
                judged=judged,
                statistics=json.loads((folder / STATISTICS).read_text(encoding="utf-8")),
                summary=summary,
                data_hash=summary["data_hash"],
            )
        except InputError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
            reason = " ".join(str(error).split())[:160]
            raise InputError(f"{folder}: damaged ({reason}); run `shelfrank prepare` again") from None


def prepare(experiment: Experiment, console: Console | None = None, progress: bool = True) -> Prepared:
    """Check the tables of an experiment and make pages of them.

    Args:
        experiment: which tables, features and split.
        console: where progress and the summary are shown; standard error by default.
        progress: whether they are shown.

    Returns:
        The prepared data, as written to ``data.prepared``.

    Raises:
        InputError: if a table can't be used, too many rows break a rule, a split is empty or something leaks.
    """
    console = console or Console(stderr=True)
    check_names(experiment)
    folder = experiment.data.prepared
    with console.status("checking the tables") if progress else _Quiet() as status:
        base = base_data(experiment, console, progress)
        sources = read_sources(experiment, base)
        described = describe_sources(experiment, sources.parts)
        _stop_at_too_many(sources, experiment.data)
        status.update("building pages")
        made = MadePages.of(experiment, sources, base)
        status.update("counting, and looking for leaks")
        if base is None:
            statistics = compute_statistics(experiment, sources.items, made.pages, made.judged)
        else:
            statistics = base.statistics
            check_widths(sources.items, statistics)
            check_scale(sources.judgments, statistics)
        leaks = check_leaks(experiment, made.pages, made.judged, sources.items, made.clicks)
        status.update("writing")
        with published(folder, MARKER) as making:
            _write(making, experiment, sources, made, statistics)
            summary = {
                "data_hash": data_hash(experiment, described),
                "sources": described,
                "settings": settings(experiment),
                "rows": sources.rows,
                "rejected": {"rows": sources.rejections.rows, "reasons": sources.rejections.counts},
                "cut_pages": dataclasses.asdict(made.cut),
                "negatives": made.negatives and dataclasses.asdict(made.negatives),
                "open_purchases": sources.open_purchases and dataclasses.asdict(sources.open_purchases),
                "notes": find_notes(statistics, made.pages, sources.users, made.negatives)
                + ([sources.open_purchases.note] if sources.open_purchases else [])
                + (made.continued.in_words() if made.continued else []),
                "continued": made.continued and dataclasses.asdict(made.continued),
                "splits": split_counts(made.pages, made.judged),
                "leak_checks": leaks,
                "files": {path.name: sha256(path) for path in sorted(making.iterdir())},
            }
            (making / MARKER).write_text(json.dumps(summary, indent=2, ensure_ascii=False), encoding="utf-8")
    _rejected_beside(folder).unlink(missing_ok=True)
    if progress:
        show_summary(summary, folder, console)
    return Prepared.load(folder)


def ensure_prepared(experiment: Experiment, console: Console | None = None, progress: bool = True) -> Prepared:
    """The prepared data of an experiment; made anew where files or settings are not those that it was made from.

    Args:
        experiment: which tables, features and split.
        console: where progress and the summary are shown.
        progress: whether they are shown.

    Raises:
        InputError: see `prepare`.
    """
    if (experiment.data.prepared / MARKER).is_file():
        wanted = data_hash(experiment, describe_sources(experiment))
        try:
            prepared = Prepared.load(experiment.data.prepared)
        except InputError as error:
            (console or Console(stderr=True)).print(f"{error}; doing so now", soft_wrap=True)
        else:
            if prepared.data_hash == wanted:
                return prepared
    return prepare(experiment, console, progress)


def base_data(experiment: Experiment, console: Console | None = None, progress: bool = True) -> BaseData | None:
    """The data of the run that an experiment continues, as that run was trained on them.

    Args:
        experiment: whose ``incremental.base`` is the run; None is returned where there is none.
        console: where progress is shown, should they have to be prepared again.
        progress: whether it is shown.

    Raises:
        InputError: if the run or its data are gone, or the data are not those that it was trained on.
    """
    run, wanted = experiment.incremental.base, experiment.incremental.base_data
    if run is None:
        return None
    if not (run / "config.yaml").is_file():
        raise InputError(
            f"incremental.base: {run}: no run folder (config.yaml is missing); it is needed to continue it"
        )
    earlier = load_experiment(run / "config.yaml")
    try:
        prepared = Prepared.load(earlier.data.prepared)
    except InputError:
        prepared = None
    if prepared is None or prepared.data_hash != wanted:
        prepared = ensure_prepared(earlier, console, progress)
    if prepared.data_hash != wanted:
        raise InputError(
            f"{earlier.data.prepared}: not the data that {run} was trained on: tables or settings have changed since; "
            "restore them, and give the new days as a file of their own"
        )
    if prepared.pages is None:
        raise InputError(
            f"{run}: was trained on judgments alone, without a log; there is nothing to continue, train anew"
        )
    return BaseData(str(run), prepared.items, prepared.users, prepared.pages, prepared.judged, prepared.statistics)


class _Quiet:
    """Stands for a status line that nobody sees."""

    def __enter__(self) -> "_Quiet":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def update(self, status: str) -> None:
        """Say nothing."""


def _stop_at_too_many(sources: Sources, data: DataConfig) -> None:
    """Stop where more rows than allowed break a rule; what was rejected is written all the same."""
    faults = sources.too_many_rejected(data.max_rejected_share)
    if not faults:
        left = {"items": sources.items, "search_log": sources.log, "judgments": sources.judgments}
        faults = [f"{table}: no row is left" for table, rows in left.items() if rows is not None and rows.empty]
    if not faults:
        return
    path = _rejected_beside(data.prepared)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        sources.rejections.write(beside)
    raise InputError(
        f"{'; '.join(faults)}; data.max_rejected_share allows {data.max_rejected_share:.1%}; every rejected row is in "
        f"{path}; mend the tables or raise data.max_rejected_share"
    )


def _rejected_beside(folder: Path) -> Path:
    """Where rejected rows go when nothing is prepared."""
    return folder.parent / f"{folder.name}.{REJECTED}"


def _write(folder: Path, experiment: Experiment, sources: Sources, made: MadePages, statistics: dict[str, Any]) -> None:
    write_frame(sources.items, folder / ITEMS)
    if sources.users is not None:
        write_frame(sources.users, folder / USERS)
    if made.judgments is not None:
        write_frame(made.judgments, folder / JUDGMENTS)
    write_pages(folder, made.pages, made.judged)
    (folder / STATISTICS).write_text(json.dumps(statistics, ensure_ascii=False), encoding="utf-8")
    sources.rejections.write(folder / REJECTED)
