"""Models that Keras wrote, by `model.export` and by `tf.saved_model.save`: what TF Serving's clients ask of them."""

import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2

PRICES = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]], np.float32)
STOCK = np.array([[1.0], [4.0]], np.float32)
WEIGHTS = np.array([[1.0, 0.5], [0.0, -1.0], [2.0, 1.0], [0.25, 0.0]], np.float32)
# Both layers by hand: 1 x 1 + 3 x 2 + 1 x 0.25 = 7.25, 1 x 0.5 - 2 + 3 = 1.5; 0.5 x 2 + 4 x 0.25 = 2, 1 + 0.5 = 1.5.
SCORES = [[7.25, 1.5], [2.0, 1.5]]


@dataclass
class Ports:
    """A running server, over gRPC and over HTTP."""

    client: Any
    rest: int

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.rest, timeout=30)
        connection.request("POST" if body is not None else "GET", path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        connection.close()
        return found


@pytest.fixture(scope="module")
def ranker() -> keras.Model:
    """scores = [price, stock] W, clipped = the same, at most 5."""
    price, stock = keras.Input((3,), name="price"), keras.Input((1,), name="stock")
    dense = keras.layers.Dense(2, use_bias=False)
    scores = dense(keras.layers.Concatenate()([price, stock]))
    dense.set_weights([WEIGHTS])
    clipped = keras.layers.ReLU(max_value=5.0)(scores)
    return keras.Model({"price": price, "stock": stock}, {"scores": scores, "clipped": clipped})


@pytest.fixture
def serve_model(start, tmp_path):
    def begin(write: Any) -> Ports:
        folder = tmp_path / "models" / "1"
        folder.parent.mkdir()
        write(str(folder))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        _, client = start(folder.parent, rest_api_port=port)
        return Ports(client, port)

    return begin


@pytest.fixture
def exported(serve_model, ranker) -> Ports:
    return serve_model(lambda folder: ranker.export(folder, verbose=False))


@pytest.fixture
def saved(serve_model, ranker) -> Ports:
    return serve_model(lambda folder: tf.saved_model.save(ranker, folder))


def values(response: Any) -> dict[str, Any]:
    return {name: tf.make_ndarray(proto).tolist() for name, proto in response.outputs.items()}


@pytest.mark.parametrize("signature", ["", "serving_default", "serve"])
def test_an_exported_model_answers_under_its_two_signatures(exported, signature):
    response = exported.client.predict({"price": PRICES, "stock": STOCK}, signature)
    assert values(response) == {"scores": SCORES, "clipped": [[5.0, 1.5], [2.0, 1.5]]}
    assert response.model_spec.signature_name == (signature or "serving_default")
    filtered = exported.client.predict({"price": PRICES, "stock": STOCK}, signature, outputs=("scores",))
    assert values(filtered) == {"scores": SCORES}


def test_a_model_without_named_outputs_has_numbered_ones(serve_model):
    numbers = keras.Input((2,), name="numbers")
    model = keras.Model(numbers, [keras.layers.Rescaling(2.0)(numbers), keras.layers.Rescaling(3.0)(numbers)])
    ports = serve_model(lambda folder: model.export(folder, verbose=False))
    response = ports.client.predict({"numbers": np.array([[1.0, 2.0]], np.float32)})
    assert values(response) == {"output_0": [[2.0, 4.0]], "output_1": [[3.0, 6.0]]}


def test_its_metadata_has_the_signatures_as_keras_wrote_them(exported):
    found = get_model_metadata_pb2.SignatureDefMap()
    assert exported.client.metadata("signature_def").metadata["signature_def"].Unpack(found)
    # The last one is what initialises the model when it loads; TF Serving tells it too.
    assert set(found.signature_def) == {"serve", "serving_default", "__saved_model_init_op"}
    for name in ("serve", "serving_default"):
        signature = found.signature_def[name]
        assert signature.method_name == "tensorflow/serving/predict"
        sizes = {alias: [d.size for d in info.tensor_shape.dim] for alias, info in signature.inputs.items()}
        assert sizes == {"price": [-1, 3], "stock": [-1, 1]}
        assert set(signature.outputs) == {"scores", "clipped"}


def test_it_answers_over_rest_by_row_and_by_column(exported):
    path = "/v1/models/shop:predict"
    rows = [{"price": price, "stock": stock} for price, stock in zip(PRICES.tolist(), STOCK.tolist(), strict=True)]
    expected = [{"scores": SCORES[0], "clipped": [5.0, 1.5]}, {"scores": SCORES[1], "clipped": [2.0, 1.5]}]
    assert exported.post(path, {"instances": rows}) == (200, {"predictions": expected})
    columns = {"signature_name": "serve", "inputs": {"price": PRICES.tolist(), "stock": STOCK.tolist()}}
    assert exported.post(path, columns) == (200, {"outputs": {"scores": SCORES, "clipped": [[5.0, 1.5], [2.0, 1.5]]}})
    status, metadata = exported.post("/v1/models/shop/metadata", None)
    assert status == 200
    signatures = metadata["metadata"]["signature_def"]["signature_def"]
    assert {"serve", "serving_default"} < set(signatures)
    assert signatures["serve"]["inputs"]["price"]["dtype"] == "DT_FLOAT"


def test_what_does_not_fit_it_is_refused(exported):
    for inputs in ({"price": PRICES}, {"price": PRICES, "stock": STOCK.astype(np.float64)}):
        with pytest.raises(grpc.RpcError) as caught:
            exported.client.predict(inputs)
        assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    status, answer = exported.post("/v1/models/shop:predict", {"instances": [{"price": [1.0, 2.0, 3.0]}]})
    assert status == 400
    assert "stock" in answer["error"]


def test_a_saved_model_answers_under_the_names_that_tensorflow_gave_its_inputs(saved):
    found = get_model_metadata_pb2.SignatureDefMap()
    assert saved.client.metadata("signature_def").metadata["signature_def"].Unpack(found)
    signature = found.signature_def["serving_default"]
    assert "serve" not in found.signature_def
    given = {3: PRICES, 1: STOCK}
    inputs = {alias: given[info.tensor_shape.dim[1].size] for alias, info in signature.inputs.items()}
    assert set(inputs) == {"inputs", "inputs_1"}
    assert values(saved.client.predict(inputs))["scores"] == SCORES
    columns = {"inputs": {alias: value.tolist() for alias, value in inputs.items()}}
    status, answer = saved.post("/v1/models/shop:predict", columns)
    assert (status, answer["outputs"]["scores"]) == (200, SCORES)


def test_batches_of_a_keras_model_are_those_of_its_callers(start, ranker, tmp_path):
    base = Path(tmp_path, "models")
    base.mkdir()
    ranker.export(str(base / "1"), verbose=False)
    parameters = tmp_path / "batching"
    parameters.write_text(
        "max_batch_size { value: 4 } batch_timeout_micros { value: 1000 } allowed_batch_sizes: [2, 4]"
    )
    _, client = start(base, enable_batching=True, batching_parameters_file=parameters)
    for row in range(2):
        response = client.predict({"price": PRICES[row : row + 1], "stock": STOCK[row : row + 1]})
        assert values(response)["scores"] == SCORES[row : row + 1]
