"""Imports the client and the official stubs in one process, in the order told, and passes messages between them.

Run as a program with ``client-first`` or ``official-first``; prints what came out as JSON. TensorFlow's
`make_ndarray` and `make_tensor_proto` are the reference for tensors.
"""

import base64
import importlib
import json
import sys
from typing import Any


def both(order: str) -> dict[str, Any]:
    """What the two made of each other's bytes."""
    names = ["shelfrank_client.protocol", "tensorflow_serving.apis.predict_pb2"]
    for name in names if order == "client-first" else reversed(names):
        importlib.import_module(name)
    import numpy as np
    import tensorflow as tf
    from google.protobuf import any_pb2
    from grpc_health.v1 import health_pb2
    from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2

    from shelfrank_client import protocol, tensors
    from tools.protocol.describe import describe

    # ours -> official -> ours
    ours = protocol.PredictRequest()
    ours.model_spec.name = "shelfrank"
    ours.model_spec.version.value = 7
    ours.model_spec.signature_name = "rank"
    ours.inputs["query"].CopyFrom(tensors.pack(["drill", "钻"], (2,), tensors.STRING, "query"))
    ours.inputs["age"].CopyFrom(tensors.pack([1.5, float("nan")], (2,), tensors.FLOAT, "age"))
    ours.inputs["visits"].CopyFrom(tensors.pack([2**40, -1], (2, 1), tensors.INT64, "visits"))
    theirs = predict_pb2.PredictRequest.FromString(ours.SerializeToString())
    back = protocol.PredictRequest.FromString(theirs.SerializeToString())

    # official -> ours
    reference = {
        "float32": np.array([[0.25, -1.0, 3e38]], "f"),
        "float64": np.array([1e-300, 2.0]),
        "int32": np.array([[1], [-(2**31)]], "i"),
        "int64": np.array([2**62, -1]),
        "bool": np.array([True, False]),
        "string": np.array([b"a", "钻".encode()], object),
        "scalar": np.float32(2.5),
        "empty": np.zeros((0, 3), "f"),
    }
    response = predict_pb2.PredictResponse()
    for name, values in reference.items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(values))
    short = response.outputs["short"]
    short.CopyFrom(tf.make_tensor_proto([0.0]))
    short.tensor_content = b""
    short.float_val[:] = [1.0, 2.0]
    short.tensor_shape.dim[0].size = 4
    none = response.outputs["none"]
    none.CopyFrom(short)
    del none.float_val[:]
    read = protocol.PredictResponse.FromString(response.SerializeToString())
    agree = {}
    for name, tensor in read.outputs.items():
        values, shape = tensors.unpack(tensor)
        expected = tf.make_ndarray(response.outputs[name])
        agree[name] = shape == list(expected.shape) and values == expected.reshape(-1).tolist()

    # an Any of the official pool, opened in ours
    metadata = get_model_metadata_pb2.GetModelMetadataResponse()
    signatures = get_model_metadata_pb2.SignatureDefMap()
    signatures.signature_def["rank"].inputs["query"].dtype = 7
    metadata.metadata["signature_def"].Pack(signatures)
    opened = protocol.GetModelMetadataResponse.FromString(metadata.SerializeToString()).metadata["signature_def"]
    own = protocol.SignatureDefMap()
    unpacked = opened.Unpack(own)

    status = get_model_status_pb2.GetModelStatusResponse()
    status.model_version_status.add(version=3, state=30).status.error_message = "fine"
    health = health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
    return {
        "query": tf.make_ndarray(theirs.inputs["query"]).tolist()[1].decode(),
        "age": tf.make_ndarray(theirs.inputs["age"]).astype(str).tolist(),
        "visits": tf.make_ndarray(theirs.inputs["visits"]).tolist(),
        "version": theirs.model_spec.version.value,
        "back": back == ours,
        "unset": predict_pb2.PredictRequest.FromString(
            protocol.PredictRequest(model_spec={"name": "m"}).SerializeToString()
        ).model_spec.HasField("version"),
        "agree": agree,
        "any": unpacked and own.signature_def["rank"].inputs["query"].dtype,
        "status": protocol.GetModelStatusResponse.FromString(status.SerializeToString())
        .model_version_status[0]
        .status.error_message,
        "health": protocol.HealthCheckResponse.FromString(health.SerializeToString()).status,
        "apart": type(opened) is not any_pb2.Any and protocol.TensorProto is not type(short),
        "described": base64.b64encode(describe()).decode(),
    }


if __name__ == "__main__":
    print(json.dumps(both(sys.argv[1])))
