"""The hidden attraction of any item of a simulated marketplace, for any of its users and queries."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.simulate.behaviour import appeal_of, attraction_of
from tools.simulate.config import SimulateConfig
from tools.simulate.marketplace import make_marketplace
from tools.simulate.run import FORMAT, MARKER
from tools.simulate.world import World
from trainer.config import Experiment, validate_section
from trainer.data.pages import Pages
from trainer.data.prepared import Prepared
from trainer.errors import InputError
from trainer.evaluation.list_truth import Attraction
from trainer.evaluation.truth import truth_beside


class HiddenAttraction:
    """The chance of a click where an item is looked at, without what nothing explains.

    The simulator draws the world from its seed: the same settings give the same one again.

    Args:
        config: what was simulated.
        seed: it came from.
        intercept: of the click logit.
        item_ids: ids by row of the items table, str [I].
        path: of the settings, for the errors.

    Raises:
        InputError: if the items are not those of the world.
    """

    def __init__(
        self, config: SimulateConfig, seed: int, intercept: float, item_ids: NDArray[np.object_], path: Path
    ) -> None:
        self.config, self.intercept, self.path = config.behaviour, intercept, path
        world_rng, *_ = np.random.default_rng(seed).spawn(3)
        self.world: World = make_marketplace(config.marketplace, config.users, world_rng)
        self._queries, self._users = pd.Index(self.world.queries), pd.Index(self.world.users["user_id"])
        self._items = self._rows(pd.Index(self.world.items["item_id"]), item_ids, "item")

    def __call__(self, pages: Pages) -> NDArray[np.float64]:
        """Attraction of every item of the table, float [P, I].

        Raises:
            InputError: if a query or user is not of the world.
        """
        return attraction_of(self.config, self.logit(pages))

    def logit(self, pages: Pages) -> NDArray[np.float64]:
        """Its logit, float [P, I]; see `__call__`."""
        query = self._rows(self._queries, pages.table["query"].to_numpy(object), "query")
        user = self._rows(self._users, pages.table["user_id"].to_numpy(object), "user")
        assert self.world.relevance_of_all is not None
        relevance = self.world.relevance_of_all(query)[:, self._items]
        appeal = appeal_of(self.config, self.world, user[:, None], self._items[None, :])
        logit: NDArray[np.float64] = self.intercept + self.config.click_relevance * relevance + appeal
        return logit

    def _rows(self, known: pd.Index, names: NDArray[np.object_], what: str) -> NDArray[np.int64]:
        rows = known.get_indexer(pd.Index(names))
        if (rows < 0).any():
            name = names[np.flatnonzero(rows < 0)[0]]
            raise InputError(
                f"{self.path}: {what} {name!r} is not of this simulation; simulate again, into a folder of its own"
            )
        return rows.astype(np.int64)


def hidden_attraction(experiment: Experiment, prepared: Prepared) -> Attraction | None:
    """The hidden attraction behind an experiment's log; None where it is not of a simulated marketplace.

    Args:
        experiment: whose log.
        prepared: its items.

    Raises:
        InputError: if the log was simulated by another version, or the settings can't be read.
    """
    truth = truth_beside(experiment.data)
    path = None if truth is None else truth.with_name(MARKER)
    if path is None or not path.is_file():
        return None
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        settings = dict(facts["settings"])
        intercept, version, seed = float(facts["click_intercept"]), settings.pop("format"), int(settings.pop("seed"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: damaged ({' '.join(str(error).split())[:120]}); simulate again") from None
    if settings.get("source") != "marketplace":
        return None
    if version != FORMAT:
        raise InputError(f"{path}: written by another version of the simulator; simulate again")
    config = validate_section(SimulateConfig, settings, str(path))
    return HiddenAttraction(config, seed, intercept, prepared.items["item_id"].to_numpy(object), path)
