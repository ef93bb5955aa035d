"""The experiment that goes on from a run."""

import json
from pathlib import Path

import pytest

import days_of_shop
from trainer.config import IncrementalConfig, TrainConfig
from trainer.errors import InputError
from trainer.training.continuation import continued_experiment, next_name
from trainer.training.run import write_config


@pytest.fixture
def run(tiny_preset, tmp_path) -> Path:
    """A run folder of which only the configuration and the data hash are looked at."""
    experiment = days_of_shop.experiment(tiny_preset, tmp_path)
    days_of_shop.write_old_days(tmp_path, 20)
    days_of_shop.write_new_days(tmp_path / "new.parquet", 20)
    experiment.run_folder.mkdir(parents=True)
    write_config(experiment.run_folder, experiment)
    (experiment.run_folder / "finished.json").write_text(json.dumps({"data_hash": "abc"}))
    return experiment.run_folder


def new_days(run: Path) -> Path:
    return run.parents[1] / "new.parquet"


def test_names_count_up():
    assert [next_name(name) for name in ("shop", "shop-2", "shop-9", "a-b")] == ["shop-2", "shop-3", "shop-10", "a-b-2"]


def test_it_is_the_runs_own_with_new_tables(run):
    found = continued_experiment(run, new_days(run), overrides=["incremental.replay=0.25"])
    assert found.run_folder == run.parent / "shop-2"
    assert found.data.prepared == run.parent / "shop-2" / "prepared"
    assert found.data.search_log == new_days(run)
    assert (found.incremental.base, found.incremental.base_data, found.incremental.replay) == (run, "abc", 0.25)
    assert found.features.items[0].name == "price"


def test_rates_are_lowered_from_those_of_the_first_run_and_not_again_in_a_chain():
    train = TrainConfig(learning_rate=1.0, head_learning_rate=10.0, epochs=7.0)
    assert IncrementalConfig().applied_to(train) == train
    lowered = IncrementalConfig(base=Path("run"), base_data="x", epochs=2.0).applied_to(train)
    assert (lowered.learning_rate, lowered.head_learning_rate, lowered.epochs) == (0.3, 3.0, 2.0)


@pytest.mark.parametrize(
    ("overrides", "fault"),
    [
        (["model.hidden=[4]"], r"'model\.hidden=\[4\]': the weights of .*shop are shaped by its model; train anew"),
        (["features.users=[]"], "shaped by its features"),
        (["incremental.base=other"], "is set by --continue itself"),
        (["data.split.by=query"], "is set by --continue itself"),
        (["name=shop"], "is the name of the continued run"),
        (["incremental.replay=1"], r"incremental\.replay: input should be less than 1"),
        (["incremental.replai=0.1"], r"unknown key 'incremental\.replai'"),
    ],
)
def test_what_cant_be_overridden_is_named(run, overrides, fault):
    with pytest.raises(InputError, match=fault):
        continued_experiment(run, new_days(run), overrides=overrides)


def test_a_table_that_is_missing_is_named(run):
    new_days(run).unlink()
    with pytest.raises(InputError, match=r"new\.parquet: no such file \(table search_log\)"):
        continued_experiment(run, new_days(run))


def test_a_run_of_the_next_name_is_refused_unless_it_is_the_same(run):
    first = continued_experiment(run, new_days(run))
    first.run_folder.mkdir()
    write_config(first.run_folder, first)
    (first.run_folder / "checkpoint.npz").touch()
    assert continued_experiment(run, new_days(run)) == first
    with pytest.raises(InputError, match="shop-2: holds a run with another configuration"):
        continued_experiment(run, new_days(run), overrides=["incremental.replay=0.1"])
    (first.run_folder / "prepared").mkdir()
    for kept in ("prepared/prepare.json", "finished.json"):
        (first.run_folder / kept).write_text(json.dumps({"data_hash": "of other days"}))
        with pytest.raises(
            InputError, match="shop-2: holds a run of the same configuration, but its tables have changed"
        ):
            continued_experiment(run, new_days(run))


def test_a_run_that_is_not_finished_is_refused(run):
    (run / "finished.json").unlink()
    with pytest.raises(InputError, match="training has not finished"):
        continued_experiment(run, new_days(run))


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="no run folder"):
        continued_experiment(tmp_path, tmp_path / "new.parquet")
