"""New versions replace old ones without a failed request."""

import logging
import os
import shutil
from concurrent import futures

import grpc
import pytest
from tensorflow_serving.apis import get_model_status_pb2

State = get_model_status_pb2.ModelVersionStatus


def served_version(client):
    return client.predict({"x": [0.0]}).model_spec.version.value


def error_of(server, version):
    return {status.version: status.error for status in server.models.get("shop").statuses()}[version]


def test_the_greatest_version_is_served_and_other_names_are_left_alone(models, start, tmp_path):
    base = tmp_path / "models"
    models.publish(base, 2)
    models.publish(base, 10, models.versions[3])
    shutil.copytree(models.versions[1], base / "99.tmp")
    (base / "notes.txt").write_text("no model")
    (base / "50").write_text("a file, no version folder")
    _, client = start(base)
    assert served_version(client) == 10
    assert client.predict({"x": [4.0]}).outputs["y"].float_val[0] == 5.0


def test_20_versions_take_over_one_after_the_other_under_load_without_a_failure(models, start, tmp_path, tools):
    base = tmp_path / "models"
    sources = {version: version % 3 + 1 for version in range(1, 22)}  # y = 2 + the source, for x = 4
    models.publish(base, 1, models.versions[sources[1]])
    _, client = start(base, file_system_poll_wait_seconds=0.02)
    answers: list[tuple[int, float]] = []
    last_seen = False

    def ask() -> None:
        while not last_seen:
            response = client.predict({"x": [4.0]})
            answers.append((response.model_spec.version.value, response.outputs["y"].float_val[0]))

    with futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for version in range(2, 22):
                models.publish(base, version, models.versions[sources[version]])
                tools.until(lambda version=version: answers and answers[-1][0] == version)
        finally:
            last_seen = True
        for future in asking:
            future.result()  # raises the error of a failed request
    assert {version for version, _ in answers} == set(sources)
    assert all(y == 2.0 + sources[version] for version, y in answers), "an answer is of one version"
    ended = dict.fromkeys(range(1, 21), State.END)
    tools.until(lambda: client.states() == {21: State.AVAILABLE, **ended})


def test_only_the_version_on_disk_that_is_served_answers_by_number(models, start, tmp_path):
    base = tmp_path / "models"
    models.publish(base, 1)
    models.publish(base, 2)
    _, client = start(base)
    assert client.predict({"x": [4.0]}, version=2).outputs["y"].float_val[0] == 4.0
    with pytest.raises(grpc.RpcError) as caught:
        client.predict({"x": [4.0]}, version=1)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_version_is_loading_until_its_warm_up_is_over(models, start, tmp_path, tools, pipe):
    base = tmp_path / "models"
    models.publish(base, 1)
    _, client = start(base, file_system_poll_wait_seconds=0.05)
    beside = shutil.copytree(models.versions[2], tmp_path / "two")
    tools.write_warmup(beside, [tools.predict_request({"path": str(pipe.path)}, "write")])
    beside.rename(base / "2")
    tools.until(lambda: client.states() == {1: State.AVAILABLE, 2: State.LOADING})
    assert served_version(client) == 1
    pipe.release()
    tools.until(lambda: client.states() == {1: State.END, 2: State.AVAILABLE})
    assert served_version(client) == 2


def test_the_old_version_ends_its_running_requests_before_it_is_unloaded(models, start, tmp_path, tools, pipe):
    base = tmp_path / "models"
    models.publish(base, 1)
    server, client = start(base, file_system_poll_wait_seconds=0.05)
    running = client.prediction.Predict.future(tools.predict_request({"path": str(pipe.path)}, "write"))
    tools.until(lambda: server.models.get("shop").in_flight() == 1)
    models.publish(base, 2)
    tools.until(lambda: client.states() == {1: State.UNLOADING, 2: State.AVAILABLE})
    assert served_version(client) == 2
    assert not running.done()
    pipe.release()
    assert running.result(timeout=30).model_spec.version.value == 1
    tools.until(lambda: client.states() == {1: State.END, 2: State.AVAILABLE})


def test_newer_versions_come_in_while_an_old_one_still_answers_its_last_request(models, start, tmp_path, tools, pipe):
    base = tmp_path / "models"
    models.publish(base, 1)
    server, client = start(base, file_system_poll_wait_seconds=0.05)
    running = client.prediction.Predict.future(tools.predict_request({"path": str(pipe.path)}, "write"))
    tools.until(lambda: server.models.get("shop").in_flight() == 1)
    models.publish(base, 2)
    tools.until(lambda: client.states() == {1: State.UNLOADING, 2: State.AVAILABLE})
    models.publish(base, 3)
    tools.until(lambda: client.states() == {1: State.UNLOADING, 2: State.END, 3: State.AVAILABLE})
    pipe.release()
    assert running.result(timeout=30).model_spec.version.value == 1
    tools.until(lambda: client.states() == {1: State.END, 2: State.END, 3: State.AVAILABLE})


@pytest.mark.parametrize("damage", ["no saved_model.pb", "cut saved_model.pb", "cut variables", "no variables"])
def test_a_damaged_new_version_is_logged_and_the_old_one_goes_on(models, start, tmp_path, tools, caplog, damage):
    caplog.set_level(logging.ERROR, "serving.local")
    base = tmp_path / "models"
    models.publish(base, 1)
    server, client = start(base, file_system_poll_wait_seconds=0.05)
    beside = shutil.copytree(models.versions[2], tmp_path / "two")
    variables = beside / "variables" / "variables.data-00000-of-00001"
    if damage == "no saved_model.pb":
        (beside / "saved_model.pb").unlink()
    elif damage == "cut saved_model.pb":
        os.truncate(beside / "saved_model.pb", 300)
    elif damage == "cut variables":
        os.truncate(variables, 2)
    else:
        shutil.rmtree(variables.parent)
    beside.rename(base / "2")
    tools.until(lambda: client.states() == {1: State.AVAILABLE, 2: State.END})
    tools.until(lambda: bool(caplog.records))
    (record,) = caplog.records
    assert str(base / "2") in record.getMessage()
    assert "\n" not in record.getMessage()
    assert str(base / "2") in error_of(server, 2)
    assert served_version(client) == 1


def test_a_damaged_version_is_tried_again_once_its_files_change(models, start, tmp_path, tools, caplog):
    base = tmp_path / "models"
    models.publish(base, 1)
    _, client = start(base, file_system_poll_wait_seconds=0.05)
    (base / "2").mkdir()
    tools.until(lambda: client.states().get(2) == State.END)
    # Copied in place, file by file: any look in between finds half a bundle.
    shutil.copytree(models.versions[2], base / "2", dirs_exist_ok=True)
    tools.until(lambda: client.states() == {1: State.END, 2: State.AVAILABLE})
    assert client.predict({"x": [4.0]}).outputs["y"].float_val[0] == 4.0


def test_a_version_whose_warm_up_fails_is_not_served(models, start, tmp_path, tools):
    base = tmp_path / "models"
    models.publish(base, 1)
    server, client = start(base, file_system_poll_wait_seconds=0.05)
    beside = shutil.copytree(models.versions[2], tmp_path / "two")
    tools.write_warmup(beside, [tools.predict_request({"x": [1.0]}), tools.predict_request({"wrong": [1.0]})])
    beside.rename(base / "2")
    tools.until(lambda: client.states() == {1: State.AVAILABLE, 2: State.END})
    assert "record 2 failed with INVALID_ARGUMENT" in error_of(server, 2)


def test_removing_the_newest_version_goes_back_to_the_one_before(models, start, tmp_path, tools):
    base = tmp_path / "models"
    models.publish(base, 1)
    models.publish(base, 2)
    _, client = start(base, file_system_poll_wait_seconds=0.05)
    assert served_version(client) == 2
    (base / "2").rename(tmp_path / "taken away")
    tools.until(lambda: served_version(client) == 1)


def test_a_base_path_that_goes_away_leaves_the_version_served(models, start, tmp_path, tools, caplog):
    caplog.set_level(logging.ERROR, "serving.local")
    base = tmp_path / "models"
    models.publish(base, 1)
    _, client = start(base, file_system_poll_wait_seconds=0.02)
    base.rename(tmp_path / "moved")
    tools.until(lambda: bool(caplog.records))
    assert served_version(client) == 1
    (tmp_path / "moved").rename(base)
    models.publish(base, 2)
    tools.until(lambda: served_version(client) == 2)
    assert len(caplog.records) == 1, "the same complaint is logged once"


def test_without_polling_new_versions_wait_for_the_next_start(models, start, tmp_path):
    base = tmp_path / "models"
    models.publish(base, 1)
    server, client = start(base, file_system_poll_wait_seconds=0)
    models.publish(base, 2)
    assert served_version(client) == 1
    server.models.poll()  # what a poll would have done
    assert served_version(client) == 2
