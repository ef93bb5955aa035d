"""The nearest items: the index inside a bundle against FAISS."""

import importlib.util

import numpy as np

from tools.benchmarks.figures import Figure, NotHere, Result
from tools.benchmarks.nearest_items import ITEMS, SEARCHES, WIDTH, K, made
from tools.benchmarks.rounds import take_turns, timed_process

WARM_UP, ROUNDS = 10, 40
MOST = 1.5


def benchmark_retrieval(calls: int = 400) -> Result:
    """Time the best 100 of 200,000 items for one query, in turns with FAISS.

    The ratio is that of the fastest tenth of the calls: the time that the work takes where no other process takes the core.
    The medians stand beside it.

    Args:
        calls: how many each way.

    Raises:
        NotHere: if FAISS is not installed.
        InputError: if one of the processes fails.
    """
    if importlib.util.find_spec("faiss") is None:
        raise NotHere("faiss is not installed: pip install faiss-cpu")
    with (
        timed_process("tools.benchmarks.nearest_items", ["graph"]) as graph,
        timed_process("tools.benchmarks.nearest_items", ["faiss"]) as faiss,
    ):
        ours, theirs = take_turns([graph, faiss], calls, WARM_UP, ROUNDS)
    return Result("retrieval", f"the best {K} of {ITEMS:,} items of width {WIDTH}, one query", figures(ours, theirs))


def figures(ours: list[float], theirs: list[float]) -> list[Figure]:
    """The figures of seconds of calls."""
    fast = [float(np.percentile(seconds, 10)) for seconds in (ours, theirs)]
    middle = [float(np.median(seconds)) for seconds in (ours, theirs)]
    return [
        Figure("graph_ms", "in the graph, fastest tenth", fast[0] * 1000, "ms"),
        Figure("faiss_ms", "FAISS flat, fastest tenth", fast[1] * 1000, "ms"),
        Figure("times_faiss", "graph over FAISS, fastest tenth", fast[0] / fast[1], limit=MOST),
        Figure("graph_median_ms", "in the graph, median", middle[0] * 1000, "ms"),
        Figure("faiss_median_ms", "FAISS flat, median", middle[1] * 1000, "ms"),
        Figure("times_faiss_median", "graph over FAISS, median", middle[0] / middle[1]),
        Figure("same_items", "of the 100, found by both (mean of 10 queries)", same_items()),
    ]


def same_items() -> float:
    """How many of the best 100 both ways find, on average."""
    items, queries = made()
    graph, faiss = (SEARCHES[way](items) for way in ("graph", "faiss"))
    both = [len(np.intersect1d(graph(q[None, :])[0], faiss(q[None, :])[0])) for q in queries[:10]]
    return float(np.mean(both))
