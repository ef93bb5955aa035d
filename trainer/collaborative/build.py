"""The tables that channels of lists read, made of the training pages."""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from scipy import sparse

from trainer.channels.folder import NEIGHBOURS, POPULARITY, QUERY_MEMORY
from trainer.collaborative.interactions import Interactions, count_interactions, with_two_items
from trainer.collaborative.neighbours import find_neighbours
from trainer.collaborative.popularity import EVERY, popularity
from trainer.collaborative.query_memory import query_memory
from trainer.config import Experiment
from trainer.data.prepared import Prepared
from trainer.data.storage import write_frame
from trainer.errors import InputError

ONE = {"users": "user", "pages": "page", "queries": "query"}


def build_collaborative(experiment: Experiment, prepared: Prepared, folder: Path, console: Console) -> dict[str, Any]:
    """Write `neighbours.parquet`, `popularity.parquet` and `query_memory.parquet`.

    Only pages of the split ``train`` are read. A log in which no user has two items gives no neighbours; that is said, the
    other tables are written all the same.

    Args:
        experiment: weights, half-lives and sizes.
        prepared: its data.
        folder: where to, an existing folder.
        console: where progress and what is missing are shown.

    Returns:
        Facts: ``settings``; ``interactions`` (``without_user``; ``users``, or ``pages`` where no user is named, and
        ``queries``, each with its ``rows``, those ``with_two_items`` and the ``pairs`` of row and item); ``neighbours`` by
        kind, ``popularity`` and ``query_memory`` with the sizes of their tables; ``notes``, a sentence each.

    Raises:
        InputError: if there is no log.
    """
    if prepared.pages is None:
        raise InputError(
            f"{prepared.folder}: holds human judgments only, channels need clicks; give data.search_log or data.events"
        )
    config, items, tasks = experiment.collaborative, prepared.items, experiment.tasks
    training = prepared.pages.split("train")
    item_ids = items["item_id"].to_numpy(object)
    with console.status("counting interactions") as status:
        found = count_interactions(training, len(items), config, tasks)
        neighbours = find_neighbours(found, item_ids, config, experiment.seed, status.update)
        status.update("popularity, and the items of each query")
        popular = popularity(training, items, config, tasks)
        memory = query_memory(found, item_ids, config.query_items)
        for table, name in ((neighbours, NEIGHBOURS), (popular, POPULARITY), (memory, QUERY_MEMORY)):
            write_frame(table, folder / name)
    notes = _notes(found, list(config.kinds), neighbours)
    for note in notes:
        console.print(note, soft_wrap=True, highlight=False)
    return {
        "settings": config.model_dump(mode="json"),
        "interactions": {
            "without_user": found.without_user,
            found.rows: _rows(found.users),
            "queries": _rows(found.queries),
        },
        "neighbours": {
            kind: _size(neighbours[neighbours["kind"] == kind], "item_id", "items") for kind in config.kinds
        },
        "popularity": _size(popular[popular["category"] == EVERY], "item_id", "items")
        | {"categories": int(popular.loc[popular["category"] != EVERY, "category"].nunique())},
        "query_memory": _size(memory, "query", "queries"),
        "notes": notes,
    }


def _notes(found: Interactions, kinds: list[str], neighbours: pd.DataFrame) -> list[str]:
    notes = []
    of_users = [kind for kind in kinds if kind != "queries"]
    if found.rows == "pages" and of_users:
        notes.append(f"the log names no user: {', '.join(of_users)} take the items clicked on one page as a user's")
    if found.without_user and of_users:
        notes.append(f"{found.without_user:,} interactions have no user_id: {', '.join(of_users)} leave them out")
    missing = [kind for kind in kinds if not (neighbours["kind"] == kind).any()]
    for rows, of in ((found.rows, of_users), ("queries", ["queries"])):
        absent = [kind for kind in missing if kind in of]
        if absent:
            notes.append(
                f"no neighbours of items ({', '.join(absent)}): no {ONE[rows]} has two items clicked or bought"
            )
    return notes


def _rows(matrix: sparse.csr_matrix) -> dict[str, int]:
    return {"rows": matrix.shape[0], "with_two_items": with_two_items(matrix), "pairs": int(matrix.nnz)}


def _size(table: pd.DataFrame, column: str, name: str) -> dict[str, int]:
    return {"rows": len(table), name: int(table[column].nunique())}
