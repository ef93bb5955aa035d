"""The command on tables, and on two real logs of which one is the truth of the other."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tools.cli import app
from tools.datasets.open_bandit import import_open_bandit
from trainer.errors import InputError

LOG = pd.DataFrame(
    {
        "request_id": ["r1", "r1", "r2", "r3", "r3", "r4"],
        "item_id": ["a", "b", "a", "c", "a", "b"],
        "position": [1, 2, 1, 1, 2, 1],
        "clicked": [1, 0, 0, 1, 1, 0],
        "propensity": [0.5, 0.2, 0.25, 0.2, 0.4, 0.5],
        "device": ["phone", "phone", "desktop", "phone", "phone", "desktop"],
    }
)
FEATURES = [word for n in range(4) for word in ("--feature", f"user_feature_{n}")]


def run(*arguments):
    return CliRunner().invoke(app, ["offpolicy", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    LOG.to_csv(path, index=False)
    return path


@pytest.fixture
def found(tmp_path):
    """What the command wrote, and what it printed."""

    def figures(*arguments):
        result = run(*arguments, "--bootstrap", 200, "--json", tmp_path / "found.json")
        assert result.exit_code == 0, (result.output, result.exception)
        return json.loads((tmp_path / "found.json").read_text()), result.output

    return figures


def failure(*arguments):
    """What the command can't do, in one line."""
    result = run(*arguments)
    assert isinstance(result.exception, InputError), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


def written(path, table):
    table.to_csv(path, index=False)
    return path


def test_the_random_policy_is_estimated_from_the_log_of_the_other(shared_data, found):
    folder = shared_data / "fashion_impressions"
    figures, _ = found(folder / "bts.csv.gz", "--truth", folder / "random.csv.gz", *FEATURES)
    assert figures["truth"]["value"] == pytest.approx(0.0038)
    assert figures["truth"]["inside"] == {name: {"normal": True, "bootstrap": True} for name in ("ips", "snips", "dr")}
    # The same sums from the published columns.
    raw = pd.read_csv(folder / "bts.csv.gz", usecols=["click", "propensity_score"])
    weight = 1 / 80 / raw["propensity_score"]
    assert figures["estimates"]["ips"]["value"] == pytest.approx((weight * raw["click"]).mean())
    assert figures["estimates"]["snips"]["value"] == pytest.approx((weight * raw["click"]).sum() / weight.sum())
    assert figures["weights"]["effective_sample_size"] == pytest.approx(weight.sum() ** 2 / (weight**2).sum())


def test_the_other_policy_is_estimated_from_the_random_log(shared_data, found):
    folder = shared_data / "fashion_impressions"
    target = f"like:{folder / 'bts.csv.gz'}"
    figures, _ = found(folder / "random.csv.gz", "--target", target, "--truth", folder / "bts.csv.gz", *FEATURES)
    assert figures["truth"]["value"] == pytest.approx(0.0042)
    assert all(held for inside in figures["truth"]["inside"].values() for held in inside.values())


def test_the_imported_log_tells_the_same_as_the_published_one(shared_data, found, tmp_path):
    folder = shared_data / "fashion_impressions"
    import_open_bandit(folder, tmp_path / "imported", "bts.csv.gz")
    imported, _ = found(tmp_path / "imported" / "search_log.parquet")
    published, _ = found(folder / "bts.csv.gz")
    for name in ("ips", "snips"):
        assert imported["estimates"][name]["value"] == pytest.approx(published["estimates"][name]["value"], rel=1e-6)


def test_uniform_is_over_the_items_of_the_log_or_of_the_items_table(log, found, tmp_path):
    figures, printed = found(log, "--feature", "device")
    weight = 1 / 3 / LOG["propensity"]
    assert figures["estimates"]["ips"]["value"] == pytest.approx((weight * LOG["clicked"]).mean())
    assert (figures["impressions"], figures["pages"], figures["items"], figures["clicks"]) == (6, 4, 3, 3)
    assert "doubly robust" in printed
    items = written(tmp_path / "items.csv", pd.DataFrame({"item_id": ["a", "b", "c", "d"]}))
    figures, printed = found(log, "--items", items)
    assert figures["estimates"]["ips"]["value"] == pytest.approx(0.75 * (weight * LOG["clicked"]).mean())
    assert "are never in the log" in printed


def test_a_file_gives_the_chances_page_by_page(log, found, tmp_path):
    places = LOG[["request_id", "position"]]
    chances = pd.concat([places.assign(item_id=item, propensity=p) for item, p in (("a", 0.7), ("b", 0.3))])
    figures, printed = found(log, "--target", written(tmp_path / "target.csv", chances))
    weight = LOG["item_id"].map({"a": 0.7, "b": 0.3, "c": 0.0}) / LOG["propensity"]
    assert figures["estimates"]["ips"]["value"] == pytest.approx((weight * LOG["clicked"]).mean())
    assert figures["estimates"]["snips"]["value"] == pytest.approx((weight * LOG["clicked"]).sum() / weight.sum())
    assert "dr" in figures["estimates"]
    assert "note: " not in printed


def test_chances_of_the_shown_items_alone_give_no_doubly_robust_estimate(log, found, tmp_path):
    wide = written(tmp_path / "wide.csv", LOG.assign(new=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
    column, printed = found(wide, "--target", "column:new")
    assert set(column["estimates"]) == {"ips", "snips"}
    assert "no doubly robust estimate" in printed
    shown = LOG[["request_id", "item_id", "position"]].assign(propensity=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    given, _ = found(log, "--target", written(tmp_path / "shown.csv", shown))
    assert given["estimates"] == column["estimates"]


def test_limits_of_the_weights_are_applied_and_told(log, found):
    figures, printed = found(log, "--clip", 1, "--switch", 0.9)
    assert figures["weights"]["largest"] == 1
    assert figures["weights"]["clipped"] == 3
    assert "3 weights are clipped" in printed
    assert set(figures["estimates"]) == {"ips", "snips", "dr", "switch_dr"}


def test_without_request_ids_each_row_is_a_page(found, tmp_path):
    path = written(tmp_path / "single.csv", LOG.drop(columns="request_id").assign(position=1))
    figures, _ = found(path)
    assert figures["pages"] == 6


def test_two_calls_with_one_seed_give_the_same_figures(log, found):
    assert found(log, "--seed", 3)[0] == found(log, "--seed", 3)[0]
    assert found(log, "--seed", 3)[0]["estimates"] != found(log, "--seed", 4)[0]["estimates"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"propensity": [0.5, 0.0, 0.25, -1, 0.4, 0.5]},
            "row 2: propensity '0.0' is not above 0 and at most 1 (and 1 more",
        ),
        ({"propensity": [0.5, 0.2, 0.25, 0.2, 0.4, 1.01]}, "row 6: propensity '1.01' is not above 0"),
        ({"propensity": [0.5, 0.2, None, 0.2, 0.4, 0.5]}, "row 3: propensity '' is not above 0"),
        ({"position": [1, 2, 0, 1, 2, 1]}, "row 3: position '0' is no whole number from 1"),
        ({"position": [1, 2, 1, 1, 1.5, 1]}, "row 5: position '1.5' is no whole number"),
        ({"position": [1, 1, 1, 1, 2, 1]}, "row 2: position '1' is there before on the same page"),
        ({"clicked": [1, 0, 2, 1, 1, 0]}, "row 3: clicked '2' is not 0 or 1"),
        ({"item_id": ["a", "b", " ", "c", "a", "b"]}, "row 3: item_id ' ' is empty"),
        ({"request_id": ["r1", None, "r2", "r3", "r3", "r4"]}, "row 2: request_id '' is empty"),
        ({"request_id": ["r"] * 6, "position": range(1, 7)}, "holds one page only"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_row(changes, told, tmp_path):
    assert told in failure(written(tmp_path / "bad.csv", LOG.assign(**changes)))


@pytest.mark.parametrize("name", ["item_id", "position", "clicked", "propensity"])
def test_a_missing_column_is_named_with_those_that_are_there(name, tmp_path):
    told = failure(written(tmp_path / "bad.csv", LOG.drop(columns=name)))
    assert f"has no column '{name}'" in told
    assert "it has request_id" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--target", "unifrom"], "--target unifrom: no such file; give one, or uniform, like:LOG or column:NAME"),
        (["--target", "column:new"], "has no column 'new'"),
        (["--target", "column:position"], "position '2' is not between 0 and 1"),
        (["--target", "like:elsewhere.csv"], "elsewhere.csv: no such file"),
        (["--truth", "elsewhere.csv"], "elsewhere.csv: no such file"),
        (["--feature", "colour"], "has no column 'colour'"),
        (["--feature", "clicked"], "--feature clicked: is no feature"),
        (["--clip", "0"], "--clip 0: expected a weight above 0"),
        (["--switch", "-1"], "--switch -1: expected a weight above 0"),
        (["--json", "."], "--json .: can't be written"),
    ],
)
def test_a_wrong_option_is_one_line(log, arguments, told):
    assert told in failure(log, *arguments)


def test_empty_tables_are_refused(tmp_path):
    (tmp_path / "nothing.csv").write_text("")
    assert "is empty" in failure(tmp_path / "nothing.csv")
    assert "has a header but no rows" in failure(written(tmp_path / "header.csv", LOG[:0]))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ({"request_id": ["r1"], "item_id": ["a"], "propensity": [0.5]}, "has no column 'position'"),
        ({"request_id": ["r1"], "item_id": ["a"], "position": [1]}, "has no column 'propensity'"),
        (
            {"request_id": ["r1"], "item_id": ["a"], "position": [1], "propensity": [0.5]},
            "request_id 'r1' has no row in",
        ),
        ({"request_id": ["r1"], "item_id": ["a"], "position": [1], "propensity": [1.5]}, "is not between 0 and 1"),
        (
            {"request_id": ["r1"] * 2, "item_id": ["a"] * 2, "position": [1] * 2, "propensity": [0.5] * 2},
            "item_id 'a' is there before for the same place",
        ),
    ],
)
def test_a_wrong_file_of_chances_is_one_line(log, tmp_path, rows, told):
    assert told in failure(log, "--target", written(tmp_path / "target.csv", pd.DataFrame(rows)))


def test_chances_above_1_together_are_refused(log, tmp_path):
    places = LOG[["request_id", "position"]]
    chances = pd.concat([places.assign(item_id=item, propensity=0.7) for item in "ab"])
    assert "chances that sum to more than 1" in failure(log, "--target", written(tmp_path / "target.csv", chances))


def test_an_item_outside_the_items_table_is_refused(log, tmp_path):
    items = written(tmp_path / "items.csv", pd.DataFrame({"item_id": ["a", "b"]}))
    assert "item_id 'c' is not in the table of --items" in failure(log, "--items", items)


def test_a_position_that_the_other_log_lacks_is_refused(log, tmp_path):
    other = written(tmp_path / "other.csv", LOG[LOG["position"] == 1])
    assert "position '2' is nowhere in" in failure(log, "--target", f"like:{other}")


def test_parquet_with_numbers_reads_as_csv_does(log, found, tmp_path):
    path = tmp_path / "log.parquet"
    LOG.assign(item_id=[1, 2, 1, 3, 1, 2], clicked=LOG["clicked"] == 1).to_parquet(path)
    typed, _ = found(path)
    text, _ = found(log)
    assert typed["estimates"] == text["estimates"]
    assert np.isfinite(typed["estimates"]["dr"]["value"])
