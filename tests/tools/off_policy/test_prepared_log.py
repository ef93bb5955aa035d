"""The command on a prepared folder."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tools.cli import app
from trainer.config import Experiment
from trainer.data.prepared import prepare
from trainer.errors import InputError


def prepared_folder(folder: Path, **columns: Any) -> Path:
    """Prepared data of 20 pages of two items; further columns of the log."""
    pd.DataFrame({"item_id": ["a", "b", "c"], "title": ["one", "two", "three"]}).to_csv(folder / "items.csv")
    page = np.arange(40) // 2
    log = pd.DataFrame(
        {
            "request_id": [f"r{n:02}" for n in page],
            "timestamp": pd.date_range("2025-01-01", periods=20, freq="h", tz="UTC")[page],
            "user_id": [f"u{n}" for n in page],
            "query": [f"q{n}" for n in page],
            "item_id": ["abc"[(n + n // 4) % 3] for n in range(40)],
            "position": np.arange(40) % 2 + 1,
            "clicked": [int(n % 5 == 0) for n in range(40)],
            "purchased": 0,
            "device": [("phone", "desk")[n % 2] for n in page],
        }
    ).assign(**columns)
    log.to_csv(folder / "search_log.csv", index=False)
    data = {"prepared": str(folder / "prepared"), "items": str(folder / "items.csv")}
    data["search_log"] = str(folder / "search_log.csv")
    context = [{"name": "device", "kind": "categorical", "min_count": 1}]
    experiment = Experiment.model_validate(
        {"name": "x", "data": {**data, "split": {"valid": 0.2, "test": 0.2}}, "features": {"context": context}}
    )
    return prepare(experiment, progress=False).folder


def run(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["offpolicy", *map(str, arguments)], env={"COLUMNS": "200"})


def figures(folder: Path, *arguments: Any) -> tuple[dict[str, Any], str]:
    result = run(*arguments, "--bootstrap", 0, "--json", folder / "found.json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads((folder / "found.json").read_text()), result.output


def test_a_prepared_folder_is_the_log_that_it_was_made_from(tmp_path: Path) -> None:
    propensity = np.tile([0.5, 0.25, 0.125, 0.5], 10)
    prepared = prepared_folder(tmp_path, propensity=propensity)
    of_folder, _ = figures(tmp_path, prepared, "--feature", "device", "--folds", 2)
    of_file, _ = figures(tmp_path, tmp_path / "search_log.csv", "--feature", "device", "--folds", 2)
    assert of_folder["estimates"] == of_file["estimates"]
    weight = 1 / 3 / propensity
    clicked = np.array([n % 5 == 0 for n in range(40)])
    assert of_folder["estimates"]["ips"]["value"] == pytest.approx((weight * clicked).mean())


def test_impressions_without_a_propensity_are_left_out_and_counted(tmp_path: Path) -> None:
    propensity = np.where(np.arange(40) < 8, np.nan, 0.5)
    found, output = figures(tmp_path, prepared_folder(tmp_path, propensity=propensity), "--folds", 2)
    assert "note: 8 of 40 impressions have no propensity and are left out" in output
    clicked = np.array([n % 5 == 0 for n in range(8, 40)])
    assert found["estimates"]["ips"]["value"] == pytest.approx((clicked / 3 / 0.5).mean())


def test_a_folder_whose_log_has_none_says_so(tmp_path: Path) -> None:
    prepared = prepared_folder(tmp_path)
    result = run(prepared)
    assert isinstance(result.exception, InputError)
    assert "its log has no column 'propensity'" in str(result.exception)
