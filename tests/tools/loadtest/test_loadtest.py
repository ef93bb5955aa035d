"""The command against a real server."""

import json
import os
import re
import socket

import grpc
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from shelfrank_client import RankingClient
from shelfrank_client.protocol import PredictRequest
from tools.cli import app
from tools.loadtest.arrivals import due_times
from tools.loadtest.figures import Loaded, RateFigures
from tools.loadtest.gates import missed
from tools.loadtest.open_loop import Outcome, send
from tools.loadtest.run import Load, run_load
from tools.loadtest.table import notes
from tools.pages_to_send import Source, read_pages
from trainer.errors import InputError

QUICK = ["--duration", "1", "--warm", "0.2", "--deadline", "5"]


def run(*arguments):
    return CliRunner().invoke(app, ["loadtest", *map(str, arguments)], env={"COLUMNS": "200"})


def failure(*arguments):
    """What the command can't do, in one line."""
    result = run(*arguments)
    assert isinstance(result.exception, InputError), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


def load_of(gate, recorded, seconds=1.0, **settings):
    given = {"rates": [50.0], "duration": seconds, "warm": 0.0, "deadline": 5.0, "arrivals": "uniform"} | settings
    quiet = Console(file=open(os.devnull, "w"))  # noqa: SIM115
    return run_load(Load(gate.target, "hand", **given), read_pages(Source(pages=recorded), 1), quiet).rates


def test_a_load_is_told_by_rate_and_by_list_size_as_table_json_and_page(port, recorded, tmp_path):
    files = ["--json", tmp_path / "load.json", "--html", tmp_path / "load.html"]
    where = ["--target", f"127.0.0.1:{port}", "--model", "hand", "--pages", recorded]
    result = run(*where, "--rate", 20, "--rate", 40, "--mix", "4:0.5,12:0.5", "--arrivals", "uniform", *QUICK, *files)
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "load.json").read_text())
    assert (found["model_version"], found["mix"]) == (4, "4:0.5,12:0.5")
    assert [rate["rate"] for rate in found["rates"]] == [20, 40]
    for rate in found["rates"]:
        assert rate["all"]["requests"] == rate["rate"]
        assert rate["all"]["codes"] == {"OK": rate["rate"]}
        assert (rate["all"]["errors"], rate["all"]["degraded"]) == (0, 0)
        assert set(rate["sizes"]) == {"4", "12"}
        assert sum(size["requests"] for size in rate["sizes"].values()) == rate["rate"]
        latency = rate["all"]["latency_ms"]
        assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["p99.9"] <= latency["max"]
        assert 0 < rate["achieved"] <= rate["rate"]
    row = next(line for line in result.output.splitlines() if re.search(r"\b40 .*\ball\b", line))
    assert f"{found['rates'][1]['all']['latency_ms']['p99']:.1f}" in row
    page = (tmp_path / "load.html").read_text()
    assert page.count("<svg") == 3
    assert "4 candidates" in page
    assert "12 candidates" in page
    assert not re.search(r"""(src|href)=["']https?:|url\(["']?https?:|@import""", page)


def test_lists_are_filled_up_as_the_options_say(gate, recorded, tmp_path):
    where = ["--target", gate.target, "--model", "hand", "--pages", recorded, "--rate", 20, *QUICK]
    files = ["--json", tmp_path / "load.json", "--html", tmp_path / "load.html"]
    for options, sizes in (
        (["--list-sizes", "4,16,32", "--history-length", 3], {"item_id": [1, 16], "history": [1, 3]}),
        ([], {"item_id": [1, 5], "history": [1, 1]}),
    ):
        result = run(*where, "--mix", "5:1", *options, *files)
        assert result.exit_code == 0, result.output
        inputs = PredictRequest.FromString(gate.last).inputs
        assert {name: [dim.size for dim in inputs[name].tensor_shape.dim] for name in sizes} == sizes
        found = json.loads((tmp_path / "load.json").read_text())
        expected = ([4, 16, 32], 3) if options else (None, None)
        assert (found["list_sizes"], found["history_length"]) == expected
        assert ("4, 16, 32" in (tmp_path / "load.html").read_text()) == bool(options)


def test_a_stall_of_the_server_is_seen_by_all_requests_that_were_due_meanwhile(gate, recorded):
    gate.stall(after=21, seconds=0.8)  # the first is the one that is asked before the load
    (rate,) = load_of(gate, recorded, seconds=1.5)
    assert rate.all.codes == {"OK": 75}
    # 40 of 75 requests fall into the stall, evenly spread: they wait from 0.8 s down to nothing.
    assert rate.all.latency_ms["max"] >= 750
    assert rate.all.latency_ms["p95"] >= 600
    assert rate.all.latency_ms["p50"] >= 20


def test_latency_counts_from_when_a_request_was_due_and_the_lag_is_told(gate, recorded):
    gate.delay = 0.05
    source = read_pages(Source(pages=recorded), 1)
    due = due_times(100, 0.5, "uniform", 1)
    outcome = Outcome()
    with RankingClient(gate.target, "hand", deadline=5, observer=outcome.observe) as client:
        sent = send(client, outcome, [source.pages[0]] * len(due), due, threads=1)
    # One at a time, 50 ms each: the last of 50 leaves at 2.45 s in place of 0.49 s.
    assert sent.lag[-1] >= 1.9
    assert sent.latency[-1] >= sent.lag[-1] + 0.05
    figures = RateFigures.of(100, sent, 0.0, 0.5)
    assert figures.late > 0.9
    assert figures.achieved <= 20.5

    (note,) = notes(Loaded({}, [figures]))
    assert "left more than 5 ms late" in note


def test_errors_are_counted_by_code(gate, recorded):
    gate.refuse(every=5, code=grpc.StatusCode.INTERNAL)
    (rate,) = load_of(gate, recorded)
    assert rate.all.codes == {"INTERNAL": 10, "OK": 40}
    assert (rate.all.errors, rate.all.degraded) == (0.2, 0.0)


def test_pages_in_the_callers_order_are_counted_as_degraded_with_the_code_of_the_error(gate, recorded):
    gate.stall(after=26, seconds=0.45)
    (rate,) = load_of(gate, recorded, deadline=0.3, fallback=True)
    # What is due in the first 0.15 s of the stall is given up before its end.
    assert rate.all.codes["DEADLINE_EXCEEDED"] >= 3
    assert rate.all.degraded == rate.all.errors == pytest.approx(1 - rate.all.codes["OK"] / 50)


def test_what_is_due_while_warming_up_is_left_out(gate, recorded):
    gate.refuse(every=1, code=grpc.StatusCode.INTERNAL)

    source = read_pages(Source(pages=recorded), 1)
    due = due_times(20, 1.0, "uniform", 1)
    outcome, ended = Outcome(), []

    def count():
        ended.append(1)
        if len(ended) == 8:
            gate.stop_holding()

    with RankingClient(gate.target, "hand", deadline=5, observer=outcome.observe) as client:
        sent = send(client, outcome, [source.pages[0]] * len(due), due, 4, count)
    assert (sent.code[:8] == "INTERNAL").all()
    figures = RateFigures.of(20, sent, warm=0.5, seconds=0.5).all
    assert figures.codes == {"OK": 10}


def test_a_load_beyond_a_gate_ends_with_1_and_says_which(gate, recorded):
    where = ["--target", gate.target, "--model", "hand", "--pages", recorded, "--rate", 30, *QUICK]
    held = run(*where, "--fail-above-p99", 60_000, "--fail-errors", 0)
    assert held.exit_code == 0, held.output
    slow = run(*where, "--fail-above-p99", 0.001)
    assert slow.exit_code == 1
    assert re.search(r"not held: 30 requests/s: p99 is [\d.]+ ms, --fail-above-p99 allows 0.001 ms", slow.stderr)
    gate.refuse(every=4, code=grpc.StatusCode.INTERNAL)
    failing = run(*where, "--fail-errors", 0.1)
    assert failing.exit_code == 1
    assert "were not answered, --fail-errors allows 10.00%" in failing.stderr


def test_a_load_that_is_never_answered_holds_no_p99(gate, recorded):
    gate.refuse(every=1, code=grpc.StatusCode.INTERNAL)
    page, outcome = read_pages(Source(pages=recorded), 1).pages[0], Outcome()
    with RankingClient(gate.target, "hand", deadline=5, observer=outcome.observe) as client:
        sent = send(client, outcome, [page], np.zeros(1), 1)
    (said,) = missed([RateFigures.of(1, sent, 0.0, 1.0)], p99=1e9, errors=None)
    assert "none was answered" in said


def test_a_file_that_cannot_be_written_is_named_before_the_load(recorded, tmp_path):
    (tmp_path / "file").write_text("")
    for option, path in (("--json", tmp_path), ("--html", tmp_path / "file" / "load.html")):
        # No server is there: it was not asked.
        said = failure("--target", "127.0.0.1:1", "--pages", recorded, option, path)
        assert said.startswith(f"{option} {path}: ")


def test_an_allowed_share_of_errors_above_1_is_no_share(recorded):
    result = run("--pages", recorded, "--fail-errors", 5)
    assert result.exit_code == 2
    assert "--fail-errors" in result.stderr


def test_without_a_server_it_says_so(recorded):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{taken.getsockname()[1]}"
        assert failure("--target", target, "--pages", recorded).startswith(
            f"--target {target}: no server answers there"
        )


def test_pages_that_do_not_fit_the_model_are_refused_before_the_load(port, tmp_path):
    pages = tmp_path / "pages.jsonl"
    pages.write_text('{"query": "drill", "candidates": ["1"], "context": {"weather": "rain"}}\n')
    said = failure("--target", f"127.0.0.1:{port}", "--model", "hand", "--pages", pages)
    assert said.startswith("the pages do not fit the model hand: ")
    assert "'weather'" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--mix", "24:much"], "--mix 24:much: '24:much' is no SIZE:SHARE"),
        (["--mix", "0:1"], "--mix 0:1: '0:1' is no SIZE:SHARE"),
        (["--mix", "24:0.5,24:0.5"], "is no SIZE:SHARE"),
        (["--mix", "5000:1"], "asks for lists of 5000"),
        (["--list-sizes", "24,12"], "--list-sizes 24,12: expected whole numbers above 0 that grow"),
        (["--list-sizes", "24,many"], "--list-sizes 24,many: expected whole numbers above 0 that grow"),
        (["--list-sizes", "0,12"], "--list-sizes 0,12: expected whole numbers above 0 that grow"),
        (["--history-length", "0"], "--history-length 0: expected a whole number above 0"),
        (["--rate", "0"], "--rate: expected a number above 0"),
        (["--duration", "nan"], "--duration: expected a number above 0"),
        (["--warm", "-1"], "--warm: expected a number above 0 or 0"),
        (["--arrivals", "daily"], "--arrivals daily: there are poisson and uniform"),
        (["--rate", "0.001", "--duration", "0.1", "--warm", "0"], "--rate 0.001: no request in 0.1 s"),
    ],
)
def test_wrong_numbers_are_named(recorded, port, arguments, said):
    assert said in failure("--target", f"127.0.0.1:{port}", "--model", "hand", "--pages", recorded, *arguments)


def test_poisson_arrivals_are_those_of_the_seed_with_exponential_gaps():
    due = due_times(200, 50, "poisson", 3)
    assert (due == due_times(200, 50, "poisson", 3)).all()
    assert due[0] != due_times(200, 50, "poisson", 4)[0]
    assert due[-1] < 50
    # 10,000 on average with a standard deviation of 100.
    assert abs(len(due) - 10_000) < 500
    gaps = np.diff(due)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)


def test_uniform_arrivals_have_equal_gaps():
    assert due_times(4, 1, "uniform", 1).tolist() == [0.0, 0.25, 0.5, 0.75]
