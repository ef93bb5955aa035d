"""Several models, version policies, labels and their change while serving."""

import logging

import grpc
import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving.local.errors import ServerError

State = get_model_status_pb2.ModelVersionStatus


def entry(name, base, more=""):
    return f'config {{ name: "{name}" base_path: "{base}" model_platform: "tensorflow" {more} }}'


def config_text(*entries):
    return f"model_config_list {{ {' '.join(entries)} }}"


def reload_request(*entries):
    config = text_format.Parse(config_text(*entries), model_server_config_pb2.ModelServerConfig())
    return model_management_pb2.ReloadConfigRequest(config=config)


def y(client, model, tools, **choice):
    request = tools.predict_request({"x": [4.0]}, model=model)
    for name, value in choice.items():
        if name == "label":
            request.model_spec.version_label = value
        else:
            request.model_spec.version.value = value
    response = client.prediction.Predict(request, timeout=30)
    return response.model_spec.version.value, response.outputs["y"].float_val[0]


@pytest.fixture
def two_bases(models, tmp_path):
    for version in (1, 2, 3):
        models.publish(tmp_path / "half", version)
    models.publish(tmp_path / "other", 7, models.versions[2])
    return tmp_path / "half", tmp_path / "other"


@pytest.fixture
def configured(start, two_bases, tmp_path):
    """Start a server of a configuration file with these entries."""

    def begin(*entries, **flags):
        (tmp_path / "models.config").write_text(config_text(*entries))
        return start(None, model_config_file=tmp_path / "models.config", **flags)

    return begin


def test_models_are_told_apart_by_name_and_each_follows_its_policy(configured, two_bases, tools):
    half, other = two_bases
    _, client = configured(
        entry("half", half, "model_version_policy { specific { versions: 1 versions: 2 } }"),
        entry("other", other),
        entry("all", half, "model_version_policy { all {} }"),
        entry("two", half, "model_version_policy { latest { num_versions: 2 } }"),
    )
    assert y(client, "half", tools) == (2, 4.0)
    assert y(client, "half", tools, version=1) == (1, 3.0)
    assert y(client, "other", tools) == (7, 4.0)
    assert set(client.states("half")) == {2, 1}
    assert set(client.states("all")) == {3, 2, 1}
    assert set(client.states("two")) == {3, 2}
    with pytest.raises(grpc.RpcError) as caught:
        y(client, "half", tools, version=3)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.RpcError) as caught:
        y(client, "nobody", tools)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


LABELS = 'model_version_policy { all {} } version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 3 }'


def test_labels_choose_a_version_and_unknown_ones_are_invalid(configured, two_bases, tools):
    _, client = configured(entry("half", two_bases[0], LABELS), allow_version_labels_for_unavailable_models=True)
    assert y(client, "half", tools, label="stable") == (1, 3.0)
    assert y(client, "half", tools, label="canary") == (3, 5.0)
    with pytest.raises(grpc.RpcError) as caught:
        y(client, "half", tools, label="beta")
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "canary, stable" in caught.value.details()


def test_labels_at_the_start_need_the_flag_as_in_tf_serving(configured, two_bases):
    with pytest.raises(ServerError, match="--allow_version_labels_for_unavailable_models=true"):
        configured(entry("half", two_bases[0], LABELS))


def test_a_reload_adds_removes_and_relabels_without_a_restart(configured, two_bases, tools):
    half, other = two_bases
    _, client = configured(entry("half", half, "model_version_policy { all {} }"))
    request = reload_request(entry("half", half, LABELS), entry("other", other))
    response = client.models.HandleReloadConfigRequest(request, timeout=30)
    assert response.status.error_code == 0
    assert y(client, "half", tools, label="canary") == (3, 5.0)
    assert y(client, "other", tools) == (7, 4.0)
    client.models.HandleReloadConfigRequest(reload_request(entry("other", other)), timeout=30)
    with pytest.raises(grpc.RpcError) as caught:
        y(client, "half", tools)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_a_label_cannot_move_to_a_version_that_is_not_there(configured, two_bases, tools):
    half, _ = two_bases
    _, client = configured(entry("half", half, LABELS), allow_version_labels_for_unavailable_models=True)
    moved = entry("half", half, 'version_labels { key: "stable" value: 9 }')
    with pytest.raises(grpc.RpcError) as caught:
        client.models.HandleReloadConfigRequest(reload_request(moved), timeout=30)
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert y(client, "half", tools, label="stable") == (1, 3.0)


def test_a_reload_whose_new_model_does_not_load_changes_nothing(configured, two_bases, tools, tmp_path):
    half, _ = two_bases
    _, client = configured(entry("half", half))
    with pytest.raises(grpc.RpcError) as caught:
        client.models.HandleReloadConfigRequest(reload_request(entry("gone", tmp_path / "gone")), timeout=30)
    assert str(tmp_path / "gone") in caught.value.details()
    assert y(client, "half", tools) == (3, 5.0)


def test_a_policy_that_drops_a_version_unloads_it(configured, two_bases, tools):
    half, _ = two_bases
    _, client = configured(entry("half", half, "model_version_policy { all {} }"))
    only_two = entry("half", half, "model_version_policy { specific { versions: 2 } }")
    client.models.HandleReloadConfigRequest(reload_request(only_two), timeout=30)
    assert client.states("half") == {3: State.END, 2: State.AVAILABLE, 1: State.END}
    assert y(client, "half", tools) == (2, 4.0)


def test_the_file_is_read_again_when_it_is_looked_at(configured, two_bases, tools, tmp_path, caplog):
    caplog.set_level(logging.ERROR, "serving.local")
    half, other = two_bases
    _, client = configured(entry("half", half), model_config_file_poll_wait_seconds=0.05)
    (tmp_path / "models.config").write_text("model_config_list { nonsense }")
    tools.until(lambda: any("models.config" in record.getMessage() for record in caplog.records))
    assert y(client, "half", tools) == (3, 5.0)
    (tmp_path / "models.config").write_text(config_text(entry("other", other)))

    def other_answers():
        try:
            return y(client, "other", tools) == (7, 4.0)
        except grpc.RpcError:
            return False

    tools.until(other_answers)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no model_config_list"),
        ("model_config_list { confg {} }", "1:21"),
        (config_text(entry("a", "/m"), entry("a", "/n")), "listed more than once"),
        (config_text(entry("", "/m")), "a model has no name"),
        (config_text(entry("a", "relative")), "give an absolute path"),
        ('model_config_list { config { name: "a" base_path: "/m" } }', 'give "tensorflow"'),
        (config_text(entry("a", "/m", "model_version_policy { specific {} }")), "list them"),
    ],
)
def test_a_wrong_configuration_file_is_one_line_that_names_it(start, tmp_path, text, reason):
    (tmp_path / "models.config").write_text(text)
    with pytest.raises(ServerError) as caught:
        start(None, model_config_file=tmp_path / "models.config")
    assert str(tmp_path / "models.config") in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
