"""From a run to a model bundle that TF Serving loads as it is."""

import contextlib
import dataclasses
import datetime
import importlib.metadata
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf
from rich.console import Console

from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.data.prepared import Prepared, ensure_prepared
from trainer.data.sources import read_items
from trainer.errors import InputError
from trainer.evaluation.scorer import RankerScorer
from trainer.export.bundle_module import bundle_module, signatures_of
from trainer.export.list_parity import ListParity
from trainer.export.parity import Parity, batches_of, check_parity
from trainer.export.requests import page_request
from trainer.export.rescoring import measured_metrics, rescored
from trainer.export.trainer_lists import ScoredPages, TrainerLists, trainer_lists
from trainer.export.warmup import warmup_requests, write_warmup
from trainer.training.run import Run, load_run, spelt_by
from trainer.training.tables import build_tables

LIBRARIES = ("tensorflow", "tensorflow-text", "keras", "keras-hub", "keras-rs", "numpy")


def export_folder(
    folder: Path, items_file: Path | None, console: Console, score: str | None = None, overrides: Sequence[str] = ()
) -> Path:
    """Export a run folder; with ``items_file`` or ``score``, with others and the same weights.

    Args:
        folder: what ``shelfrank train`` wrote.
        items_file: a table of items; by default that of the training.
        console: where to say what is done.
        score: what ranks; by default ``model.score`` of the run.
        overrides: of the run's ``export``, ``key=value``.

    Returns:
        ``models/<name>/<version>``

    Raises:
        InputError: if the folder or the table is wrong, or the bundle does not score as the trainer does.
    """
    run = load_run(folder, overrides=overrides)
    prepared = ensure_prepared(run.experiment)
    items, source = prepared.items, {"data_hash": prepared.data_hash, "items": str(run.experiment.data.items)}
    if score is not None:
        run, items = rescored(run, prepared, score)
    if items_file is not None:
        items, rejected = read_items(items_file, run.experiment)
        if len(rejected):
            raise InputError(f"{items_file}: {len(rejected)} rows are wrong, the first: {rejected['reason'].iloc[0]}")
        source["items"] = str(items_file)
    pages = parity_pages(run.experiment, prepared, items)
    warmup = whole_pages(prepared, items, ("valid", "test", "train"))
    split = warmup.table["split"].iloc[0]
    if split != "valid":
        console.print(f"no validation page has all its items in the table: warm-up requests are of the {split} pages")
    console.print(f"exporting {len(items):,} items; comparing {len(pages)} pages in a fresh process")
    target = export_run(run, items, pages, source, warmup=warmup)
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    lists = ListParity.of_manifest(manifest["parity"])
    if lists is not None:
        console.print(lists.in_words)
    return target


def parity_pages(experiment: Experiment, prepared: Prepared, items: pd.DataFrame) -> Pages:
    """Pages of the test split (judged ones where there is no log) whose items are in a table, with its rows.

    Where the test split has none, those of validation are taken, and else those of training: scores can be compared on any.

    Raises:
        InputError: if no page has all its items in the table.
    """
    pages = whole_pages(prepared, items, ("test", "valid", "train"))
    random = np.random.default_rng(experiment.seed)
    count = min(experiment.export.parity_pages, len(pages))
    return pages.take(np.sort(random.choice(len(pages), count, replace=False)))


def whole_pages(prepared: Prepared, items: pd.DataFrame, splits: Sequence[str]) -> Pages:
    """The pages, judged ones where there is no log, all of whose items are in a table, with its rows.

    Args:
        prepared: the data.
        items: the table.
        splits: the first of them that has such pages is taken.

    Raises:
        InputError: if none has.
    """
    source = prepared.pages if prepared.pages is not None else prepared.judged
    assert source is not None
    for split in splits:
        pages = _in_table(source.split(split), prepared, items)
        if len(pages):
            return pages
    raise InputError("no page has all its items in the new table: nothing to compare the bundle on")


def _in_table(pages: Pages, prepared: Prepared, items: pd.DataFrame) -> Pages:
    if not len(pages):
        return pages
    if items is not prepared.items:
        rows = pd.Series(np.arange(len(items)), index=items["item_id"])
        moved = rows.reindex(prepared.items["item_id"]).fillna(-1).to_numpy(np.int32)[pages.item]
        pages = dataclasses.replace(pages, item=moved)
    whole = np.logical_and.reduceat(pages.item >= 0, pages.offset[:-1])
    return pages.take(np.flatnonzero(whole))


def export_run(
    run: Run,
    items: pd.DataFrame,
    pages: Pages,
    source: dict[str, Any],
    models: Path | None = None,
    warmup: Pages | None = None,
) -> Path:
    """Write the next version of a run's bundle.

    The version is made in a hidden folder, proved equal to the trainer, and renamed into place.

    Args:
        run: a finished run.
        items: the items table of the bundle; not necessarily that of the training.
        pages: whose scores are compared; every item must be in ``items``.
        source: what the manifest says of the data.
        models: where bundles go; by default the experiment's.
        warmup: of which warm-up requests are made, with items of ``items``; by default ``pages``.

    Returns:
        ``models/<name>/<version>``

    Raises:
        ParityError: if the bundle scores differently; nothing is published.
    """
    experiment = run.experiment
    home = (models or experiment.export.models) / experiment.name
    home.mkdir(parents=True, exist_ok=True)
    making = home / f".making-{os.getpid()}"
    shutil.rmtree(making, ignore_errors=True)
    try:
        groups = batches_of(pages)
        requests = [page_request(experiment, run.ranker, pages.take(group), items) for group in groups]
        with _scratch(making) as scratch:
            run = spelt_by(run, items, scratch)
            scorer = RankerScorer(experiment, run.ranker, run.packers, outputs=run.outputs)
            tables = build_tables(experiment, run.ranker, run.packers, items, pages)
            vectors = scorer.item_vectors(tables, np.arange(len(items)))
            scores = scorer.score(pages, tables, vectors)
            module = bundle_module(run, items, tables, vectors, scratch)
            functions = signatures_of(module)
            lists: TrainerLists | None = None
            made = getattr(module, "lists", None)
            if made is not None:
                scored = ScoredPages(run, scorer, items, tables, vectors)
                lists = trainer_lists(functions, scored, pages, groups, requests, made.channels.categories)
            tf.saved_model.save(module, str(making), signatures=functions)
        ids = items["item_id"].to_numpy(object)
        parity = check_parity(making, pages, scores, ids, requests, experiment.export.tolerance, lists)
        replayed = warmup_requests(
            experiment, run.ranker, pages if warmup is None else warmup, items, lists=lists is not None
        )
        write_warmup(making, replayed, experiment.name)
        manifest = _manifest(run, items, source, parity, module.table.bytes, len(replayed), making)
        (making / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False), encoding="utf-8")
        return _publish(making, home)
    finally:
        shutil.rmtree(making, ignore_errors=True)


@contextlib.contextmanager
def _scratch(making: Path) -> Iterator[Path]:
    """A folder for what has to lie somewhere until the bundle is saved."""
    scratch = making.parent / f"{making.name}-ids"
    scratch.mkdir(exist_ok=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch)


def _manifest(
    run: Run, items: pd.DataFrame, source: dict[str, Any], parity: Parity, table_bytes: int, warmup: int, making: Path
) -> dict[str, Any]:
    measured = measured_metrics(run)
    loaded = tf.saved_model.load(str(making))
    weights = sum(v.dtype.size * int(np.prod(v.shape)) for v in loaded.weights)
    return {
        "name": run.experiment.name,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "git_commit": _git_commit(),
        "config": run.experiment.model_dump(mode="json"),
        "score": run.experiment.model.score,
        "calibration": None if run.calibration is None else run.calibration.config.model_dump(mode="json"),
        "data": source,
        "items": len(items),
        "metrics": measured,
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "signatures": {name: _describe(function) for name, function in loaded.signatures.items()},
        "parity": parity.as_dict(),
        "warmup_requests": warmup,
        "warmup": {"requests": warmup, **run.experiment.export.warmup.model_dump()},
        "bytes": {
            "weights": weights,
            "item_table": table_bytes,
            "bundle": sum(f.stat().st_size for f in making.rglob("*") if f.is_file()),
        },
    }


def _describe(function: Any) -> dict[str, dict[str, str]]:
    def shapes(specs: dict[str, Any]) -> dict[str, str]:
        return {
            name: f"{spec.dtype.name} [{', '.join('?' if d is None else str(d) for d in spec.shape)}]"
            for name, spec in sorted(specs.items())
        }

    return {
        "inputs": shapes(function.structured_input_signature[1]),
        "outputs": shapes(function.structured_outputs),
    }


def _git_commit() -> str | None:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )
    return done.stdout.strip() or None


def _publish(making: Path, home: Path) -> Path:
    """Rename into place under the next free version."""
    while True:
        versions = [int(p.name) for p in home.iterdir() if p.is_dir() and p.name.isdigit()]
        target = home / str(max(versions, default=0) + 1)
        try:
            making.rename(target)
        except OSError:
            if not target.exists():
                raise
            continue
        return target
