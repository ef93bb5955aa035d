"""The reference of the configuration keys."""

import re

import pytest
import yaml
from pydantic import BaseModel

from tools.docs.config_reference import TARGET, meanings, reference
from trainer import config


def rows(heading: str) -> dict[str, list[str]]:
    """Type, default and meaning by key, as one section of the committed page has them."""
    section = TARGET.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in section.splitlines() if line.startswith("| `")]
    return {key.strip("`"): rest for key, *rest in cells}


def test_the_committed_page_is_what_the_script_makes():
    assert TARGET.read_text(encoding="utf-8") == reference(), "run python -m tools.docs.config_reference"


@pytest.mark.parametrize(
    "model",
    [
        kind
        for kind in vars(config).values()
        if isinstance(kind, type) and issubclass(kind, config.Section) and kind is not config.Section
    ],
)
def test_each_docstring_describes_exactly_the_keys(model: type[BaseModel]):
    assert list(meanings(model)) == list(model.model_fields)


def test_rows_give_type_bounds_default_and_meaning():
    assert rows("`data.split`")["by"][:2] == ["`time` or `query`", "`time`"]
    assert rows("`train`")["epochs"] == ["number, above 0", "`1`", "Passes over the training pages; may be a fraction."]
    assert rows("`encoder`")["query_length"][:2] == ["whole number, 3 to 512", "`16`"]
    assert rows("`data`")["prepared"][:2] == ["path", "required"]
    assert rows("`data`")["events"][:2] == ["[section](#dataevents)", "`null`"]
    assert rows("`simulate.behaviour`")["eta"][:2] == ["number, 0 to 3", "`0.7`"]


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("`data.negatives`", config.NegativesConfig),
        ("`model`", config.ModelConfig),
        ("`loss`", config.LossConfig),
        ("`train`", config.TrainConfig),
        ("`calibration`", config.CalibrationConfig),
        ("`evaluate`", config.EvaluateConfig),
        ("`export`", config.ExportConfig),
    ],
)
def test_defaults_of_the_page_read_as_yaml_are_the_defaults(heading, model):
    defaults = {key: default for key, (_, default, _) in rows(heading).items()}
    written = {
        key: yaml.safe_load(default.strip("`")) for key, default in defaults.items() if default != "its defaults"
    }
    assert config.validate_section(model, written, heading) == model()
    assert set(defaults) == set(model.model_fields)


def test_every_link_leads_to_a_heading():
    text = TARGET.read_text(encoding="utf-8")
    headings = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^## (.*)$", text, re.M)}
    links = set(re.findall(r"\]\(#([\w-]+)\)", text))
    assert links
    assert links <= headings
