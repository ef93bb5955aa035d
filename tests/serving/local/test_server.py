"""Start and end of a server, in the process and as a command."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent import futures
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2

from serving.local.errors import ServerError
from serving.local.flags import ServerFlags
from serving.local.server import serve

ROOT = Path(__file__).parents[3]


def failure(base: Path, **flags) -> str:
    with pytest.raises(ServerError) as caught:
        serve(ServerFlags(model_base_path=base, port=flags.get("port", 0)))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_base_path_is_named(tmp_path):
    assert failure(tmp_path / "none") == (
        f"model base path {tmp_path / 'none'} does not exist; export a model there first"
    )


def test_a_base_path_without_a_version_is_named(tmp_path):
    (tmp_path / "latest").mkdir()
    assert f"{tmp_path} has no version folder" in failure(tmp_path)


def test_a_version_folder_given_as_base_path_is_recognised(models):
    assert "give its parent" in failure(models.shop)


def test_a_file_as_base_path_is_named(tmp_path):
    (tmp_path / "model").write_text("")
    assert "is a file" in failure(tmp_path / "model")


@pytest.mark.parametrize(
    "damage", ["empty saved_model.pb", "text", "cut graph", "cut variables", "no variables", "cut index"]
)
def test_a_damaged_bundle_is_named_at_the_start(models, tmp_path, damage):
    folder = models.publish(tmp_path / "models", 1, models.shop)
    graph = folder / "saved_model.pb"
    if damage == "empty saved_model.pb":
        graph.write_bytes(b"")
    elif damage == "text":
        graph.write_text("this is no SavedModel\n")
    elif damage == "cut graph":
        os.truncate(graph, graph.stat().st_size // 2)
    elif damage == "cut variables":
        os.truncate(folder / "variables" / "variables.data-00000-of-00001", 5)
    elif damage == "cut index":
        os.truncate(folder / "variables" / "variables.index", 20)
    else:
        shutil.rmtree(folder / "variables")
    assert str(folder) in failure(tmp_path / "models")


def test_a_port_that_is_taken_is_named_and_given_back_after_a_failed_start(models, start, tmp_path):
    models.publish(tmp_path / "models", 1)
    first, _ = start(tmp_path / "models")
    assert f"cannot listen on port {first.port}" in failure(tmp_path / "models", port=first.port)
    first.stop()
    assert "does not exist" in failure(tmp_path / "none", port=first.port)
    again, client = start(tmp_path / "models", port=first.port)
    assert again.port == first.port
    assert client.predict({"x": [2.0]}).outputs["y"].float_val[0] == 2.0


def test_stop_lets_a_running_request_end_and_refuses_new_ones(models, start, tmp_path, tools, pipe):
    models.publish(tmp_path / "models", 1)
    server, client = start(tmp_path / "models")
    running = client.prediction.Predict.future(tools.predict_request({"path": str(pipe.path)}, "write"))
    tools.until(lambda: server.models.get("shop").in_flight() == 1)
    watch = client.health.Watch(health_pb2.HealthCheckRequest(service="shop"))
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
    with futures.ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(server.stop, grace_seconds=30)
        assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
        pipe.release()
        assert running.result(timeout=30).model_spec.version.value == 1
        assert stopping.result(timeout=30) is True
    with pytest.raises(grpc.RpcError) as caught:
        client.predict({"x": [2.0]})
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def command(*flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "serving.local", *flags],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_the_command_prints_its_port_answers_and_ends_on_sigterm(models, tmp_path, tools):
    models.publish(tmp_path / "models", 4, models.shop)
    with command("--port=0", "--model_name=shop", f"--model_base_path={tmp_path / 'models'}") as process:
        try:
            assert process.stdout is not None
            assert "for laptops and tests; in production run TF Serving" in process.stdout.readline()
            line = process.stdout.readline()
            assert line.startswith("Running gRPC server at 0.0.0.0:")
            assert line.endswith(": model shop, version 4\n")
            client = tools.client(int(line.split(":")[1]))
            assert client.predict({"x": [2.0]}).model_spec.version.value == 4
            client.channel.close()
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(timeout=30) == 0
            assert process.stdout.read() == "Stopped.\n"
        finally:
            process.kill()


def test_a_request_that_outlives_the_grace_period_does_not_hold_the_process(models, tmp_path, tools, pipe):
    models.publish(tmp_path / "models", 1)
    flags = ["--port=0", f"--model_base_path={tmp_path / 'models'}", "--grpc_max_threads=1"]
    script = (
        "from serving.local.flags import parse_flags\n"
        "from serving.local.server import serve_until_stopped\n"
        f"serve_until_stopped(parse_flags({flags}), grace_seconds=0.1)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            client = tools.client(int(process.stdout.readline().split(":")[1]))
            request = tools.predict_request({"path": str(pipe.path)}, "write", model="default")
            running = client.prediction.Predict.future(request, wait_for_ready=True)

            def the_only_thread_is_taken() -> bool:
                nonlocal running
                if running.done():  # the look at the health was there first
                    running = client.prediction.Predict.future(request)
                try:
                    client.health.Check(health_pb2.HealthCheckRequest(), timeout=0.3)
                except grpc.RpcError as error:
                    return error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED  # type: ignore[attr-defined]
                return False

            tools.until(the_only_thread_is_taken)
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(timeout=30) == 0
            assert running.exception(timeout=30) is not None
            client.channel.close()
        finally:
            process.kill()


def test_the_command_ends_with_code_2_and_one_line_for_what_it_cannot_serve(tmp_path):
    with command("--port=0", f"--model_base_path={tmp_path / 'none'}") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"error: model base path {tmp_path / 'none'} does not exist" in errors
    assert "Traceback" not in errors


def test_rest_and_metrics_answer_beside_grpc_and_stop_with_it(models, start, tmp_path):
    models.publish(tmp_path / "models", 3)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monitoring = tmp_path / "monitoring.config"
    monitoring.write_text('prometheus_config { enable: true, path: "/metrics" }')
    server, client = start(tmp_path / "models", rest_api_port=port, monitoring_config_file=monitoring)
    assert server.rest_port == port
    body = json.dumps({"instances": [4.0]}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models/shop:predict", body, timeout=30) as answer:
        assert json.load(answer) == {"predictions": [5.0]}
    assert client.predict({"x": [4.0]}).outputs["y"].float_val[0] == 5.0
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        counted = answer.read().decode()
    assert ':tensorflow:serving:request_count{model_name="shop",status="OK"} ' in counted
    folder = tmp_path / "models" / "3"
    assert f':tensorflow:cc:saved_model:load_attempt_count{{model_path="{folder}",status="success"}} 1\n' in counted
    server.stop()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models/shop", timeout=5)
