"""Attraction of any pair, from a world that is made again from its seed."""

import json

import numpy as np
import pandas as pd
import pytest

from tools.lists.hidden_attraction import HiddenAttraction, hidden_attraction
from tools.simulate import SimulateConfig, simulate
from tools.simulate.behaviour import attraction_of
from trainer.config import Experiment, validate_section
from trainer.data.prepared import prepare
from trainer.errors import InputError

SEED = 11
SETTINGS = {"pages": 150, "page_size": 6, "users": 40, "marketplace": {"items": 120, "queries": 30}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A small marketplace, prepared."""
    folder = tmp_path_factory.mktemp("marketplace")
    simulate(SimulateConfig.model_validate(SETTINGS), folder / "data", SEED, progress=False)
    raw = {
        "name": "shop",
        "seed": SEED,
        "data": {
            "prepared": str(folder / "prepared"),
            "items": str(folder / "data" / "items.parquet"),
            "search_log": str(folder / "data" / "search_log.parquet"),
            "split": {"by": "query", "valid": 0.2, "test": 0.2},
        },
    }
    experiment = validate_section(Experiment, raw, "shop")
    return experiment, prepare(experiment, progress=False)


def test_attraction_with_the_noise_of_the_log_is_the_truth_of_every_impression(shop):
    experiment, prepared = shop
    of_any = hidden_attraction(experiment, prepared)
    assert isinstance(of_any, HiddenAttraction)
    truth = pd.read_parquet(experiment.data.items.parent / "truth.parquet")
    # What nothing explains is the first that behaviour draws, one number an impression.
    noise = of_any.config.noise * np.random.default_rng(SEED).spawn(3)[2].normal(size=len(truth))
    pages = prepared.pages
    keys = pd.MultiIndex.from_arrays(
        [
            pages.table["request_id"].to_numpy(object)[pages.page_of_impression],
            prepared.items["item_id"].to_numpy(object)[pages.item],
        ]
    )
    known = truth.assign(noise=noise).set_index(["request_id", "item_id"]).loc[keys]
    logit = of_any.logit(pages)[pages.page_of_impression, pages.item]
    np.testing.assert_allclose(
        attraction_of(of_any.config, logit + known["noise"].to_numpy()), known["attraction"].to_numpy(), atol=1e-7
    )
    assert len(known) == len(truth) == 150 * 6


def test_every_item_has_an_attraction_for_every_page(shop):
    experiment, prepared = shop
    pages = prepared.pages.take(np.arange(5))
    found = hidden_attraction(experiment, prepared)(pages)
    assert found.shape == (5, 120)
    assert (found > 0.02).all()
    assert (found < 1).all()


def test_logs_that_were_not_simulated_have_none(shop, tmp_path):
    experiment, prepared = shop
    data = experiment.data.model_copy(update={"search_log": tmp_path / "search_log.parquet"})
    assert hidden_attraction(experiment.model_copy(update={"data": data}), prepared) is None


def test_settings_of_another_version_and_queries_of_another_log_are_refused(shop, tmp_path):
    experiment, prepared = shop
    source = experiment.data.search_log.parent
    facts = json.loads((source / "simulate.json").read_text())
    facts["settings"]["format"] = -1
    (tmp_path / "simulate.json").write_text(json.dumps(facts))
    (tmp_path / "truth.parquet").write_bytes((source / "truth.parquet").read_bytes())
    data = experiment.data.model_copy(update={"search_log": tmp_path / "search_log.parquet"})
    with pytest.raises(InputError, match=r"simulate.json: written by another version of the simulator; simulate again"):
        hidden_attraction(experiment.model_copy(update={"data": data}), prepared)
    pages = prepared.pages.take(np.arange(2))
    pages.table["query"] = "no such query"
    with pytest.raises(InputError, match="query 'no such query' is not of this simulation"):
        hidden_attraction(experiment, prepared)(pages)
