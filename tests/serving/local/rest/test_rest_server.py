"""HTTP as such: connections, packed bodies, pages of other origins, time limit, end."""

import gzip
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.local.errors import ServerError
from serving.local.rest.rest_server import RestServer, RestSettings
from serving.local.serving_metrics import ServingMetrics

PREDICT = "/v1/models/half_plus_two:predict"
ONE = {"instances": [1.0]}


def held(path):
    return {"signature_name": "write", "inputs": str(path)}


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    yield path
    # Lets a graph go on that a failed test left there.
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def release(pipe):
    """Let the graph that writes to a pipe go on, once it is there."""
    assert pipe.read_bytes() == b"held"


def test_a_connection_serves_request_after_request(rest):
    before = None
    for _ in range(3):
        assert rest.post(PREDICT, ONE).json == {"predictions": [2.5]}
        assert rest.get("/v1/models/none").status == 404
        assert before in (None, rest.connection.sock)
        before = rest.connection.sock
    assert before is not None


def test_requests_are_answered_at_the_same_time(rest_port, connect):
    def ask(number):
        client = connect(rest_port)
        try:
            return client.post(PREDICT, {"instances": [float(number)] * 50}).json["predictions"]
        finally:
            client.connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(40))) == [[number / 2 + 2] * 50 for number in range(40)]


@pytest.mark.parametrize("path", ["/", "/v1", "/index", "/monitoring/prometheus/metrics", "/v2/models/half_plus_two"])
def test_other_paths_do_not_exist(rest, path):
    assert rest.get(path).status == 404


def test_a_gzipped_body_is_unpacked_and_the_answer_is_not_packed(rest):
    packed = gzip.compress(b'{"instances": [1.0]}')
    answer = rest.call("POST", PREDICT, packed, {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"})
    assert answer.json == {"predictions": [2.5]}
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    "packed",
    [b"no gzip", gzip.compress(b'{"instances": [1.0]}')[:-4], gzip.compress(bytes(101 * 2**20), compresslevel=1)],
    ids=["other", "cut", "larger than 100 MB"],
)
def test_a_body_that_does_not_unpack_counts_as_empty(rest, packed):
    answer = rest.call("POST", PREDICT, packed, {"Content-Encoding": "gzip"})
    assert (answer.status, answer.error) == (400, "JSON Parse error: The document is empty")


def test_a_body_in_chunks_is_put_together(rest):
    pieces = iter([b'{"instances"', b": [1.0, ", b"2.0]}"])
    rest.connection.request("POST", PREDICT, pieces, {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert b"[2.5, 3.0" in rest.connection.getresponse().read()
    assert rest.post(PREDICT, ONE).status == 200


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        ("Content-Length: -5", b"", 400),
        ("Content-Length: 1_0", b"", 400),
        ("Content-Length: 9999999999999", b"", 413),
        ("Content-Length: " + "9" * 5000, b"", 413),
        ("Content-Length: 100", b"{}", 400),
        ("Transfer-Encoding: chunked", b"x\r\n", 400),
        ("Transfer-Encoding: chunked", b"2\r\n{}junk\r\n", 400),
        ("Transfer-Encoding: chunked", b"fffffffff\r\n", 413),
        ("Transfer-Encoding: br", b"{}", 501),
    ],
)
def test_a_body_of_no_length_is_refused_and_the_connection_closed(rest_port, rest, head, body, status):
    with socket.create_connection(("127.0.0.1", rest_port), timeout=30) as raw:
        raw.sendall(f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + body)
        raw.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in answer
    assert rest.post(PREDICT, ONE).status == 200


@pytest.mark.parametrize(
    ("line", "status"), [("nonsense", b"400"), ("GET /v1/models/x HTTP/9.9", b"505"), ("BREW / HTTP/1.1", b"501")]
)
def test_what_is_no_http_is_refused(rest_port, rest, line, status):
    with socket.create_connection(("127.0.0.1", rest_port), timeout=30) as raw:
        raw.sendall(f"{line}\r\n\r\n".encode())
        raw.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert status in answer
    assert rest.post(PREDICT, ONE).status == 200


def test_head_gets_no_body(rest):
    answer = rest.call("HEAD", "/v1/models/half_plus_two")
    assert (answer.status, answer.body) == (400, b"")
    assert rest.post(PREDICT, ONE).status == 200


def test_pages_of_other_origins_are_allowed_where_cors_is_on(serve_rest):
    _, client = serve_rest(cors=True)
    asked = client.call("OPTIONS", PREDICT, headers={"Origin": "https://shop.example"})
    assert (asked.status, asked.body) == (200, b"")
    for answer in (asked, client.post(PREDICT, ONE), client.get("/v1/models/none")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "POST, GET"
        assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_without_cors_no_origin_is_allowed_and_a_question_without_one_is_refused(rest):
    assert "Access-Control-Allow-Origin" not in rest.post(PREDICT, ONE).headers
    assert rest.call("OPTIONS", PREDICT, headers={"Origin": "https://shop.example"}).status == 200
    assert rest.call("OPTIONS", PREDICT).status == 400


def test_a_request_that_takes_too_long_is_a_gateway_timeout(serve_rest, pipe, tools):
    metrics = ServingMetrics()
    _, client = serve_rest(timeout_ms=1000, metrics=metrics)
    answer = client.post(PREDICT, held(pipe))
    assert answer.status == 504
    assert "1000 ms" in answer.error
    assert 'request_count{model_name="half_plus_two",status="DEADLINE_EXCEEDED"} 1' in metrics.page()
    release(pipe)
    tools.until(lambda: client.post(PREDICT, ONE).status == 200)


def test_a_timeout_of_zero_is_none(serve_rest, pipe):
    _, client = serve_rest(timeout_ms=0)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.post, PREDICT, held(pipe))
        release(pipe)
        assert answer.result().json == {"outputs": str(pipe)}


def test_a_stop_lets_the_running_request_end_and_closes_idle_connections(serve_rest, connect, pipe, in_flight, tools):
    server, idle = serve_rest()
    assert idle.post(PREDICT, ONE).status == 200
    busy = connect(server.port)
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(busy.post, PREDICT, held(pipe))
        tools.until(lambda: in_flight() == 1)
        stopped = pool.submit(server.stop, 30.0)
        assert idle.connection.sock.recv(1) == b""
        release(pipe)
        assert stopped.result() is True
        assert answer.result().headers["Connection"] == "close"
    with pytest.raises(ConnectionError):
        connect(server.port).post(PREDICT, ONE)


def test_a_stop_cuts_off_what_does_not_end_in_time(serve_rest, pipe, in_flight, tools):
    server, client = serve_rest(timeout_ms=0)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.post, PREDICT, held(pipe))
        tools.until(lambda: in_flight() == 1)
        assert server.stop(grace_seconds=0.0) is False
        with pytest.raises(ConnectionError):
            answer.result()
        release(pipe)
        tools.until(lambda: in_flight() == 0)


def test_a_port_that_is_taken_is_named_and_free_again_after_a_stop(answers):
    first = RestServer(answers, 0)
    with pytest.raises(ServerError, match=f"cannot listen on REST port {first.port}: .*--rest_api_port"):
        RestServer(answers, first.port)
    first.stop()
    RestServer(answers, first.port).stop()


def test_no_thread_is_left_behind(answers, connect):
    before = set(threading.enumerate())
    with RestServer(answers, 0, RestSettings(threads=2)) as server:
        client = connect(server.port)
        assert client.post(PREDICT, ONE).status == 200
    client.connection.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10)
        assert not thread.is_alive()
