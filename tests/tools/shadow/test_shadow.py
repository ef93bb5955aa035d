"""The command against real servers and bundles."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from typer.testing import CliRunner

from shelfrank_client import PageQuery, RankedItem, RankedPage
from tools.cli import app
from tools.shadow.agreement import compare, kendall
from tools.shadow.asking import Answers
from tools.shadow.sides import side_of
from trainer.errors import InputError


def run(*arguments):
    return CliRunner().invoke(app, ["shadow", *map(str, arguments)], env={"COLUMNS": "200"})


def found_by(path, *arguments):
    result = run(*arguments, "--json", path)
    assert result.exit_code == 0, result.output
    return json.loads(path.read_text())


def failure(*arguments):
    """What the command can't do, in one line."""
    result = run(*arguments)
    assert isinstance(result.exception, InputError), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_a_version_agrees_with_itself(server, recorded, tmp_path):
    found = found_by(tmp_path / "found.json", f"{server}/hand@1", f"{server}/hand:stable", "--pages", recorded)
    assert (found["a"]["versions"], found["b"]["versions"]) == ([1], [1])
    assert (found["pages"], found["compared"], found["candidates"]) == (12, 12, 11 * 12 + 1)
    assert found["kendall_tau"] == {"mean": 1.0, "median": 1.0, "least": 1.0}
    assert found["overlap"] == {"k": 10, "mean": 1.0, "least": 1.0}
    assert found["difference"]["score"] == {"mean": 0.0, "max": 0.0}
    for side in ("a", "b"):
        assert 0 < found[side]["latency_ms"]["p50"] <= found[side]["latency_ms"]["p95"]
        assert found[side]["errors"] == {}


def test_another_order_shows_in_tau_overlap_and_the_pages_that_differ_most(server, recorded, tmp_path):
    path = tmp_path / "found.json"
    found = found_by(path, f"{server}/hand@1", f"{server}/hand@2", "--pages", recorded, "-k", 4, "--show", 3)
    assert found["kendall_tau"]["mean"] == -1.0
    # The first 4 of 12 have nothing in common when the order is turned round; the page of one item has it in common.
    assert found["overlap"] == {"k": 4, "mean": pytest.approx(1 / 12), "least": 0.0}
    # Scores 0..11 against 0..-11 on eleven pages, 5 against -5 on the other.
    differences = [2 * place for place in range(12)] * 11 + [10]
    assert found["difference"]["score"] == {"mean": pytest.approx(np.mean(differences)), "max": pytest.approx(22)}
    scores = [*range(12)] * 11 + [5]
    for quantile, values in found["score_quantiles"].items():
        assert values["a"] == pytest.approx(np.quantile(scores, float(quantile)))
        assert values["b"] == pytest.approx(-np.quantile(scores, 1 - float(quantile)))
    assert [page["page"] for page in found["most_different"]] == [1, 2, 3]
    worst = found["most_different"][0]
    assert (worst["query"], worst["first_a"], worst["place_b"]) == ("query [/1]", "11000", 12)
    assert (worst["first_b"], worst["place_a"]) == ("0", 12)


def test_the_same_order_with_other_scores_shows_as_drift_alone(server, recorded, tmp_path):
    found = found_by(tmp_path / "found.json", f"{server}/hand:stable", f"{server}/hand:canary", "--pages", recorded)
    assert found["b"]["versions"] == [3]
    assert found["kendall_tau"]["mean"] == 1.0
    assert found["difference"]["score"] == {"mean": pytest.approx(0.25), "max": pytest.approx(0.25)}
    assert found["difference"]["ctr"] == {"mean": pytest.approx(0.125), "max": pytest.approx(0.125)}
    for values in found["score_quantiles"].values():
        assert values["difference"] == pytest.approx(0.25)


class Widths(tf.Module):
    """score = width of the list + 100 times that of the history."""

    @tf.function(
        input_signature=[*[tf.TensorSpec([None], tf.string)] * 2, *[tf.TensorSpec([None, None], tf.string)] * 2]
    )
    def rank(
        self, query: tf.Tensor, user_id: tf.Tensor, item_id: tf.Tensor, history: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        width = tf.cast(tf.shape(item_id)[1] + 100 * tf.shape(history)[1], tf.float32)
        values = tf.fill(tf.shape(item_id), width)
        return dict.fromkeys(("score", "ctr", "cvr", "ctcvr"), values) | {"item_id": item_id, "known": item_id != ""}


def test_lists_are_filled_up_for_both_sides_as_the_options_say(recorded, tmp_path):
    model, folder = Widths(), tmp_path / "models" / "widths" / "1"
    tf.saved_model.save(model, str(folder), signatures={"serving_default": model.rank})
    sides = [folder, folder, "--pages", recorded, "--list-sizes", "16,32", "--history-length", 3]
    found = found_by(tmp_path / "found.json", *sides)
    assert found["compared"] == 12
    for values in found["score_quantiles"].values():
        assert (values["a"], values["b"]) == (316.0, 316.0)
    wrong = failure(*sides[:4], "--list-sizes", "32,16")
    assert wrong.startswith("--list-sizes 32,16: expected whole numbers above 0 that grow")


def test_bundle_folders_are_served_for_the_time_of_the_comparison(versions, server, recorded, tmp_path):
    found = found_by(tmp_path / "found.json", versions / "1", f"{server}/hand@3", "--pages", recorded)
    assert (found["a"]["model"], found["a"]["versions"]) == ("hand", [1])
    assert found["difference"]["score"]["mean"] == pytest.approx(0.25)


def test_the_server_of_a_bundle_ends_with_the_comparison(versions):
    with side_of(str(versions / "2")) as side:
        host, port = side.target.split(":")
        socket.create_connection((host, int(port)), timeout=10).close()
        assert side.version == 2
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (["--min-tau", "0.9"], "mean Kendall tau is -1.0000, --min-tau asks for 0.9"),
        (["--min-overlap", "0.9"], "mean overlap is 0.8167, --min-overlap asks for 0.9"),
        (["--max-drift", "0.1"], "mean score difference is 11, --max-drift allows 0.1"),
    ],
)
def test_a_gate_that_does_not_hold_ends_with_1_and_says_so(server, recorded, gate, said):
    result = run(f"{server}/hand@1", f"{server}/hand@2", "--pages", recorded, *gate)
    assert result.exit_code == 1
    assert f"not held: {said}" in result.stderr


def test_gates_that_hold_end_with_0_and_the_tables_name_the_figures(server, recorded):
    gates = ["--min-tau", "1", "--min-overlap", "1", "--max-drift", "0.2501"]
    result = run(f"{server}/hand@1", f"{server}/hand@3", "--pages", recorded, *gates)
    assert result.exit_code == 0, result.output
    assert "Kendall tau" in result.stdout
    assert "query [/1]" in result.stdout


def test_pages_that_a_side_does_not_answer_are_counted_and_hold_no_gate(server, recorded, tmp_path):
    pages = tmp_path / "pages.jsonl"
    wrong = {"query": "x", "candidates": ["1", "2"], "context": {"weather": "rain"}}
    pages.write_text(recorded.read_text() + json.dumps(wrong) + "\n")
    sides = [f"{server}/hand@1", f"{server}/hand@1", "--pages", pages]
    found = found_by(tmp_path / "found.json", *sides)
    assert (found["pages"], found["compared"]) == (13, 12)
    assert found["a"]["errors"] == {"INVALID_ARGUMENT": 1}
    result = run(*sides, "--min-tau", "0.5")
    assert result.exit_code == 1
    assert "1 pages were not answered by both sides" in result.stderr


def test_no_page_answered_by_both_is_an_error(server, tmp_path):
    pages = tmp_path / "pages.jsonl"
    pages.write_text('{"query": "x", "candidates": ["1"], "context": {"weather": "rain"}}\n')
    said = failure(f"{server}/hand@1", f"{server}/hand@2", "--pages", pages)
    assert said.startswith("no page was answered by both sides: A: ")
    assert "'weather'" in said


def test_sides_that_there_are_not_are_named(server, recorded, versions, tmp_path, dead_target):
    assert failure("nowhere", f"{server}/hand", "--pages", recorded).startswith(
        "nowhere: is neither a server nor a folder; expected host:port"
    )
    assert failure(versions, f"{server}/hand", "--pages", recorded).startswith(f"{versions}: holds no bundle")
    named = tmp_path / "latest"
    os.symlink(versions / "1", named)
    with side_of(str(named)) as side:
        assert side.version == 1
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "saved_model.pb").write_bytes(b"")
    assert failure(tmp_path / "5", f"{server}/hand", "--pages", recorded).count("did not start") == 1
    assert failure(dead_target, f"{server}/hand", "--pages", recorded).startswith(
        f"{dead_target}: no server answers there"
    )


@pytest.fixture
def dead_target() -> Iterator[str]:
    """host:port of a port that is taken and not answered."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ranker:8500", ("ranker:8500", "shelfrank", None, None)),
        ("ranker:8500/shop", ("ranker:8500", "shop", None, None)),
        ("ranker:8500/shop@12", ("ranker:8500", "shop", 12, None)),
        ("ranker:8500/shop:canary", ("ranker:8500", "shop", None, "canary")),
        ("[::1]:8500/shop", ("[::1]:8500", "shop", None, None)),
    ],
)
def test_a_server_is_read_from_its_words(text, expected):
    with side_of(text) as side:
        assert (side.target, side.model, side.version, side.label) == expected


@pytest.mark.parametrize("text", ["ranker", "ranker:8500/shop@new", "ranker:8500/", "ranker:8500/shop@1:canary", ""])
def test_words_that_are_no_server_are_refused(text, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="is neither a server nor a folder"), side_of(text):
        pass


def answers(*scores):
    """One page whose items have these scores, as it comes back."""
    items = [RankedItem(str(number), score, score / 2, 0.0, 0.0, True) for number, score in enumerate(scores)]
    return Answers([RankedPage(tuple(sorted(items, key=lambda item: -item.score)), 1)], [0.01])


def test_kendall_tau_is_the_share_of_pairs_in_the_same_order_less_the_others():
    # Of the six pairs of four items (1, 2) and (3, 4) are turned round: (4 - 2) / 6.
    assert kendall(np.array([1, 2, 3, 4]), np.array([2, 1, 4, 3])) == pytest.approx(2 / 6)
    assert np.isnan(kendall(np.array([1]), np.array([1])))


def test_a_score_that_is_no_number_holds_no_gate():
    found = compare([PageQuery("a", ["0", "1"])], answers(2.0, 1.0), answers(2.0, float("nan")), k=1)
    assert np.isnan(found.drift["score"][0])
    assert not found.drift["score"][0] <= 1e9
