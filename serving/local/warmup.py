"""Replay of the requests that a model bundle brings to warm itself up."""

from pathlib import Path

import tensorflow as tf

from serving.local.errors import ServerError
from serving.local.servable import Servable
from serving.local.status import RequestError, status_of
from serving.local.warmup_records import MOST_RECORDS, WARMUP_FILE, read_records


def warm_up(servable: Servable, path: Path) -> int:
    """Run the Predict requests of `assets.extra/tf_serving_warmup_requests`, a TFRecord of PredictionLog.

    Args:
        servable: the loaded version.
        path: its folder.

    Returns:
        The number of requests run; 0 where there is no such file.

    Raises:
        ServerError: the file is damaged or too long, or a request failed: TF Serving refuses it too.
    """
    file = path / WARMUP_FILE
    if not file.is_file():
        return 0
    count = 0
    try:
        for log in read_records(file):
            count += 1
            if count > MOST_RECORDS:
                raise ServerError(f"{file} has more than {MOST_RECORDS} records, the most TF Serving takes")
            kind = log.WhichOneof("log_type")
            if kind != "predict_log":
                raise ServerError(f"{file}: record {count} is {kind or 'empty'}; only predict_log can be replayed")
            servable.predict(log.predict_log.request)
    except (RequestError, tf.errors.OpError) as error:
        code, reason = status_of(error)
        raise ServerError(f"{file}: record {count} failed with {code.name}: {reason}") from error
    return count
