"""Bundles of the small shop, made once for all tests of the folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text  # noqa: F401  registers the tokenizer's ops

import small_shop
from small_run import random_run
from trainer.data.pages import Pages
from trainer.export.export import export_run
from trainer.export.requests import page_request
from trainer.training.run import Run

INTERACTIONS = ("bi", "cross")
Arrays = dict[str, np.ndarray]


def _run(preset: Path, folder: Path, interaction: str, heads: str = "esmm", **export: Any) -> Run:
    model = {"interaction": interaction, "heads": heads}
    experiment = small_shop.experiment(preset, folder, model=model, name=interaction, export=export)
    run = random_run(folder, experiment)
    run.ranker.similarity_centre.assign(0.4)
    return run


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Run]:
    """Makes runs whose weights are random: what training would have made of them does not matter here."""
    return _run


@pytest.fixture(scope="session", params=INTERACTIONS)
def exported(
    request: pytest.FixtureRequest, tiny_preset: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, Path]:
    """A run and its first bundle."""
    run = _run(tiny_preset, tmp_path_factory.mktemp("export"), request.param)
    return run, export_run(run, small_shop.items(), small_shop.pages(), {"data_hash": "x"})


@pytest.fixture(scope="session")
def model(exported: tuple[Run, Path]) -> Any:
    """The bundle, loaded."""
    return tf.saved_model.load(str(exported[1]))


@pytest.fixture(scope="session")
def rank() -> Callable[..., Arrays]:
    """Calls a signature of a loaded bundle."""

    def call(model: Any, request: Arrays, signature: str = "rank") -> Arrays:
        inputs = {k: tf.constant(v.astype(object) if v.dtype.kind == "U" else v) for k, v in request.items()}
        return {name: value.numpy() for name, value in model.signatures[signature](**inputs).items()}

    return call


@pytest.fixture(scope="session")
def request_of() -> Callable[[Run, Pages], Arrays]:
    """Makes the request for some pages of the shop."""
    return lambda run, pages: page_request(run.experiment, run.ranker, pages, small_shop.items())
