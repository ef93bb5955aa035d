"""Where the server listens: TLS, mutual TLS, a Unix socket, and how much it takes at a time."""

import shutil
import subprocess

import grpc
import pytest
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from tensorflow_serving.apis import prediction_service_pb2_grpc

from serving.local.errors import ServerError


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Key and certificate of the server, and of a stranger that nobody signed."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl to make a certificate")
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("server", "stranger"):
        files = ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")]
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
        subprocess.run(command, check=True, capture_output=True)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def ssl_config(certificates, tmp_path):
    def write(**changes):
        fields = {"server_key": certificates["server.key"].decode(), "server_cert": certificates["server.pem"].decode()}
        fields |= changes
        lines = [f"{name}: {value if value == 'true' else repr(value)}" for name, value in fields.items()]
        file = tmp_path / "ssl.config"
        file.write_text("\n".join(lines))
        return file

    return write


def asked(address, tools, credentials=None):
    """Ask over a channel of its own; the value, or the code of the refusal."""
    channel = grpc.insecure_channel(address) if credentials is None else grpc.secure_channel(address, credentials)
    with channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        try:
            return stub.Predict(tools.predict_request({"x": [4.0]}), timeout=5).outputs["y"].float_val[0]
        except grpc.RpcError as error:
            return error.code()


def test_tls_answers_those_that_trust_the_certificate_and_no_plain_text(
    models, start, tmp_path, tools, ssl_config, certificates
):
    models.publish(tmp_path / "models", 1)
    server, _ = start(tmp_path / "models", ssl_config_file=ssl_config())
    address = f"localhost:{server.port}"
    assert asked(address, tools, grpc.ssl_channel_credentials(certificates["server.pem"])) == 3.0
    assert (
        asked(address, tools, grpc.ssl_channel_credentials(certificates["stranger.pem"])) == grpc.StatusCode.UNAVAILABLE
    )
    assert asked(address, tools) == grpc.StatusCode.UNAVAILABLE


def test_mutual_tls_refuses_clients_without_a_signed_certificate(
    models, start, tmp_path, tools, ssl_config, certificates
):
    models.publish(tmp_path / "models", 1)
    signed_by = certificates["server.pem"]
    server, _ = start(
        tmp_path / "models", ssl_config_file=ssl_config(custom_ca=signed_by.decode(), client_verify="true")
    )
    address = f"localhost:{server.port}"
    own = grpc.ssl_channel_credentials(signed_by, certificates["server.key"], signed_by)
    stranger = grpc.ssl_channel_credentials(signed_by, certificates["stranger.key"], certificates["stranger.pem"])
    assert asked(address, tools, own) == 3.0
    assert asked(address, tools, grpc.ssl_channel_credentials(signed_by)) == grpc.StatusCode.UNAVAILABLE
    assert asked(address, tools, stranger) == grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"server_key": "/etc/key.pem"}, "server_key is no PEM text"),
        ({"server_cert": ""}, "server_cert is no PEM text"),
        ({"client_verify": "true"}, "needs custom_ca"),
        ({"srver_key": "x"}, "no SSLConfig"),
    ],
)
def test_a_wrong_ssl_configuration_is_one_line(models, start, tmp_path, ssl_config, changes, reason):
    models.publish(tmp_path / "models", 1)
    with pytest.raises(ServerError, match=reason) as caught:
        start(tmp_path / "models", ssl_config_file=ssl_config(**changes))
    assert "\n" not in str(caught.value)


def test_a_unix_socket_answers_beside_the_port(models, start, tmp_path, tools):
    models.publish(tmp_path / "models", 1)
    server, _ = start(tmp_path / "models", grpc_socket_path=str(tmp_path / "ranker.sock"))
    assert asked(f"unix:{tmp_path / 'ranker.sock'}", tools) == 3.0
    assert asked(f"localhost:{server.port}", tools) == 3.0


def test_a_socket_in_no_folder_is_one_line(models, start, tmp_path):
    models.publish(tmp_path / "models", 1)
    with pytest.raises(ServerError, match="cannot listen on the socket"):
        start(tmp_path / "models", grpc_socket_path=str(tmp_path / "none" / "ranker.sock"))


def test_requests_above_the_limit_are_refused_as_exhausted_and_the_others_end(models, start, tmp_path, tools, pipe):
    models.publish(tmp_path / "models", 1)
    server, client = start(tmp_path / "models", grpc_max_threads=1)
    running = client.prediction.Predict.future(tools.predict_request({"path": str(pipe.path)}, "write"))
    tools.until(lambda: server.models.get("shop").in_flight() == 1)
    assert asked(f"localhost:{server.port}", tools) == grpc.StatusCode.RESOURCE_EXHAUSTED
    pipe.release()
    assert running.result(timeout=30).outputs["path"].string_val[0] == str(pipe.path).encode()
    tools.until(lambda: asked(f"localhost:{server.port}", tools) == 3.0)


def test_messages_above_the_limit_of_the_channel_arguments_are_exhausted(models, start, tmp_path, tools):
    models.publish(tmp_path / "models", 1)
    _, client = start(tmp_path / "models", grpc_channel_arguments="grpc.max_receive_message_length=1000")
    with pytest.raises(grpc.RpcError) as caught:
        client.predict({"x": [1.0] * 1000})
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert client.predict({"x": [4.0]}).outputs["y"].float_val[0] == 3.0


def test_reflection_lists_and_describes_the_services(shop_client):
    database = ProtoReflectionDescriptorDatabase(shop_client.channel)
    assert {
        "tensorflow.serving.PredictionService",
        "tensorflow.serving.ModelService",
        "grpc.health.v1.Health",
    } <= set(database.get_services())
    described = database.FindFileContainingSymbol("tensorflow.serving.PredictionService")
    assert "MultiInference" in [method.name for service in described.service for method in service.method]
