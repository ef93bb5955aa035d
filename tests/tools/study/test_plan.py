"""Studies are checked as a whole before anything is run."""

from pathlib import Path

import pytest
from study_job import write_job

from tools.study.plan import PlannedRun, plan_runs, read_study
from trainer.config import dump_experiment
from trainer.errors import InputError

STUDIES = sorted((Path(__file__).parents[3] / "configs" / "studies").glob("*.yaml"))


def planned(job) -> list[PlannedRun]:
    return plan_runs(read_study(job.path), job.path)


def variants(**overrides: dict) -> list[dict]:
    return [{"name": name, "overrides": values} for name, values in overrides.items()]


def test_every_fault_of_every_variant_is_named_at_once_and_nothing_is_run(tmp_path):
    wrong = variants(
        slow={},
        a={"train.speed": 9},
        b={"adversarial.method": "fgm"},
        c={"simulate.pages": -1},
        d={"finetune.lora_rank": 2},
    )
    job = write_job(tmp_path, tmp_path, variants=wrong, figures=[])
    with pytest.raises(InputError) as raised:
        planned(job)
    message = str(raised.value)
    assert "variant a: " in message
    assert "unknown key 'train.speed'" in message
    assert "variant b: " in message
    assert "fgm needs epsilon" in message
    assert "variant c: " in message
    assert "simulate: pages" in message
    assert "variant d" not in message
    assert message.count("variant a: ") == 1
    done = job.run()
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if line.startswith("error: ")] == [f"error: {message}"]
    assert not (tmp_path / "studies").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reference": "none"}, "no variant 'none'; there are slow, fast"),
        ({"seeds": [1, 1]}, "seeds: 1 is there twice"),
        ({"seeds": []}, "seeds"),
        ({"variants": [{"name": "slow"}, {"name": "slow"}]}, "variants: slow is there twice"),
        ({"variants": [{"name": "slow"}, {"name": "data"}], "figures": []}, "folders of the study itself"),
        ({"figures": [{"metric": "gauc", "at_least": 0}]}, "no metric 'gauc'"),
        ({"figures": [{"metric": "pair accuracy", "at_least": 0, "variants": ["x"]}]}, "no variant 'x'"),
        ({"figures": [{"metric": "pair accuracy"}]}, "give at_least, at_most or clear_of_zero"),
        ({"figures": [{"metric": "pair accuracy", "of": "ratio", "clear_of_zero": True}]}, "of: difference"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"name": "costs"}, "name the study otherwise"),
    ],
)
def test_a_wrong_study_is_refused(tmp_path, changes, message):
    job = write_job(tmp_path, tmp_path, **changes)
    with pytest.raises(InputError, match=r"study\.yaml") as raised:
        planned(job)
    assert message in str(raised.value)


def test_a_variant_to_run_that_is_not_there_is_refused(tmp_path):
    done = write_job(tmp_path, tmp_path).run("--only", "slwo")
    assert done.returncode == 2
    assert "--only slwo: no such variant; there are slow, fast" in done.stderr


def test_a_config_that_is_missing_is_refused(tmp_path):
    job = write_job(tmp_path, tmp_path)
    (tmp_path / "shop.yaml").unlink()
    with pytest.raises(InputError, match="no such file"):
        planned(job)


def test_seeds_of_their_own_data_have_folders_of_their_own_that_all_variants_share(tmp_path):
    runs = {(run.variant, run.seed): run.experiment for run in planned(write_job(tmp_path, tmp_path))}
    assert list(runs) == [("slow", 1), ("fast", 1), ("slow", 2), ("fast", 2)]
    data = tmp_path / "studies" / "rates" / "data"
    for (variant, seed), experiment in runs.items():
        assert experiment.seed == experiment.data_seed == seed
        assert experiment.data.prepared == data / f"seed-{seed}" / "prepared"
        assert experiment.data.items == data / f"seed-{seed}" / "tables" / "items.parquet"
        assert experiment.run_folder == tmp_path / "studies" / "rates" / variant / f"seed-{seed}"


def test_shared_data_are_those_of_the_seed_of_the_experiment(tmp_path):
    runs = planned(write_job(tmp_path, tmp_path, data="shared"))
    assert {run.experiment.data_seed for run in runs} == {3}
    assert [run.experiment.seed for run in runs] == [1, 1, 2, 2]
    assert len({run.experiment.data.prepared for run in runs}) == 1


def test_a_variant_with_other_data_has_a_folder_of_its_own(tmp_path):
    other = [*variants(slow={}, fast={"train.epochs": 2}), {"name": "wide", "overrides": {"simulate.page_size": 8}}]
    runs = planned(write_job(tmp_path, tmp_path, variants=other, data="shared", figures=[], seeds=[1]))
    names = [run.experiment.data.prepared.parent.name for run in runs]
    assert names == ["shared", "shared", "shared-wide"]


def test_a_variant_with_a_config_of_its_own_learns_from_the_tables_that_the_study_simulates(tmp_path):
    judged = {"name": "judged", "config": str(tmp_path / "judged.yaml")}
    job = write_job(tmp_path, tmp_path, variants=[{"name": "slow"}, judged], figures=[], seeds=[1])
    (tmp_path / "judged.yaml").write_text(
        f"""
name: judged
data:
  prepared: {tmp_path}/judged
  items: {tmp_path}/tables/items.parquet
  judgments: {tmp_path}/tables/judgments.parquet
model: {{relevance: true, score: relevance}}
"""
    )
    slow, other = (run.experiment for run in planned(job))
    assert other.simulate == slow.simulate
    assert other.data.items == other.data.prepared.parent / "tables" / "items.parquet"
    assert other.data.search_log is None
    assert other.data.prepared != slow.data.prepared


def test_tables_that_are_not_simulated_stay_where_they_are(tmp_path):
    job = write_job(tmp_path, tmp_path)
    (tmp_path / "shop.yaml").write_text(
        f"name: own\ndata: {{prepared: {tmp_path}/prepared, items: own/items.csv, search_log: own/log.csv}}\n"
    )
    for run in planned(job):
        assert str(run.experiment.data.items) == "own/items.csv"
        assert run.experiment.data.prepared.is_relative_to(tmp_path / "studies")


def test_a_run_of_another_configuration_is_refused_unless_only_what_follows_training_differs(tmp_path):
    job = write_job(tmp_path, tmp_path)
    first = planned(job)[0]
    first.folder.mkdir(parents=True)
    (first.folder / "config.yaml").write_text(dump_experiment(first.experiment))
    assert planned(job)
    shop = (tmp_path / "shop.yaml").read_text()
    (tmp_path / "shop.yaml").write_text(shop.replace("bootstrap: 20", "bootstrap: 30"))
    assert planned(job)
    (tmp_path / "shop.yaml").write_text(shop.replace("epochs: 0.5", "epochs: 0.25"))
    with pytest.raises(InputError, match=r"slow/seed-1: holds a run with another configuration"):
        planned(job)


@pytest.mark.parametrize("path", STUDIES, ids=[path.stem for path in STUDIES])
def test_the_studies_of_the_repository_can_be_run(path, shared_data, monkeypatch):
    monkeypatch.setenv("SHELFRANK_DATA", str(shared_data))
    monkeypatch.chdir(Path(__file__).parents[3])
    study = read_study(path)
    runs = plan_runs(study, path)
    assert study.name == path.stem
    assert len(runs) == len(study.variants) * 3
    assert len(
        {str(run.experiment.model_dump(exclude={"name", "seed", "runs", "data", "export"})) for run in runs}
    ) == len(study.variants)
