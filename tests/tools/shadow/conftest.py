"""Versions of a small model, and a real server of two of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hand_made_ranker import write_version
from serving.local.flags import ServerFlags
from serving.local.server import serve

CONFIG = """
model_config_list {{
  config {{
    name: "hand"
    base_path: "{base}"
    model_platform: "tensorflow"
    model_version_policy {{ all {{}} }}
    version_labels {{ key: "stable" value: 1 }}
    version_labels {{ key: "canary" value: 3 }}
  }}
}}
"""


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 2 turns the order of version 1 round, version 3 adds 0.25 to its scores."""
    base = tmp_path_factory.mktemp("shadow") / "hand"
    write_version(base / "1")
    write_version(base / "2", factor=-1.0)
    write_version(base / "3", offset=0.25)
    return base


@pytest.fixture(scope="session")
def server(versions: Path) -> Iterator[str]:
    """host:port of a server of the model ``hand``: its three versions, labelled ``stable`` and ``canary``."""
    config = versions.parent / "models.config"
    config.write_text(CONFIG.format(base=versions), encoding="utf-8")
    flags = ServerFlags(
        model_config_file=config, port=0, allow_version_labels_for_unavailable_models=True, grpc_max_threads=8
    )
    with serve(flags) as running:
        yield f"127.0.0.1:{running.port}"


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve recorded pages of 12 candidates, the numbers 0, 1000, ... 11000 each; the first has one candidate only."""
    path = tmp_path_factory.mktemp("pages") / "pages.jsonl"
    pages = [{"query": f"query [/{n}]", "candidates": [str(1000 * place) for place in range(12)]} for n in range(12)]
    pages[0]["candidates"] = ["5000"]
    path.write_text("".join(json.dumps(page) + "\n" for page in pages), encoding="utf-8")
    return path
