"""The requests that a model bundle brings to warm itself up, as a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving.local.errors import ServerError

WARMUP_FILE = Path("assets.extra", "tf_serving_warmup_requests")
# TF Serving refuses longer files (`saved_model_warmup_util.cc`), so a bundle that loads here must load there.
MOST_RECORDS = 1000


def read_records(file: Path) -> Iterator[Any]:
    """Read a TFRecord file of `PredictionLog`; imports TensorFlow.

    Args:
        file: of a version, `WARMUP_FILE` below its folder.

    Yields:
        One `PredictionLog` a record.

    Raises:
        ServerError: the file is damaged.
    """
    import tensorflow as tf
    from google.protobuf.message import DecodeError
    from tensorflow_serving.apis import prediction_log_pb2

    from serving.local.status import one_line

    count = 0
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            count += 1
            yield prediction_log_pb2.PredictionLog.FromString(record)
    except DecodeError:
        raise ServerError(f"{file}: record {count} is no PredictionLog; export the model again") from None
    except tf.errors.DataLossError as error:
        raise ServerError(f"{file} is no whole TFRecord file: {one_line(error.message)}") from None
