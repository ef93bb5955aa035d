"""`simulate`: from settings and a seed to a folder of contract tables."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress

from tools.datasets.publish import publish_folder, write_table
from tools.simulate.behaviour import Behaviour, behave, examination_curve
from tools.simulate.config import SimulateConfig
from tools.simulate.judged import make_judged_world
from tools.simulate.marketplace import make_marketplace
from tools.simulate.pages import LoggedPages, draw_pages
from tools.simulate.vocabulary import DEVICES
from tools.simulate.world import World
from trainer.errors import InputError

MARKER = "simulate.json"
FORMAT = 1
"""Raised when the same settings give other tables than before."""
TABLES = ("items", "users", "search_log", "judgments", "truth")


@dataclass(frozen=True)
class SimulateReport:
    """What was written.

    Attributes:
        out: the folder.
        reused: whether a complete folder with the same settings was already there.
        rows: rows of each table.
        rates: click rate, purchases per click and purchase rate as observed.
        facts: the whole of `simulate.json`.
    """

    out: Path
    reused: bool
    rows: dict[str, int]
    rates: dict[str, float]
    facts: dict[str, Any]

    def lines(self) -> list[str]:
        """The report in words, one line a fact."""
        verb = "already there" if self.reused else "written"
        rows = ", ".join(f"{table} {count:,}" for table, count in self.rows.items())
        rates = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in self.rates.items())
        return [f"simulated behaviour {verb}: {self.out}", f"rows: {rows}", rates]


def simulate(config: SimulateConfig, out: Path, seed: int, progress: bool = True) -> SimulateReport:
    """Write items, users, search_log, judgments and truth as parquet, and `simulate.json`.

    The folder appears as a whole or not at all. A complete folder with the same settings, seed and source
    table is kept as it is; one with others is replaced.

    Args:
        config: the `simulate:` section.
        out: the folder to write.
        seed: everything random comes from it.
        progress: show a progress bar on stderr.

    Returns:
        Counts and rates.

    Raises:
        InputError: settings that cannot be met, a faulty source table, or a folder with other files.
    """
    out = Path(out)
    if seed < 0:
        raise InputError(f"seed: {seed} is negative; give 0 or more")
    settings = _settings(config, seed)
    earlier = _earlier(out, settings)
    if earlier is not None:
        return SimulateReport(out, True, earlier["rows"], earlier["rates"], earlier)

    world_rng, page_rng, behaviour_rng = np.random.default_rng(seed).spawn(3)
    with (
        publish_folder(out, MARKER, "data.items") as folder,
        Progress(console=Console(stderr=True), disable=not progress, transient=True) as bar,
    ):
        task = bar.add_task("items, users and queries", total=4)
        if config.source == "marketplace":
            world = make_marketplace(config.marketplace, config.users, world_rng)
        else:
            assert config.judgments is not None
            world = make_judged_world(config.judgments, config.users, world_rng)
        bar.update(task, advance=1, description="pages")
        pages = draw_pages(config, world, page_rng)
        bar.update(task, advance=1, description="clicks and purchases")
        behaviour = behave(config.behaviour, world, pages, behaviour_rng)
        bar.update(task, advance=1, description="tables")
        search_log, truth = _tables(config, world, pages, behaviour)
        frames = (world.items, world.users, search_log, world.judgments, truth)
        for name, frame in zip(TABLES, frames, strict=True):
            write_table(frame, folder, name)
        rows = {name: len(frame) for name, frame in zip(TABLES, frames, strict=True)}
        facts = _facts(config, settings, rows, world, search_log, behaviour)
        (folder / MARKER).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        bar.update(task, advance=1)
    return SimulateReport(out, False, facts["rows"], facts["rates"], facts)


def _settings(config: SimulateConfig, seed: int) -> dict[str, Any]:
    settings: dict[str, Any] = {"format": FORMAT, "seed": seed, **config.model_dump(mode="json")}
    if config.source == "judgments":
        assert config.judgments is not None
        del settings["marketplace"]
        path = config.judgments.path
        if not path.is_file():
            raise InputError(f"simulate.judgments.path: {path}: no such file")
        settings["judgments_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return settings


def _earlier(out: Path, settings: dict[str, Any]) -> dict[str, Any] | None:
    """The facts of a complete folder with the same settings."""
    if not all((out / name).is_file() for name in (MARKER, *(f"{table}.parquet" for table in TABLES))):
        return None
    try:
        facts = json.loads((out / MARKER).read_text(encoding="utf-8"))
    except ValueError:
        return None
    return facts if isinstance(facts, dict) and facts.get("settings") == settings else None


def _tables(
    config: SimulateConfig, world: World, pages: LoggedPages, behaviour: Behaviour
) -> tuple[pd.DataFrame, pd.DataFrame]:
    digits = max(7, len(str(config.pages)))
    request = np.char.add("r", np.char.zfill((np.arange(config.pages) + 1).astype(str), digits))
    item_id = world.items["item_id"].to_numpy()[pages.item]
    search_log = pd.DataFrame(
        {
            "request_id": request[pages.page],
            "timestamp": pages.timestamp[pages.page],
            "user_id": world.users["user_id"].to_numpy()[pages.user[pages.page]],
            "query": world.queries[pages.query[pages.page]],
            "item_id": item_id,
            "position": pages.position.astype("int32"),
            "clicked": behaviour.clicked,
            "purchased": behaviour.purchased,
            "device": np.array(DEVICES)[pages.device[pages.page]],
        }
    )
    truth = pd.DataFrame(
        {
            "request_id": request[pages.page],
            "item_id": item_id,
            "position": pages.position.astype("int32"),
            "attraction": behaviour.attraction,
            "examination": behaviour.examination,
            "click_probability": behaviour.click_probability,
            "conversion_probability": behaviour.conversion,
        }
    )
    return search_log, truth


def _facts(
    config: SimulateConfig,
    settings: dict[str, Any],
    rows: dict[str, int],
    world: World,
    search_log: pd.DataFrame,
    behaviour: Behaviour,
) -> dict[str, Any]:
    clicks, purchases = int(search_log["clicked"].sum()), int(search_log["purchased"].sum())
    by_position = search_log.groupby("position")["clicked"].mean()
    positions = np.arange(1, config.page_size + 1)
    return {
        "simulated": "Clicks and purchases come from a stated model, not from people.",
        "settings": settings,
        "rows": rows,
        "pages": config.pages,
        "queries": len(world.queries),
        "clicks": clicks,
        "purchases": purchases,
        "rates": {
            "click_rate": clicks / len(search_log),
            "purchases_per_click": purchases / max(clicks, 1),
            "purchase_rate": purchases / len(search_log),
        },
        "examination_formula": f"position ** -{config.behaviour.eta:g}",
        "examination": [round(float(v), 6) for v in examination_curve(config.behaviour.eta, positions)],
        "click_rate_by_position": {str(k): round(float(v), 6) for k, v in by_position.items()},
        "click_intercept": behaviour.click_intercept,
        "purchase_intercept": behaviour.purchase_intercept,
        **world.facts,
    }
