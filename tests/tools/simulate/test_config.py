"""Settings of the simulator: what is refused, and by which name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tools.simulate import SimulateConfig, simulate
from tools.simulate.queries import misspell
from trainer.errors import InputError


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"page": 10}, "page\n  Extra inputs are not permitted"),
        ({"behaviour": {"etta": 1.0}}, "behaviour.etta"),
        ({"behaviour": {"click_rate": 1.5}}, "behaviour.click_rate"),
        ({"source": "judgments"}, "needs the section judgments"),
        ({"judgments": {"path": "x.csv"}}, "needs source: judgments"),
        ({"marketplace": {"candidates": 200, "items": 100}}, "candidates: 200 is more than items: 100"),
        ({"page_size": 60}, "page_size: 60 is more than marketplace.candidates: 48"),
        ({"source": "judgments", "judgments": {"path": "x", "text": ["name"]}}, "must hold 'title'"),
        (
            {"source": "judgments", "judgments": {"path": "x", "columns": {"querry": "q"}}},
            "unknown key 'querry'",
        ),
    ],
)
def test_a_wrong_setting_is_named(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SimulateConfig.model_validate(section)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            {"behaviour": {"click_rate": 0.9}},
            r"0.9 cannot be reached .* between 0.00722 and 0.361",
        ),
        (
            {"marketplace": {"queries": 90_000}},
            "queries: 90000 is more than this catalogue gives",
        ),
        ({"source": "judgments", "judgments": {"path": "no/such.csv"}}, "no/such.csv: no such file"),
    ],
)
def test_a_setting_that_cannot_be_met_is_one_line(section: dict[str, Any], message: str, tmp_path: Path) -> None:
    config = SimulateConfig.model_validate({"pages": 50, "users": 10, **section})
    with pytest.raises(InputError, match=message) as caught:
        simulate(config, tmp_path / "out", seed=1, progress=False)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("keep me")
    with pytest.raises(InputError, match=r"no simulate\.json"):
        simulate(SimulateConfig(pages=10, users=5), tmp_path, seed=1, progress=False)
    assert (tmp_path / "notes.txt").read_text() == "keep me"


def test_one_misspelt_word_stays_close_to_the_query() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        text = misspell("cordless drill 18v", rng)
        assert text.endswith(" drill 18v")
        assert abs(len(text) - len("cordless drill 18v")) <= 1
    assert misspell("tv", rng) == "tvv"
