"""Timing in processes of their own."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

import small_shop
from tools.benchmarks.latency import Latency, pages_of_candidates
from tools.benchmarks.prepared_requests import read_requests, write_requests
from tools.benchmarks.rounds import ratio_of_rounds, take_turns, timed_process, turns
from tools.benchmarks.throughput import batching_of
from trainer.errors import InputError

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _turns_can_be_imported(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), str(HERE.parents[2])]))


def test_processes_take_turns_after_warming_up(tmp_path):
    log = tmp_path / "log"
    with (
        timed_process("turns", ["a", str(log), "-1"]) as first,
        timed_process("turns", ["b", str(log), "-1"]) as second,
    ):
        times = take_turns([first, second], calls=5, warm_up=1, rounds=2)
    assert log.read_text().split() == ["a0", "b0", "a0", "a1", "b0", "b1", "a2", "a3", "a4", "b2", "b3", "b4"]
    assert [len(found) for found in times] == [5, 5]
    assert min(min(found) for found in times) > 0


def test_turns_may_begin_at_a_later_call(tmp_path):
    log = tmp_path / "log"
    with timed_process("turns", ["a", str(log), "-1"]) as process:
        take_turns([process], calls=2, warm_up=1, rounds=2, first=10)
    assert log.read_text().split() == ["a10", "a10", "a11"]


def test_a_process_that_ends_early_is_an_error_with_its_last_line(tmp_path):
    with (
        timed_process("turns", ["a", str(tmp_path / "log"), "2"]) as process,
        pytest.raises(InputError, match="turns: ended early: a ends at 2"),
    ):
        process.seconds(0, 3)


def test_a_process_that_does_not_start_is_an_error_with_its_last_line():
    with (
        pytest.raises(InputError, match=r"no_such_module: ended early: .*No module named no_such_module"),
        timed_process("no_such_module", []),
    ):
        pass


def test_no_process_is_left_behind(tmp_path):
    with timed_process("turns", ["a", str(tmp_path / "log"), "-1"]) as process:
        running = process._process
        assert running.poll() is None
    assert running.poll() is not None


def test_rounds_hold_all_calls_and_each_of_them_one_at_least():
    assert turns(7, 3) == [(0, 2), (2, 4), (4, 7)]
    assert turns(2, 5) == [(0, 1), (1, 2)]


def test_a_machine_that_is_busy_for_a_round_does_not_move_the_ratio():
    # 3 rounds of 2 calls; in the second everything takes ten times as long, in the third one call of one side does.
    below = [1.0, 1.0, 10.0, 10.0, 1.0, 1.0]
    above = [1.2, 1.2, 12.0, 12.0, 1.2, 30.0]
    assert ratio_of_rounds(above, below, 3) == pytest.approx(1.2)


def test_a_request_made_beforehand_is_one_page_and_keeps_its_order(tmp_path):
    request = {"query": np.array(["drill", "bits ö"]), "price": np.array([[1.5, 2.5], [3.5, 4.5]], np.float32)}
    write_requests(tmp_path / "requests", "shop", 7, request)
    first, second = (predict_pb2.PredictRequest.FromString(sent) for sent in read_requests(tmp_path / "requests"))
    assert (second.model_spec.name, second.model_spec.version.value) == ("shop", 7)
    assert first.inputs["query"].string_val == [b"drill"]
    assert tf.make_ndarray(second.inputs["query"]).tolist() == ["bits ö".encode()]
    assert tf.make_ndarray(second.inputs["price"]).tolist() == [[3.5, 4.5]]


def test_the_gain_of_batching_is_that_of_its_rounds():
    # 2 pages a round: 2 and 4, 1 and 3, 4 and 8 pages a second without and with batching.
    rounds = [
        ([1.0, 0.1, 0.2], [0.5, 0.3, 0.3]),
        ([2.0, 0.1, 0.2], [2 / 3, 0.3, 0.4]),
        ([0.5, 0.1, 0.1], [0.25, 0.3, 0.4]),
    ]
    found = batching_of(rounds)
    assert (found.off.rate, found.on.rate, found.gain) == pytest.approx((2.0, 4.0, 2.0))
    assert (found.off.p50, found.on.p50) == pytest.approx((100.0, 300.0))


def test_a_server_that_is_not_there_is_one_line(tmp_path):
    write_requests(tmp_path / "requests", "shop", 7, {"query": np.array(["drill"])})
    with (
        timed_process("tools.benchmarks.called_by_stub", ["127.0.0.1:1", str(tmp_path / "requests")]) as process,
        pytest.raises(InputError, match="called_by_stub: ended early: request 0: UNAVAILABLE: "),
    ):
        process.seconds(0, 1)


def test_percentiles_are_those_of_the_calls_in_milliseconds():
    # 1 to 101 ms: the 51st is the median, 95 % and 99 % of the way are 96 and 100.
    found = Latency.of([(101 - n) / 1000 for n in range(101)])
    assert (found.p50, found.p95, found.p99) == pytest.approx((51.0, 96.0, 100.0))


def test_timed_pages_hold_each_candidate_once_and_all_where_there_are_few():
    pages = small_shop.pages(count=4)
    wide = pages_of_candidates(pages, items=8, candidates=5, seed=1)
    assert wide.sizes.tolist() == [5] * 4
    assert wide.table["query"].tolist() == pages.table["query"].tolist()
    for page in wide.item.reshape(4, 5):
        assert len(set(page.tolist())) == 5
    assert len({tuple(page) for page in wide.item.reshape(4, 5).tolist()}) > 1
    assert pages_of_candidates(pages, items=8, candidates=100, seed=1).sizes.tolist() == [8] * 4
