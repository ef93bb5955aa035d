"""A bundle behind the local server: its scores against the trainer's, its latency, its size."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from serving.local.errors import ServerError
from serving.local.model_directory import version_folders
from shelfrank_client import RankingClient
from tools.benchmarks.agreement import Agreement, compare
from tools.benchmarks.figures import Figure, NotHere, Result
from tools.benchmarks.latency import Ways, measure_latency, pages_of_candidates
from tools.benchmarks.prepared_requests import write_requests
from tools.benchmarks.throughput import CALLERS, Batching, measure_batching
from tools.local_server import served
from tools.pages_to_send.prepared import page_queries
from trainer.config import Experiment
from trainer.data.prepared import Prepared, ensure_prepared
from trainer.data.sources import read_items
from trainer.errors import InputError
from trainer.evaluation.scorer import RankerScorer
from trainer.export.export import parity_pages
from trainer.export.requests import page_request
from trainer.training.run import CONFIG, FINISHED, Run, load_run, read_run_config

PAGES = 200
CANDIDATES = 100
CALLS = 200
DEADLINE_SECONDS = 60.0
# What the project asks of itself.
MAX_DIFFERENCE = 1e-5
MAX_SIZE = 1.1
MAX_P50_OF_BI = 40.0
MAX_OF_SERVER = 1.15


@dataclass(frozen=True)
class Bundle:
    """The newest bundle of a run.

    Attributes:
        folder: ``models/<name>/<version>``
        manifest: its manifest.json.
    """

    folder: Path
    manifest: dict[str, Any]

    @classmethod
    def newest(cls, experiment: Experiment) -> "Bundle":
        """The newest bundle of an experiment.

        Raises:
            InputError: if there is none, its manifest is damaged, or it was exported from a run of another configuration.
        """
        base = experiment.export.models / experiment.name
        try:
            found = version_folders(base)
            folder = found[max(found)].path
        except ServerError as error:
            raise NotHere(f"{error}; run `shelfrank export`") from None
        path = folder / "manifest.json"
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            written, described = manifest["bytes"], manifest["data"]["items"]
            complete = {"weights", "item_table"} <= set(written) and isinstance(described, str)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: missing or damaged ({error!r}); run `shelfrank export` again") from None
        if not complete:
            raise InputError(f"{path}: lacks the sizes or the items' source; run `shelfrank export` again")
        if manifest.get("config") != experiment.model_dump(mode="json"):
            raise InputError(f"{folder}: is of a run with another configuration; run `shelfrank export` again")
        return cls(folder, manifest)

    def items(self, experiment: Experiment, prepared: Prepared) -> pd.DataFrame:
        """The items table that the bundle was exported with."""
        source = self.manifest["data"]["items"]
        if source == str(experiment.data.items):
            return prepared.items
        items, rejected = read_items(Path(source), experiment)
        if len(rejected):
            raise InputError(
                f"{source}: {len(rejected)} rows are wrong, which they were not when {self.folder} was exported; "
                "export again"
            )
        return items

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    @property
    def needed(self) -> int:
        """Bytes of the weights and the item table."""
        return int(self.manifest["bytes"]["weights"]) + int(self.manifest["bytes"]["item_table"])


def benchmark_serving(folder: Path, calls: int = CALLS) -> Result:
    """Measure a finished run and its newest bundle.

    Args:
        folder: what ``shelfrank train`` wrote.
        calls: how many pages are timed each way.

    Returns:
        Differences to the trainer, latency through the client and directly, pages a second with and without batching, size.

    Raises:
        NotHere: if there is no such run, or it has no bundle.
        InputError: if the run or the bundle is damaged, or the server fails.
        RankingError: if the server does not answer.
    """
    for name in (CONFIG, FINISHED):
        if not (folder / name).is_file():
            raise NotHere(
                f"{folder}: no finished run ({name} is missing); give a folder that `shelfrank train` finished"
            )
    bundle = Bundle.newest(read_run_config(folder))
    run = load_run(folder)
    return measure_serving(run, ensure_prepared(run.experiment), bundle, calls)


def measure_serving(run: Run, prepared: Prepared, bundle: Bundle, calls: int) -> Result:
    """Measure a bundle against the run that it was exported from; see `benchmark_serving`."""
    experiment = run.experiment
    items = bundle.items(experiment, prepared)
    ids = items["item_id"].to_numpy(object)
    wanted = experiment.export.model_copy(update={"parity_pages": PAGES})
    pages = parity_pages(experiment.model_copy(update={"export": wanted}), prepared, items)
    scores = RankerScorer(experiment, run.ranker, run.packers)(pages, items)
    wide = pages_of_candidates(pages, len(items), CANDIDATES, experiment.seed)
    request = page_request(experiment, run.ranker, wide, items)
    with tempfile.TemporaryDirectory(prefix="shelfrank-benchmark-") as name:
        work = Path(name)
        with served(bundle.folder.parent, experiment.name, work / "server.log") as (target, _):
            version = int(bundle.folder.name)
            with RankingClient(target, experiment.name, DEADLINE_SECONDS, version) as client:
                queries = page_queries(experiment, pages, ids)
                ranked = [client.rank(q.query, q.candidates, q.user, q.context, q.history) for q in queries]
            agreement = compare(pages, scores, ids, ranked)
            requests = work / "requests"
            write_requests(requests, experiment.name, version, request)
            asked = page_queries(experiment, wide, ids)
            ways = measure_latency(bundle.folder, experiment.name, target, asked, request, requests, calls, work)
        batching = measure_batching(bundle.folder, experiment.name, requests, calls, work)
    interaction = experiment.model.interaction
    title = f"{bundle.folder}, {interaction}, {len(items):,} items, {int(wide.sizes[0])} candidates a timed page"
    limit = MAX_P50_OF_BI if interaction == "bi" else None
    figures = [
        *agreement_figures(agreement),
        *latency_figures(ways, calls, limit),
        *batching_figures(batching),
        *size_figures(bundle),
    ]
    return Result("serving", title, figures)


def agreement_figures(agreement: Agreement) -> list[Figure]:
    """Trainer against bundle."""
    return [
        Figure("pages", "pages compared with the trainer", agreement.pages),
        Figure("candidates", "candidates compared", agreement.candidates),
        *(
            Figure(f"max_difference.{name}", f"largest difference of {name}", value, limit=MAX_DIFFERENCE)
            for name, value in agreement.differences.items()
        ),
        Figure("misplaced", "candidates in another order", agreement.misplaced, limit=0),
        Figure("near_ties", "such within 1e-6 of each other", agreement.near_ties),
        Figure("unknown", "candidates unknown to the bundle", agreement.unknown, limit=0),
    ]


def latency_figures(ways: Ways, calls: int, limit: float | None) -> list[Figure]:
    """Through the client, over gRPC without it, directly, and how many times as long the first two take."""
    percentiles = [
        Figure(f"{key}.{name}_ms", f"{meaning}, {name}", getattr(latency, name), "ms", most if name == "p50" else None)
        for key, meaning, latency, most in (
            ("grpc", "through the client", ways.client, limit),
            ("stub", "by a bare stub", ways.stub, None),
            ("direct", "signature called directly", ways.direct, None),
        )
        for name in ("p50", "p95", "p99")
    ]
    return [
        Figure("calls", "pages timed each way", calls),
        *percentiles,
        Figure("grpc_to_direct", "client to direct, p50", ways.client.p50 / ways.direct.p50, "times"),
        Figure("server_to_direct", "server to direct: bare stub, p50", ways.stub_to_direct, "times", MAX_OF_SERVER),
    ]


def batching_figures(batching: Batching) -> list[Figure]:
    """Many callers without batching and with it."""
    return [
        Figure("callers", "callers at one time", CALLERS),
        *(
            figure
            for key, meaning, found in (("alone", "without batching", batching.off), ("joined", "with", batching.on))
            for figure in (
                Figure(f"{key}.pages_per_s", f"pages a second {meaning}", found.rate),
                Figure(f"{key}.p50_ms", f"their p50 {meaning}", found.p50, "ms"),
            )
        ),
        Figure("batching_gain", "pages a second, with batching to without", batching.gain, "times"),
    ]


def size_figures(bundle: Bundle) -> list[Figure]:
    """The bundle on disk against what it has to hold."""
    written = bundle.manifest["bytes"]
    return [
        Figure("bundle_mb", "bundle on disk", bundle.size / 1e6, "MB"),
        Figure("weights_mb", "weights", int(written["weights"]) / 1e6, "MB"),
        Figure("item_table_mb", "item table", int(written["item_table"]) / 1e6, "MB"),
        Figure("size_ratio", "bundle to weights and item table", bundle.size / bundle.needed, "times", MAX_SIZE),
    ]
