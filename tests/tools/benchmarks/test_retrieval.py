"""The retrieval benchmark."""

import pytest

from tools.benchmarks.retrieval import benchmark_retrieval, figures


def test_the_index_and_faiss_are_timed_on_the_same_queries_and_find_the_same():
    result = benchmark_retrieval(calls=8)
    by_key = {figure.key: figure for figure in result.figures}
    assert by_key["same_items"].value == 100
    assert by_key["graph_ms"].value > 0
    assert by_key["times_faiss"].limit == 1.5


def test_ratios_are_those_of_the_fastest_tenth_and_of_the_medians(monkeypatch):
    monkeypatch.setattr("tools.benchmarks.retrieval.same_items", lambda: 100.0)
    ours = [0.002] * 3 + [0.009] * 7
    by_key = {figure.key: figure.value for figure in figures(ours, [0.001] * 4 + [0.003] * 6)}
    assert by_key["times_faiss"] == pytest.approx(2.0)
    assert by_key["times_faiss_median"] == pytest.approx(3.0)
