"""Two-tower retrieval for a run: encodes its texts, trains the towers in a process of their own, puts them into place."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from trainer.data.prepared import Prepared, ensure_prepared
from trainer.errors import InputError
from trainer.evaluation.encoding import count_bar, encode_texts
from trainer.evaluation.scorer import RankerScorer
from trainer.retrieval.artefact import FACTS
from trainer.retrieval.clicks import find_clicks, frequent
from trainer.retrieval.declared import retrieval_features
from trainer.retrieval.material import ITEM, SPLITS, USER, Material, rows_of
from trainer.training.run import Run, load_run
from trainer.training.tables import build_tables


def train_two_tower(
    run_folder: Path, out_folder: Path, console: Console, overrides: Sequence[str] = ()
) -> dict[str, Any]:
    """Train the towers of a run.

    Args:
        run_folder: what ``shelfrank train`` wrote; its encoder is used as it is.
        out_folder: where the towers appear, as a whole or not at all; what is there is replaced.
        console: where progress is shown.
        overrides: of the section ``retrieval``, ``key=value``.

    Returns:
        What ``two_tower.json`` of the folder holds: ``settings``, ``seed``, ``counts``, the best ``epoch`` of ``epochs``, and
        the recall of clicks by k before training (``start``) and after (``valid``, ``test``).

    Raises:
        InputError: if the run is not finished, or its log has no clicks to train on.
    """
    run = load_run(run_folder, overrides=overrides)
    return train_towers(run, ensure_prepared(run.experiment), out_folder, console)


def train_towers(run: Run, prepared: Prepared, out_folder: Path, console: Console) -> dict[str, Any]:
    """`train_two_tower` for a run and data that are loaded already."""
    with _making(out_folder) as making:
        gather_material(run, prepared, console).save(making)
        train_in_child(making, console)
        facts: dict[str, Any] = json.loads((making / "made" / FACTS).read_text(encoding="utf-8"))
        if out_folder.exists():
            out_folder.rename(making / "replaced")
        (making / "made").rename(out_folder)
    return facts


def gather_material(run: Run, prepared: Prepared, console: Console) -> Material:
    """Encode the texts of items and queries, and find the clicks.

    Raises:
        InputError: if there is no click to train on.
    """
    experiment, items = run.experiment, prepared.items
    config = experiment.retrieval
    if prepared.pages is None:
        raise InputError(f"{prepared.folder}: holds human judgments only, retrieval needs a log; give data.search_log")
    item_ids = items["item_id"].to_numpy(object)
    clicks = find_clicks(prepared.pages, item_ids, experiment.data.split.by == "query", config)
    splits = {name: clicks.of_split(name) for name in SPLITS}
    if not len(splits["train"]):
        raise InputError(f"{prepared.folder}: no click on the training pages; retrieval has nothing to learn from")
    tables = build_tables(experiment, run.ranker, run.packers, items, clicks.pages)
    scorer = RankerScorer(experiment, run.ranker, run.packers)
    users = clicks.pages.table["user_id"].fillna("").astype(str).to_numpy(object)
    known_users = frequent(users[clicks.page[splits["train"]]], config.min_user_clicks)
    of_items = retrieval_features(experiment.features.items)
    of_users = retrieval_features(experiment.features.users)
    arrays = {
        "item_text": encode_texts(scorer, tables.item_tokens, tables.pad, "items", console),
        "query_text": encode_texts(scorer, tables.query_tokens, tables.pad, "queries", console),
        "query": tables.query_of_page,
        "user": rows_of(known_users, users),
        "history": clicks.history,
        "page": clicks.page,
        "item": clicks.item,
        "weight": clicks.weight,
        **splits,
        **{ITEM + f.name: tables.item_features[f.name] for f in of_items},
        **{USER + f.name: tables.user_features[f.name] for f in of_users},
    }
    statistics = run.statistics["features"]
    return Material(
        config=config,
        seed=experiment.seed,
        item_features=of_items,
        user_features=of_users,
        statistics={
            table: {f.name: statistics[table][f.name] for f in features}
            for table, features in (("items", of_items), ("users", of_users))
        },
        item_ids=item_ids.tolist(),
        known_items=frequent(item_ids[clicks.item[splits["train"]]], config.min_item_clicks),
        known_users=known_users,
        arrays=arrays,
    )


def train_in_child(folder: Path, console: Console) -> None:
    """Train on the material of a folder; the towers appear in the folder ``made`` below.

    Raises:
        InputError: if the training fails, with the last line that it wrote.
    """
    command = [sys.executable, "-m", "trainer.retrieval", str(folder)]
    pipe = subprocess.PIPE
    with (
        tempfile.TemporaryFile("w+", errors="replace") as written,
        # The child ends when its stdin does: however this process ends, none is left behind.
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=written, text=True) as process,
        count_bar(console) as progress,
    ):
        try:
            task = progress.add_task("training the towers", total=None)
            assert process.stdout is not None
            for line in process.stdout:
                _show(json.loads(line), progress, task, console)
            code = process.wait()
        finally:
            process.kill()
        written.seek(0)
        lines = written.read().strip().splitlines()
        if code:
            raise InputError(lines[-1] if lines else f"trainer.retrieval: ended early with exit code {code}")


def _show(told: dict[str, Any], progress: Progress, task: Any, console: Console) -> None:
    if "done" in told:
        progress.update(task, completed=told["done"], total=told["total"])
        return
    loss = f", loss {told['loss']:.3f}" if "loss" in told else ""
    recall = "no validation clicks" if told["recall"] is None else f"recall {told['recall']:.4f}"
    console.print(f"towers, epoch {told['epoch']}: {recall}{loss}", highlight=False)


@contextlib.contextmanager
def _making(target: Path) -> Iterator[Path]:
    """A hidden folder beside the target; those that killed processes left are removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    start = f".{target.name}.making-"
    for left in target.parent.glob(f"{start}*"):
        if not _alive(left.name.removeprefix(start)):
            shutil.rmtree(left, ignore_errors=True)
    making = target.parent / f"{start}{os.getpid()}"
    making.mkdir()
    try:
        yield making
    finally:
        if (making / "replaced").exists() and not target.exists():
            (making / "replaced").rename(target)
        shutil.rmtree(making, ignore_errors=True)


def _alive(process: str) -> bool:
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return int(process) != os.getpid()
