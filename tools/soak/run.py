"""A bundle under malformed requests and under long load, on a server of its own."""

import heapq
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from serving.local.model_directory import version_folders
from serving.local.servable import load_servable
from serving.local.warmup_records import WARMUP_FILE, read_records
from tools.benchmarks.machine import describe_machine
from tools.local_server import served
from tools.soak.fuzz import fuzz
from tools.soak.random_requests import random_requests
from tools.soak.steady import capacity, memory_of, soak
from trainer.errors import InputError

CAPACITY_SECONDS = 10.0
# Memory that the heaviest requests need at the same time stays with the allocator: what counts is whether it grows after them.
HEAVIEST_REQUESTS = 64
MOST_GROWTH = 0.05


def run(base: Path, count: int, seconds: float, seed: int, log: Path) -> bool:
    """Run both and say what came of them.

    Args:
        base: the folder of a model's versions; its name is the model's.
        count: malformed requests.
        seconds: of steady load.
        seed: of the malformed requests.
        log: where the server's words go.

    Returns:
        Whether every request got a clean code, no good one failed and memory grew by no more than 5 %.

    Raises:
        InputError: the bundle has no warm-up requests to send.
        ServerError: there is no bundle.
    """
    console = Console()
    versions = version_folders(base)
    folder = versions[max(versions)].path
    good = warm_up_requests(folder)
    signatures = load_servable(folder, 1).signature_defs
    machine = describe_machine()
    console.print(f"{machine['date']}, {machine['cpu']}, {machine['cores']} cores; bundle {folder}")
    with served(base, base.name, log) as (target, process), Progress(console=console) as progress:
        requests = list(random_requests(base.name, signatures, count, seed))
        task = progress.add_task("malformed requests", total=2 * count)
        took: list[tuple[float, int, bytes]] = []
        memory: list[float] = []

        def first(request: bytes, seconds: float) -> None:
            progress.advance(task)
            took.append((seconds, len(took), request))

        def again(request: bytes, seconds: float) -> None:
            progress.advance(task)
            memory.append(memory_of(process))

        found = fuzz(target, requests, first)
        fuzz(target, [request for _, _, request in heapq.nlargest(HEAVIEST_REQUESTS, took)])
        warm = memory_of(process)
        found.unclean |= fuzz(target, requests, again).unclean
        fuzz_growth = float(np.median(memory[-max(1, count // 20) :])) / warm - 1
        codes = ", ".join(f"{code.name} {number:,}" for code, number in found.codes.most_common())
        console.print(f"{count:,} malformed requests: {codes}")
        for code, message in sorted(found.unclean):
            console.print(f"  not clean: {code}: {message}", markup=False)
        console.print(
            f"  memory {warm:,.0f} MB after all and the heaviest, {memory[-1]:,.0f} MB after all again: {fuzz_growth:+.1%}"
        )
        held = not found.unclean and fuzz_growth <= MOST_GROWTH
        if seconds:
            most = capacity(target, good, CAPACITY_SECONDS)
            console.print(f"capacity {most:.0f} requests a second; sending {most / 2:.0f} for {seconds / 60:g} min")
            task = progress.add_task("steady load", total=1.0)
            soaked = soak(target, process, good, most / 2, seconds, lambda done: progress.update(task, completed=done))
            p50, p95, p99 = np.percentile(soaked.seconds, [50, 95, 99]) * 1000
            console.print(
                f"{len(soaked.seconds):,} answered, {len(soaked.errors)} failed; ms p50 {p50:.1f}, p95 {p95:.1f}, "
                f"p99 {p99:.1f}; memory {soaked.memory[0]:,.0f} to {soaked.memory[-1]:,.0f} MB: {soaked.growth:+.1%}"
            )
            for error in sorted(set(soaked.errors)):
                console.print(f"  {error}", markup=False)
            held = held and not soaked.errors and soaked.growth <= MOST_GROWTH
    console.print("held" if held else "NOT held")
    return held


def warm_up_requests(folder: Path) -> list[bytes]:
    """The ``serving_default`` requests of a bundle's warm-up, without the version.

    Raises:
        InputError: if there is none.
        ServerError: if the file is damaged.
    """
    file = folder / WARMUP_FILE
    found = []
    if file.is_file():
        for log in read_records(file):
            request = log.predict_log.request
            if request.model_spec.signature_name in ("", "serving_default", "rank"):
                request.model_spec.ClearField("version")
                found.append(request.SerializeToString())
    if not found:
        raise InputError(f"{file}: has no request of serving_default to send; export the bundle again")
    return found
