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
from tools.benchmarks.agreement import Agreement, compare, page_queries
from tools.benchmarks.figures import Figure, NotHere, Result
from tools.benchmarks.latency import Latency, measure_latency, pages_of_candidates
from tools.local_server import served
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
        Differences to the trainer, latency through the client and directly, size.

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
                queries = page_queries(experiment, page_request(experiment, run.ranker, pages, items))
                ranked = [client.rank(q.query, q.candidates, q.user, q.context, q.history) for q in queries]
            agreement = compare(pages, scores, ids, ranked)
            over_grpc, directly = measure_latency(
                bundle.folder, experiment.name, target, page_queries(experiment, request), request, calls, work
            )
    interaction = experiment.model.interaction
    title = f"{bundle.folder}, {interaction}, {len(items):,} items, {int(wide.sizes[0])} candidates a timed page"
    limit = MAX_P50_OF_BI if interaction == "bi" else None
    figures = [
        *agreement_figures(agreement),
        *latency_figures(over_grpc, directly, calls, limit),
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


def latency_figures(over_grpc: Latency, directly: Latency, calls: int, limit: float | None) -> list[Figure]:
    """Through the client, directly, and how many times as long that is."""
    return [
        Figure("calls", "pages timed each way", calls),
        Figure("grpc.p50_ms", "through the client, p50", over_grpc.p50, "ms", limit),
        Figure("grpc.p95_ms", "through the client, p95", over_grpc.p95, "ms"),
        Figure("grpc.p99_ms", "through the client, p99", over_grpc.p99, "ms"),
        Figure("direct.p50_ms", "signature called directly, p50", directly.p50, "ms"),
        Figure("direct.p95_ms", "signature called directly, p95", directly.p95, "ms"),
        Figure("direct.p99_ms", "signature called directly, p99", directly.p99, "ms"),
        Figure("grpc_to_direct", "client to direct, p50", over_grpc.p50 / directly.p50, "times"),
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
