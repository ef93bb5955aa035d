"""Warm-up requests in the form that TF Serving replays before a version serves."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2


def write_warmup(bundle: Path, requests: list[tuple[str, dict[str, np.ndarray]]], model: str) -> int:
    """Write ``assets.extra/tf_serving_warmup_requests``.

    Args:
        bundle: the SavedModel folder.
        requests: signatures and their inputs; at most 1,000.
        model: the model's name.

    Returns:
        How many were written.
    """
    folder = bundle / "assets.extra"
    folder.mkdir()
    with tf.io.TFRecordWriter(str(folder / "tf_serving_warmup_requests")) as writer:
        for signature, inputs in requests[:1000]:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model
            request.model_spec.signature_name = signature
            for name, value in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
            writer.write(log.SerializeToString())
    return len(requests[:1000])
