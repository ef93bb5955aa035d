"""Timing in processes of their own."""

import os
from pathlib import Path

import pytest

import small_shop
from tools.benchmarks.latency import Latency, pages_of_candidates
from tools.benchmarks.rounds import take_turns, timed_process
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
