"""The serving benchmark on a real bundle of the tiny model, behind a real server."""

import json
from pathlib import Path

import pytest

import small_shop
from small_run import random_run
from tools.benchmarks.figures import NotHere
from tools.benchmarks.serving import Bundle, benchmark_serving, measure_serving, size_figures
from tools.local_server import served
from trainer.errors import InputError
from trainer.export.export import export_run
from trainer.training.run import write_config


@pytest.fixture(scope="module")
def exported(tiny_preset, tmp_path_factory):
    """A run with random weights, and its bundle."""
    folder = tmp_path_factory.mktemp("serving")
    experiment = small_shop.experiment(tiny_preset, folder)
    run = random_run(folder, experiment)
    prepared = small_shop.prepared(folder)
    source = {"data_hash": prepared.data_hash, "items": str(experiment.data.items)}
    export_run(run, prepared.items, prepared.pages.split("test"), source)
    return run, prepared


@pytest.fixture(scope="module")
def figures(exported):
    """What the benchmark finds, by key."""
    run, prepared = exported
    result = measure_serving(run, prepared, Bundle.newest(run.experiment), calls=10)
    return {figure.key: figure for figure in result.figures}


def test_the_bundle_over_grpc_ranks_as_the_trainer_does(figures, exported):
    _, prepared = exported
    pages = prepared.pages.split("test")
    assert (figures["pages"].value, figures["candidates"].value) == (6, len(pages.item))
    differences = {name: figure.value for name, figure in figures.items() if name.startswith("max_difference.")}
    assert set(differences) == {f"max_difference.{name}" for name in ("score", "ctr", "cvr", "ctcvr")}
    assert max(differences.values()) <= 1e-5
    assert figures["misplaced"].value == 0
    assert figures["unknown"].value == 0


def test_latency_is_told_in_percentiles_of_each_way_with_the_ratio(figures):
    assert figures["calls"].value == 10
    for way in ("grpc", "stub", "direct"):
        p50, p95, p99 = (figures[f"{way}.p{p}_ms"].value for p in (50, 95, 99))
        assert 0 < p50 <= p95 <= p99
    assert figures["grpc_to_direct"].value == figures["grpc.p50_ms"].value / figures["direct.p50_ms"].value
    assert figures["grpc.p50_ms"].limit == 40


def test_the_server_is_held_against_a_direct_call_of_the_same_pages(figures):
    ratio = figures["server_to_direct"]
    assert ratio.value > 0
    assert ratio.limit == 1.15


def test_many_callers_are_told_with_and_without_batching(figures):
    assert figures["callers"].value == 16
    for way in ("alone", "joined"):
        assert figures[f"{way}.pages_per_s"].value > 0
        assert figures[f"{way}.p50_ms"].value > 0
    assert figures["batching_gain"].value > 0


def test_the_size_on_disk_is_held_against_weights_and_item_table(tmp_path):
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "data").write_bytes(b"x" * 300)
    (tmp_path / "saved_model.pb").write_bytes(b"x" * 60)
    figures = size_figures(Bundle(tmp_path, {"bytes": {"weights": 200, "item_table": 100, "bundle": 1}}))
    ratio = next(figure for figure in figures if figure.key == "size_ratio")
    assert ratio.value == pytest.approx(1.2)
    assert ratio.met is False


def test_a_bundle_of_another_configuration_is_refused(exported):
    run, _ = exported
    other = run.experiment.model_copy(update={"seed": 99})
    with pytest.raises(InputError, match="is of a run with another configuration; run `shelfrank export` again"):
        Bundle.newest(other)


@pytest.mark.parametrize("manifest", ["not json", "[]", "{}", json.dumps({"bytes": {}, "data": {"items": "x"}})])
def test_a_damaged_manifest_is_named(exported, tmp_path, manifest):
    run, _ = exported
    export = run.experiment.export.model_copy(update={"models": tmp_path})
    version = tmp_path / run.experiment.name / "3"
    version.mkdir(parents=True)
    (version / "manifest.json").write_text(manifest)
    with pytest.raises(InputError, match=r"3/manifest\.json: "):
        Bundle.newest(run.experiment.model_copy(update={"export": export}))


def test_a_server_that_does_not_start_is_one_line(tmp_path):
    with (
        pytest.raises(InputError, match=r"the server did not start: .*gone does not exist") as caught,
        served(tmp_path / "gone", "small", tmp_path / "server.log"),
    ):
        pass
    assert "\n" not in str(caught.value)


def test_without_a_finished_run_or_a_bundle_there_is_nothing_to_measure(tiny_preset, tmp_path):
    folder = tmp_path / "runs" / "small"
    with pytest.raises(NotHere, match=r"no finished run \(config\.yaml is missing\)"):
        benchmark_serving(folder)
    folder.mkdir(parents=True)
    write_config(folder, small_shop.experiment(tiny_preset, tmp_path))
    with pytest.raises(NotHere, match=r"no finished run \(finished\.json is missing\)"):
        benchmark_serving(folder)
    Path(folder, "finished.json").write_text("{}")
    with pytest.raises(NotHere, match=r"does not exist; .*run `shelfrank export`"):
        benchmark_serving(folder)
