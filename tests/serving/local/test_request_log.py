"""Logs of requests, as a model's `logging_config` wants them."""

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime

import grpc
import pandas as pd
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import model_management_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving.local.errors import ServerError
from serving.local.warmup_records import read_records

TEXTS = tf.TensorSpec([None], tf.string)


class Ranker(tf.Module):
    """The longer the id, the better; with one output more than a bundle has."""

    @tf.function(
        input_signature=[
            TEXTS,
            tf.TensorSpec([None, None], tf.string),
            TEXTS,
            tf.TensorSpec([None, None], tf.string),
            tf.TensorSpec([None], tf.float32),
            tf.TensorSpec([None, 2], tf.float32),
        ]
    )
    def rank(self, query, item_id, user_id, history, age, taste):
        score = tf.cast(tf.strings.length(item_id), tf.float32)
        order = tf.argsort(score, direction="DESCENDING", stable=True)
        score = tf.gather(score, order, batch_dims=1)
        outputs = {"item_id": tf.gather(item_id, order, batch_dims=1), "score": score, "known": score > 1.0}
        return outputs | {"ctr": score / 8, "cvr": score / 16, "ctcvr": score / 32, "propensity": 1 / (1 + score)}

    @tf.function(input_signature=[TEXTS])
    def encode(self, query):
        return {"vector": tf.ones([tf.shape(query)[0], 3])}


@pytest.fixture(scope="session")
def ranker(models, tmp_path_factory):
    """The base path of version 5."""
    module = Ranker()
    folder = tmp_path_factory.mktemp("ranker")
    signatures = {"serving_default": module.rank, "encode_query": module.encode}
    tf.saved_model.save(module, str(folder / "5"), signatures=signatures)
    return folder


def config_text(base, prefix, kind="search_log", rate=1.0, more=""):
    logged = f'log_collector_config {{ type: "{kind}" filename_prefix: "{prefix}" }}'
    sampled = f"sampling_config {{ sampling_rate: {rate} {more} }}"
    entry = f'name: "shop" base_path: "{base}" model_platform: "tensorflow"'
    return f"model_config_list {{ config {{ {entry} logging_config {{ {logged} {sampled} }} }} }}"


@pytest.fixture
def logging_server(start, ranker, tmp_path):
    """Start a server of the ranker with a log."""

    def begin(kind="search_log", rate=1.0, prefix="shop", **flags):
        (tmp_path / "models.config").write_text(config_text(ranker, tmp_path / prefix, kind, rate))
        return start(None, model_config_file=tmp_path / "models.config", **flags)

    return begin


def inputs(pages=1, item_id=None, query=None):
    return {
        "query": query or [f"query {n}" for n in range(pages)],
        "item_id": item_id or [["a", "bbb", "cc"]] * pages,
        "user_id": [f"u{n}" for n in range(pages)],
        "history": [["h1", ""]] * pages,
        "age": [30.5, float("nan")][:pages],
        "taste": [[0.5, 1.0]] * pages,
    }


def ask(client, tools, values, request_id=None, **options):
    metadata = () if request_id is None else (("x-request-id", request_id),)
    return client.prediction.Predict(tools.predict_request(values, **options), timeout=30, metadata=metadata)


def table(folder):
    parts = sorted(folder.glob("shop-*.csv.gz"))
    return pd.concat([pd.read_csv(part, dtype=str, keep_default_na=False) for part in parts], ignore_index=True)


def test_pages_are_logged_as_they_were_answered(logging_server, tools, tmp_path):
    server, client = logging_server()
    before = datetime.now(UTC).timestamp()
    ask(client, tools, inputs(query=['a "red"\r\nlamp, ü']), "r-1")
    ask(client, tools, inputs(2, [["a", "bbb"], ["cc", ""]]), "r-2")
    ask(client, tools, {"query": ["q"]}, "r-3", signature="encode_query")
    ask(client, tools, inputs(), "r-4", outputs=("score",))
    ask(client, tools, inputs())
    with pytest.raises(grpc.RpcError):
        ask(client, tools, inputs(item_id=["a"]), "r-5")
    server.stop()
    found = table(tmp_path)
    assert list(found) == [
        *(
            "request_id",
            "timestamp",
            "user_id",
            "query",
            "item_id",
            "position",
            "score",
            "ctr",
            "cvr",
            "ctcvr",
            "known",
        ),
        *("degraded", "model", "model_version", "history", "age", "propensity", "taste"),
    ]
    assert found["request_id"].tolist()[:6] == ["r-1", "r-1", "r-1", "r-2/1", "r-2/1", "r-2/2"]
    assert found["item_id"].tolist() == ["bbb", "cc", "a", "bbb", "a", "cc", "bbb", "cc", "a"]
    assert found["position"].tolist() == ["1", "2", "3", "1", "2", "1", "1", "2", "3"]
    assert found["query"].tolist()[2:5] == ['a "red"\r\nlamp, ü', "query 0", "query 0"]
    assert found["user_id"].tolist()[2:6] == ["u0", "u0", "u0", "u1"]
    assert found["score"].astype(float).tolist()[:3] == [3.0, 2.0, 1.0]
    assert found["propensity"].astype(float).tolist()[:3] == pytest.approx([0.25, 1 / 3, 0.5])
    assert found["known"].tolist()[:3] == ["1", "1", "0"]
    assert found["age"].tolist()[4:6] == ["30.5", ""]
    assert [json.loads(found[name][0]) for name in ("history", "taste")] == [["h1"], [0.5, 1.0]]
    assert set(zip(found["degraded"], found["model"], found["model_version"], strict=True)) == {("0", "shop", "5")}
    assert re.fullmatch(r"[0-9a-f]{32}", found["request_id"].iloc[-1])
    assert all(0 <= time.timestamp() - before + 0.001 < 30 for time in pd.to_datetime(found["timestamp"]))
    assert not list(tmp_path.glob(".*"))


def test_records_are_those_of_a_warm_up_file(logging_server, tools, tmp_path):
    server, client = logging_server("tf_record")
    answer = ask(client, tools, inputs(), "r-1")
    server.stop()
    (file,) = tmp_path.glob("shop-*.tfrecord")
    (record,) = read_records(file)
    assert record.predict_log.request == tools.predict_request(inputs())
    assert record.predict_log.response == answer
    assert record.log_metadata.model_spec.version.value == 5
    assert record.log_metadata.sampling_config.sampling_rate == 1.0
    assert abs(record.log_metadata.timestamp_secs - datetime.now(UTC).timestamp()) < 30


def test_the_sample_is_told_by_the_request_id(logging_server, tools, tmp_path):
    server, client = logging_server(rate=0.25)
    ids = [f"r{n}" for n in range(100)]
    for request_id in ids:
        ask(client, tools, inputs(), request_id)
    server.stop()
    wanted = [each for each in ids if int(hashlib.sha256(each.encode()).hexdigest()[:8], 16) / 2**32 < 0.25]
    assert 5 < len(wanted) < 50
    assert table(tmp_path)["request_id"].drop_duplicates().tolist() == wanted


def test_a_reload_begins_and_ends_a_log(logging_server, ranker, tools, tmp_path):
    server, client = logging_server()
    ask(client, tools, inputs(), "logged")

    def reload(text):
        config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
        client.models.HandleReloadConfigRequest(model_management_pb2.ReloadConfigRequest(config=config), timeout=30)

    text = config_text(ranker, tmp_path / "shop")
    reload(text[: text.index("logging_config")] + "} }")
    ask(client, tools, inputs(), "silent")
    reload(config_text(ranker, tmp_path / "shop-two", "tf_record"))
    ask(client, tools, inputs(), "other")
    with pytest.raises(grpc.RpcError, match="sampling_rate 2"):
        reload(config_text(ranker, tmp_path / "shop", rate=2.0))
    server.stop()
    assert set(table(tmp_path)["request_id"]) == {"logged"}
    assert len(list(tmp_path.glob("shop-two-*.tfrecord"))) == 1


def test_requests_over_rest_are_logged_too_and_all_are_counted(logging_server, tools, tmp_path):
    (tmp_path / "monitoring.config").write_text("prometheus_config { enable: true }")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server, client = logging_server(rest_api_port=port, monitoring_config_file=tmp_path / "monitoring.config")
    ask(client, tools, inputs(), "r-1")
    body = json.dumps({"inputs": inputs()}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models/shop:predict", body, timeout=30) as answer:
        assert json.load(answer)["outputs"]["item_id"] == [["bbb", "cc", "a"]]
    server.logs.close()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/monitoring/prometheus/metrics", timeout=30) as page:
        name = ":tensorflow:serving:request_log_count"
        assert f'{name}{{model_name="shop",status_code="OK"}} 2' in page.read().decode()
    found = table(tmp_path)
    assert found["request_id"].nunique() == 2
    assert found["item_id"].tolist() == ["bbb", "cc", "a"] * 2


def test_a_disk_that_fails_costs_no_request_and_is_said_once(logging_server, tools, tmp_path, caplog):
    (tmp_path / "logs").mkdir()
    server, client = logging_server(prefix="logs/shop")
    (tmp_path / "logs").rmdir()
    for request_id in ("r-1", "r-2"):
        assert ask(client, tools, inputs(), request_id).outputs["score"].float_val
    server.stop()
    assert caplog.text.count("2 requests could not be logged to") == 1
    assert not list(tmp_path.glob("**/*.csv.gz"))


def test_files_that_a_killed_process_was_writing_are_removed(logging_server, tools, tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(30)
    dead = tmp_path / f".shop-20250101T000000Z-aa-000001.csv.gz.{ended.pid}.making"
    live = tmp_path / f".shop-20250101T000000Z-bb-000001.csv.gz.{os.getpid()}.making"
    for path in (dead, live):
        path.write_bytes(b"half")
    server, client = logging_server()
    ask(client, tools, inputs(), "r-1")
    server.stop()
    assert not dead.exists()
    assert live.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "file"}, 'model \'shop\': logging_config has log_collector_config.type "file"; give "search_log" or'),
        ({"kind": ""}, 'has log_collector_config.type ""'),
        ({"rate": 1.5}, "has sampling_config.sampling_rate 1.5; give a share from 0 to 1"),
        ({"rate": "nan"}, "has sampling_config.sampling_rate nan"),
        (
            {"more": "per_task_sampling_configs { sampling_rate: 0.5 }"},
            "has sampling_config.per_task_sampling_configs, wh",
        ),
        ({"prefix": ""}, 'has log_collector_config.filename_prefix ""; give a folder and a first name'),
        ({"prefix": "logs/"}, 'has log_collector_config.filename_prefix "logs/"'),
        ({"prefix": "no/folder/shop"}, "no files can be written to no/folder; make the folder, or name another"),
    ],
)
def test_a_config_that_can_not_be_is_one_error_at_the_start(start, ranker, tmp_path, change, message):
    values = {"prefix": tmp_path / "shop", **change}
    (tmp_path / "models.config").write_text(config_text(ranker, **values))
    with pytest.raises(ServerError, match=re.escape(message)):
        start(None, model_config_file=tmp_path / "models.config")
