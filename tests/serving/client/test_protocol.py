"""The client's own messages beside the official ones."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import shelfrank_client

PROGRAM = Path(__file__).with_name("both_protocols.py")
ROOT = Path(__file__).parents[3]


ORDERS = ["client-first", "official-first"]


@pytest.fixture(scope="module")
def processes() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """A process for each order of imports, side by side."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = {
        order: subprocess.Popen(
            [sys.executable, str(PROGRAM), order],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        for order in ORDERS
    }
    yield running
    for process in running.values():
        process.kill()
        process.communicate()


@pytest.fixture(scope="module", params=ORDERS)
def both(processes: dict[str, subprocess.Popen[str]], request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the process printed that imported both in one order."""
    process = processes[request.param]
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return json.loads(printed.splitlines()[-1])


def test_official_stubs_read_our_requests_and_we_read_them_back(both: dict[str, Any]) -> None:
    assert both["query"] == "钻"
    assert both["age"] == ["1.5", "nan"]
    assert both["visits"] == [[2**40], [-1]]
    assert both["version"] == 7
    assert both["back"] is True


def test_a_version_that_is_not_given_is_not_on_the_wire(both: dict[str, Any]) -> None:
    assert both["unset"] is False


def test_we_read_tensors_as_tensorflow_does(both: dict[str, Any]) -> None:
    kinds = {"float32", "float64", "int32", "int64", "bool", "string", "scalar", "empty", "short", "none"}
    assert both["agree"] == dict.fromkeys(kinds, True)


def test_we_read_metadata_status_and_health_of_the_official_stubs(both: dict[str, Any]) -> None:
    assert both["any"] == 7
    assert both["status"] == "fine"
    assert both["health"] == 1


def test_our_messages_are_apart_from_the_default_pool(both: dict[str, Any]) -> None:
    assert both["apart"] is True


def test_the_committed_descriptors_are_what_the_script_makes(both: dict[str, Any]) -> None:
    committed = Path(shelfrank_client.__file__).with_name("protocol.binpb").read_bytes()
    assert base64.b64decode(both["described"]) == committed
