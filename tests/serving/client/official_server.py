"""A server made of the official stubs whose answers can be worked out by hand.

Run as a program: prints its ports as JSON and ends when its standard input does.

The score of an item is its number / 1000 + length of the query / 100 + known ids in the history / 10 + 1 if the region
is ``north`` + age / 10000; half of it is the CTR, a quarter the CVR. Items that are no number have the number 0 and are
unknown. With ``rank_items`` the number is the price. The model's name chooses how it answers, the query what goes
wrong.
"""

import json
import math
import sys
import threading
from collections import Counter
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from batched_pages import Batches
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

VERSION = 3
STRING, FLOAT, INT64 = tf.string, tf.float32, tf.int64
PAGE = {"query": (STRING, [-1]), "user_id": (STRING, [-1]), "history": (STRING, [-1, -1])}
RANK = PAGE | {
    "item_id": (STRING, [-1, -1]),
    "region": (STRING, [-1]),
    "age": (FLOAT, [-1]),
    "visits": (INT64, [-1]),
    "taste": (FLOAT, [-1, 2]),
    "carts": (STRING, [-1, -1]),
}
ITEMS = {"title": (STRING, [-1, -1]), "price": (FLOAT, [-1, -1]), "image": (FLOAT, [-1, -1, 2])}
SIGNATURES = {
    "serving_default": RANK,
    "rank": RANK,
    "rank_items": RANK | ITEMS,
    "encode_query": {"query": (STRING, [-1]), "region": (STRING, [-1])},
    "encode_item": {"title": (STRING, [-1])},
}
ROLLING = tuple(f"rolling-{name}" for name in ("sync", "async", "parts-sync", "parts-async"))
MODELS = ("shelfrank", "content", "constant", "lacking", "losing", "doubling", "flat", "batching", *ROLLING)


class Service(prediction_service_pb2_grpc.PredictionServiceServicer, model_service_pb2_grpc.ModelServiceServicer):
    """PredictionService and ModelService."""

    def __init__(self) -> None:
        self.rolled: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.batches = Batches(rank)
        self.stopping = threading.Event()

    def signatures(self, model: str) -> dict[str, dict[str, Any]]:
        """Version 4 of a rolling model calls ``region`` ``area``."""
        if model not in self.rolled:
            return SIGNATURES
        return {
            signature: {"area" if name == "region" else name: spec for name, spec in inputs.items()}
            for signature, inputs in SIGNATURES.items()
        }

    def version(self, spec: Any, context: grpc.ServicerContext) -> int:
        version = VERSION + (spec.name in self.rolled)
        if spec.name not in MODELS:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: Latest({spec.name})")
        if spec.version_label and spec.version_label != "stable":
            message = f"Unrecognized servable version label: {spec.version_label}"
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)
        if spec.HasField("version") and spec.version.value != version:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Specific({spec.name}, {spec.version.value})")
        return version

    def GetModelMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = request.model_spec.name
        response.model_spec.version.value = self.version(request.model_spec, context)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for name, inputs in self.signatures(request.model_spec.name).items():
            definition = signatures.signature_def[name]
            for key, (dtype, shape) in inputs.items():
                info = definition.inputs[key]
                info.name = f"{key}:0"
                info.dtype = dtype.as_datatype_enum
                info.tensor_shape.CopyFrom(tf.TensorShape([None if d < 0 else d for d in shape]).as_proto())
            # What the client has no field for must not disturb it.
            definition.outputs["sparse"].coo_sparse.values_tensor_name = "values:0"
        signatures.signature_def["__saved_model_init_op"].outputs["__saved_model_init_op"].name = "NoOp"
        for name in request.metadata_field:
            response.metadata[name].Pack(signatures)
        return response

    def GetModelStatus(self, request: Any, context: grpc.ServicerContext) -> Any:
        version = self.version(request.model_spec, context)
        status = get_model_status_pb2.ModelVersionStatus
        return get_model_status_pb2.GetModelStatusResponse(
            model_version_status=[
                status(version=version, state=status.AVAILABLE),
                status(version=version + 1, state=status.LOADING),
            ]
        )

    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:
        spec = request.model_spec
        version = self.version(spec, context)
        signatures = self.signatures(spec.name)
        if spec.signature_name not in signatures:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"signature {spec.signature_name!r} is not there")
        wanted = signatures[spec.signature_name]
        if set(wanted) != set(request.inputs):
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT, f"expected {sorted(wanted)}, found {sorted(request.inputs)}"
            )
        inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
        for name, (dtype, shape) in wanted.items():
            found = inputs[name].shape
            fits = len(found) == len(shape) and all(d in (-1, f) for d, f in zip(shape, found, strict=True))
            if request.inputs[name].dtype != dtype.as_datatype_enum or not fits:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{name}: found shape {found}")
        if "query" in inputs:
            self.disturb(inputs["query"].reshape(-1)[0].decode(), request, inputs, context)
        if spec.signature_name.startswith("encode"):
            texts = inputs["query" if spec.signature_name == "encode_query" else "title"]
            regions = inputs.get("region", np.array([b""] * len(texts)))
            outputs = {"vector": np.array([[len(t), len(r), 0.5] for t, r in zip(texts, regions, strict=True)], "f")}
        else:
            outputs = (self.batches if spec.name == "batching" else rank)(inputs)
        if spec.name.startswith("rolling") and inputs["query"][0] == b"publish":
            self.rolled.add(spec.name)
        response = predict_pb2.PredictResponse()
        response.model_spec.name = spec.name
        response.model_spec.version.value = version
        for name, values in outputs.items():
            response.outputs[name].CopyFrom(ANSWERS.get(spec.name, typed_values)(name, values))
        if spec.name == "lacking":
            del response.outputs["cvr"]
        return response

    def disturb(self, query: str, request: Any, inputs: dict[str, np.ndarray], context: grpc.ServicerContext) -> None:
        """``fail CODE message`` fails, ``hang`` waits for the end of the call, ``show`` answers what was received.

        ``busy 2 CODE name`` fails for the first two calls with this text and is answered then. ``late 0.5 name`` takes 0.5
        seconds the first time. ``slow 0.5 CODE name`` fails after 0.5 seconds.
        """
        if query.startswith("late "):
            self.asked[query] += 1
            if self.asked[query] == 1:
                self.stopping.wait(float(query.split(" ")[1]))
        if query.startswith("slow "):
            _, seconds, code, _ = query.split(" ")
            self.asked[query] += 1
            number = self.asked[query]
            self.stopping.wait(float(seconds))
            context.abort(grpc.StatusCode[code], f"call {number}")
        if query.startswith("busy "):
            _, times, code, _ = query.split(" ")
            self.asked[query] += 1
            if self.asked[query] <= int(times):
                context.abort(grpc.StatusCode[code], f"call {self.asked[query]}")
        if query.startswith("fail "):
            _, code, message = query.split(" ", 2)
            context.abort(grpc.StatusCode[code], message)
        if query == "hang":
            over = threading.Event()
            if context.add_callback(over.set):
                over.wait(30)
        if query == "show":
            shown = {
                "version": request.model_spec.version.value if request.model_spec.HasField("version") else None,
                "metadata": {key: value for key, value in context.invocation_metadata() if isinstance(value, str)},
                "label": request.model_spec.version_label,
                "signature": request.model_spec.signature_name,
                "inputs": {name: np.char.decode(values.astype(np.bytes_)).tolist() for name, values in inputs.items()},
                "dtypes": {name: tf.dtypes.as_dtype(t.dtype).name for name, t in request.inputs.items()},
            }
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, json.dumps(shown))


def rank(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Scores by the rule above, sorted; one page after the other, as a person would do it."""
    ids = inputs["item_id"]
    outputs = {name: np.zeros(ids.shape, np.float32) for name in ("score", "ctr", "cvr", "ctcvr")}
    outputs |= {"known": np.zeros(ids.shape, bool), "item_id": np.full(ids.shape, b"", object)}
    for page in range(len(ids)):
        extra = len(inputs["query"][page].decode()) / 100
        extra += sum(i.isdigit() for i in inputs["history"][page]) / 10
        extra += inputs.get("region", inputs.get("area"))[page] == b"north"
        extra += 0.0 if math.isnan(inputs["age"][page]) else inputs["age"][page] / 10_000
        rows = []
        for place, item in enumerate(ids[page]):
            if item:
                number = float(inputs["price"][page][place]) if "price" in inputs else float(item.isdigit() and item)
                rows.append((number / 1000 + extra, item))
        for place, (score, item) in enumerate(sorted(rows, reverse=True)):
            values = {"score": score, "ctr": score / 2, "cvr": score / 4, "ctcvr": score * score / 8}
            for name, value in (values | {"known": item.isdigit(), "item_id": item}).items():
                outputs[name][page, place] = value
    return outputs


def typed_values(name: str, values: np.ndarray) -> Any:
    """As TF Serving answers: a value each in ``float_val`` and so on."""
    tensor = tf.make_tensor_proto([], dtype=tf.as_dtype(values.dtype), shape=[0])
    tensor.tensor_shape.CopyFrom(tf.TensorShape(values.shape).as_proto())
    field = {"f": tensor.float_val, "b": tensor.bool_val, "O": tensor.string_val}[values.dtype.kind]
    field.extend(values.reshape(-1).tolist())
    return tensor


def one_value(name: str, values: np.ndarray) -> Any:
    """The last value stands for all that are left out; none at all for zeros."""
    tensor = typed_values(name, values)
    if name in ("ctr", "known"):
        del {"ctr": tensor.float_val, "known": tensor.bool_val}[name][1:]
    elif name == "cvr":
        del tensor.float_val[:]
    return tensor


def all_but_one(name: str, values: np.ndarray) -> Any:
    """An item less than asked for."""
    return typed_values(name, values[:, 1:])


def doubling(name: str, values: np.ndarray) -> Any:
    """The best item twice."""
    return typed_values(name, np.concatenate([values[:, :1], values], axis=1))


def flat(name: str, values: np.ndarray) -> Any:
    """Another shape."""
    return typed_values(name, values.reshape(-1))


ANSWERS = {
    "content": lambda name, values: tf.make_tensor_proto(values),
    "constant": one_value,
    "losing": all_but_one,
    "doubling": doubling,
    "flat": flat,
}


def start(
    service: Service, status: int | None, credentials: grpc.ServerCredentials | None = None, port: int = 0
) -> tuple[Any, int]:
    """A server on a port, a free one by default, with the health service where there is a status."""
    server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", -1)])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(service, server)
    if status is not None:
        checks = health.HealthServicer()
        checks.set("", status)
        health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    address = f"127.0.0.1:{port}"
    port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    server.start()
    return server, port


def main(folder: Path, port: int = 0) -> None:
    """Serve until standard input ends.

    Args:
        folder: of ``key.pem`` and ``certificate.pem``, for a port with TLS where they are there.
        port: of ``serving``; a free one by default.
    """
    service = Service()
    states = health_pb2.HealthCheckResponse
    kinds: dict[str, tuple[Any, ...]] = {
        "serving": (states.SERVING, None, port),
        "not_serving": (states.NOT_SERVING,),
        "no_health": (None,),
    }
    if (folder / "key.pem").exists():
        pair = ((folder / "key.pem").read_bytes(), (folder / "certificate.pem").read_bytes())
        kinds["tls"] = (states.SERVING, grpc.ssl_server_credentials([pair]))
        kinds["mutual"] = (states.SERVING, grpc.ssl_server_credentials([pair], pair[1], True))
    servers = {name: start(service, *arguments) for name, arguments in kinds.items()}
    print(json.dumps({name: port for name, (_, port) in servers.items()}), flush=True)
    sys.stdin.read()
    for server, _ in servers.values():
        server.stop(None).wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
