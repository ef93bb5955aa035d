"""A bundle with lists over a large made-up catalogue, without the time of a training.

The encoder is the experiment's, as it comes; the weights of the heads are drawn at random, and the two towers see the clicks
twice. What a call costs depends on sizes and not on what the weights have learned: the time is that of a trained run, the lists
are not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from shelfrank_client import PageQuery
from tools.benchmarks.simulated_data import moved, simulated_data
from tools.pages_to_send.prepared import page_queries
from trainer.channels.build import write_channels
from trainer.config import Experiment, load_experiment
from trainer.data.pages import Pages
from trainer.data.prepared import Prepared
from trainer.export.export import export_run
from trainer.export.list_requests import list_requests
from trainer.export.requests import page_request
from trainer.model.build import build_ranker
from trainer.retrieval.two_tower import train_towers
from trainer.text.backbone import load_backbone
from trainer.training.run import Run, build_packers, set_seed

ITEMS, PAGES = 20_000, 200
CATALOGUE = (
    f"simulate.marketplace.items={ITEMS}",
    "simulate.marketplace.queries=400",
    "simulate.pages=6000",
    "retrieval.epochs=2",
    "export.parity_pages=20",
)


@dataclass(frozen=True)
class ListedShop:
    """A bundle and some pages to ask it for.

    Attributes:
        bundle: ``models/<name>/<version>``
        experiment: that it was made of.
        items: how many the catalogue has.
        queries: P pages as a frontend asks them; their candidates are those that the log showed.
        request: the same as inputs of ``rank``, [P] and more.
    """

    bundle: Path
    experiment: Experiment
    items: int
    queries: list[PageQuery]
    request: dict[str, np.ndarray]


def make_shop(config: Path, folder: Path, console: Console, overrides: Sequence[str] = CATALOGUE) -> ListedShop:
    """Simulate a shop, make a run of it with channels, and export it.

    Args:
        config: an experiment with a section ``simulate`` and a sequence ``history``.
        folder: where everything goes.
        console: where progress is shown.
        overrides: of the experiment, ``key=value``.

    Raises:
        NotHere: if the backbone's weights are not here.
        InputError: if the experiment is wrong or simulates nothing.
    """
    experiment = moved(load_experiment(config, list(overrides)), folder)
    prepared = simulated_data(config, experiment)
    assert prepared.pages is not None
    run = random_run(experiment, prepared, folder / "run")
    write_channels(experiment, prepared, run.folder, console, lambda out: train_towers(run, prepared, out, console))
    source = {"data_hash": prepared.data_hash, "items": str(experiment.data.items)}
    test = prepared.pages.split("test")
    compared = test.take(np.arange(min(experiment.export.parity_pages, len(test))))
    bundle = export_run(run, prepared.items, compared, source, models=folder / "models")
    pages = pages_to_ask(prepared.pages)
    request = page_request(experiment, run.ranker, pages, prepared.items)
    queries = page_queries(experiment, pages, prepared.items["item_id"].to_numpy(object))
    return ListedShop(bundle, experiment, len(prepared.items), queries, request)


def random_run(experiment: Experiment, prepared: Prepared, folder: Path) -> Run:
    """A run that nothing was learned in: heads moved from their start at 0, so that items differ."""
    folder.mkdir(parents=True)
    set_seed(experiment.seed)
    backbone, tokenizer = load_backbone(experiment.encoder.backbone)
    ranker = build_ranker(experiment, prepared.statistics, backbone, tokenizer.pad_token_id)
    random = np.random.default_rng(experiment.seed)
    for variable in ranker.head.trainable_variables:
        variable.assign_add(random.normal(0, 0.3, variable.shape))
    return Run(folder, experiment, prepared.statistics, ranker, build_packers(experiment, tokenizer))


def pages_to_ask(pages: Pages, most: int = PAGES) -> Pages:
    """Training pages with the longest histories: every channel knows their queries, users and items."""
    known = pages.split("train")
    lengths = known.table["history"].map(len).to_numpy()
    longest = np.argsort(-lengths, kind="stable")[:most]
    return known.take(np.sort(longest[lengths[longest] > 0]))


def calls_of(shop: ListedShop, kind: str) -> list[dict[str, Any]]:
    """The arguments of the client's method ``kind``, a page each."""
    calls = []
    for page in shop.queries:
        call: dict[str, Any] = {"user": page.user, "context": page.context, "history": page.history}
        if kind in ("search", "recommend"):
            call["query"] = page.query
        if kind == "similar_items":
            call["item_id"] = next(iter(page.candidates))
        calls.append(call)
    return calls


def inputs_of(shop: ListedShop, kind: str) -> list[dict[str, np.ndarray]]:
    """The same as inputs of the signature ``kind``, [1] and more."""
    pages = len(shop.queries)
    nothing = np.full((pages, 1), "")
    inputs = list_requests(shop.experiment, shop.request, np.arange(pages).astype(str))[kind]
    inputs |= {"excluded": nothing, "pinned": nothing, "boosted": nothing, "boost": np.ones((pages, 1), np.float32)}
    if kind not in ("search", "recommend"):
        inputs["query"] = nothing[:, 0]
    return [{name: values[row : row + 1] for name, values in inputs.items()} for row in range(pages)]
