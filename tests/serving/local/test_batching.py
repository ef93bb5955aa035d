"""Requests that are joined: who shares a batch, how it is filled and padded, what is refused."""

import threading
from concurrent import futures

import grpc
import pytest
import tensorflow as tf

from serving.local.batch_settings import BatchSettings, read_batch_settings
from serving.local.batching import BatchQueue, BatchScheduler
from serving.local.errors import ServerError
from serving.local.serving_metrics import ServingMetrics
from serving.local.status import RequestError

LONG = "batch_timeout_micros { value: 20000000 }"


@pytest.fixture
def batched(models, start, tmp_path):
    """Start a server of the shop with these batching parameters."""

    def begin(parameters):
        models.publish(tmp_path / "models", 7, models.shop)
        file = tmp_path / "batching.txt"
        file.write_text(parameters)
        return start(tmp_path / "models", enable_batching=True, batching_parameters_file=file)[1]

    return begin


def together(client, *requests):
    """Send requests at the same time; the answers in order, errors as their code."""

    def ask(request):
        try:
            return client.predict(*request)
        except grpc.RpcError as error:
            return error.code()

    with futures.ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(ask, requests))


def test_requests_share_a_batch_once_it_is_full_and_each_gets_its_own_rows(batched):
    client = batched("max_batch_size { value: 3 } num_batch_threads { value: 1 } " + LONG)
    one, two = together(client, ({"x": [2.0]},), ({"x": [4.0, 6.0]},))
    assert list(one.outputs["y"].float_val) == [3.0]
    assert list(two.outputs["y"].float_val) == [4.0, 5.0]
    one, two = together(client, ({"x": [2.0]}, "rows"), ({"x": [4.0, 6.0]}, "rows"))
    assert list(one.outputs["rows"].int_val) == [3]
    assert list(two.outputs["rows"].int_val) == [3, 3]


def test_a_batch_that_is_not_full_runs_after_its_timeout_filled_to_an_allowed_size(batched):
    client = batched("max_batch_size { value: 4 } allowed_batch_sizes: [1, 4] batch_timeout_micros { value: 1000 }")
    assert list(client.predict({"x": [2.0]}, "rows").outputs["rows"].int_val) == [1]
    assert list(client.predict({"x": [2.0, 4.0]}, "rows").outputs["rows"].int_val) == [4, 4]


def test_lists_of_other_lengths_are_padded_with_their_first_value(batched):
    client = batched("max_batch_size { value: 2 } pad_variable_length_inputs: true " + LONG)
    short, long = together(
        client,
        ({"query": ["q"], "item_id": [["a", "b"]]}, "join"),
        ({"query": ["r"], "item_id": [["c", "d", "e"]]}, "join"),
    )
    assert list(short.outputs["text"].string_val) == [b"q a", b"q b", b"q a"]
    assert list(long.outputs["text"].string_val) == [b"r c", b"r d", b"r e"]


def test_lists_of_other_lengths_fail_without_padding(batched):
    client = batched("max_batch_size { value: 2 } " + LONG)
    codes = together(
        client,
        ({"query": ["q"], "item_id": [["a", "b"]]}, "join"),
        ({"query": ["r"], "item_id": [["c"]]}, "join"),
    )
    assert codes == [grpc.StatusCode.FAILED_PRECONDITION] * 2


def test_an_op_that_fails_fails_the_batch_and_not_the_server(batched):
    client = batched("max_batch_size { value: 2 } " + LONG)
    codes = together(client, ({"x": [-1.0]}, "positive"), ({"x": [1.0]}, "positive"))
    assert codes == [grpc.StatusCode.INVALID_ARGUMENT] * 2
    answers = together(client, ({"x": [1.0]}, "positive"), ({"x": [2.0]}, "positive"))
    assert [answer.outputs["y"].float_val[0] for answer in answers] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("inputs", "signature", "reason"),
    [
        ({"x": [1.0, 2.0, 3.0]}, "", "Task size 3 is larger than maximum input batch size 2"),
        ({"path": "/tmp"}, "read", "at least one dimension"),
        ({"query": ["a", "b"], "item_id": [["c"]]}, "join", "equal 0th-dimension size"),
    ],
)
def test_what_cannot_be_joined_is_invalid(batched, inputs, signature, reason):
    client = batched("max_batch_size { value: 2 }")
    with pytest.raises(grpc.RpcError) as caught:
        client.predict(inputs, signature)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert reason in caught.value.details()


def test_a_full_queue_refuses_with_unavailable_and_what_was_queued_runs():
    scheduler = BatchScheduler(BatchSettings(max_batch_size=1, max_enqueued_batches=1, threads=1), ServingMetrics())
    running, go_on = threading.Event(), threading.Event()

    def call(inputs):
        running.set()
        assert go_on.wait(30)
        return {"y": inputs["x"] * 2.0}

    queue = BatchQueue(scheduler, call)
    row = {"x": tf.constant([3.0])}
    with futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(queue.run, row)
        assert running.wait(30)
        second = pool.submit(queue.run, row)
        while not queue.batches:
            assert not second.done()
        with pytest.raises(RequestError) as caught:
            queue.run(row)
        assert caught.value.code == grpc.StatusCode.UNAVAILABLE
        assert "max_enqueued_batches is 1" in caught.value.message
        go_on.set()
        assert [float(answer.result(30)["y"][0]) for answer in (first, second)] == [6.0, 6.0]
    scheduler.stop()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("max_batch_size { value: 0 }", "give at least 1"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: [4, 2, 8]", "must grow"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: [1, 4]", "the last of allowed_batch_sizes is 4"),
        ("max_batch_size: 8", "is no BatchingParameters"),
        ("batch_timeout_micros { value: -1 }", "below 0"),
        ("max_execution_batch_size { value: 4 }", "is not done by serving.local"),
    ],
)
def test_wrong_parameters_are_one_line_that_names_the_file(tmp_path, text, reason):
    file = tmp_path / "batching.txt"
    file.write_text(text)
    with pytest.raises(ServerError, match=reason) as caught:
        read_batch_settings(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parameters_without_batching_are_refused_as_in_tf_serving(start, tmp_path):
    with pytest.raises(ServerError, match="without --enable_batching"):
        start(tmp_path, batching_parameters_file=tmp_path / "batching.txt")
