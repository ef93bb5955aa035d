"""Logged requests as files: a table in the form of `search_log`, or a TFRecord of `PredictionLog`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.local.tensors import tensor_from_proto

COLUMNS = [
    *("request_id", "timestamp", "user_id", "query"),
    *("item_id", "position", "score", "ctr", "cvr", "ctcvr", "known"),
    *("degraded", "model", "model_version", "history"),
]
"""Those that every table has; features and further outputs come behind them."""
RANK_ITEMS = "rank_items"
LISTS = ("search", "for_user", "similar_items", "recommend", "trending")
"""Signatures that find the items themselves; the column ``list`` names them."""


@dataclass(frozen=True)
class Answered:
    """A request with its answer.

    Args:
        request_id: of the request.
        time: of the answer, in seconds since 1970.
        request: what was asked.
        response: what was answered.
        rate: share of the requests that is logged.
    """

    request_id: str
    time: float
    request: predict_pb2.PredictRequest
    response: predict_pb2.PredictResponse
    rate: float

    @property
    def model(self) -> str:
        """The model's name."""
        return self.request.model_spec.name


def write_records(requests: Sequence[Answered], file: Path) -> bool:
    """Write a TFRecord of `PredictionLog`, the form of warm-up requests.

    Args:
        requests: at least one.
        file: to be written.

    Returns:
        Whether there is a file; always.
    """
    with tf.io.TFRecordWriter(str(file)) as writer:
        for each in requests:
            record = prediction_log_pb2.PredictionLog()
            record.log_metadata.model_spec.CopyFrom(each.response.model_spec)
            record.log_metadata.sampling_config.sampling_rate = each.rate
            record.log_metadata.saved_model_tags.append("serve")
            record.log_metadata.timestamp_secs = int(each.time)
            record.predict_log.request.CopyFrom(each.request)
            record.predict_log.response.CopyFrom(each.response)
            writer.write(record.SerializeToString())
    return True


def write_table(requests: Sequence[Answered], file: Path) -> bool:
    """Write a table, an impression a row, as gzipped CSV.

    Args:
        requests: those that rank nothing are left out.
        file: to be written.

    Returns:
        Whether there is a file: not where no request ranks.
    """
    frames = [frame for each in requests if (frame := rows_of(each)) is not None]
    if not frames:
        return False
    table = pd.concat(frames, ignore_index=True)
    further = sorted(set(table.columns) - set(COLUMNS))
    # With both characters in the end of line, either of them in a query is put into quotes.
    table.reindex(columns=[*COLUMNS, *further]).to_csv(file, index=False, compression="gzip", lineterminator="\r\n")
    return True


def rows_of(answered: Answered) -> pd.DataFrame | None:
    """The items of a request's pages, in the order of the answer.

    Args:
        answered: a request of P pages; its inputs [P] and [P, ...] are features of the pages, of `rank_items` those [P]
            and the history only. Its outputs [P, N] are columns.

    Returns:
        An item a row, padding left out; None where the signature ranks nothing, or `item_id` was not asked for.
    """
    inputs, outputs = _arrays(answered.request.inputs), _arrays(answered.response.outputs)
    signature = answered.request.model_spec.signature_name
    ids, query = outputs.get("item_id"), inputs.get("query")
    if ids is None or ids.ndim != 2 or query is None or query.shape != ids.shape[:1]:
        return None
    page, place = np.nonzero(ids != b"")
    of_page: dict[str, np.ndarray] = {}
    for name, values in inputs.items():
        own = values.ndim == 1 or name == "history" or signature != RANK_ITEMS
        if name != "item_id" and own and values.shape[:1] == query.shape and values.ndim <= 2:
            of_page[name] = values if values.ndim == 1 else np.array([_listed(row) for row in values], object)
    if signature in LISTS:
        of_page["list"] = np.full(len(query), signature, object)
        if "boost" in of_page:
            of_page["boost"] = _factors(inputs["boosted"], inputs["boost"])
    pages = len(query)
    of_page["request_id"] = np.array(
        [answered.request_id if pages == 1 else f"{answered.request_id}/{n + 1}" for n in range(pages)], object
    )
    columns = {name: values[page] for name, values in of_page.items()}
    columns |= {name: values[page, place] for name, values in outputs.items() if values.shape == ids.shape}
    frame = pd.DataFrame({name: _written(values) for name, values in columns.items()})
    return frame.assign(
        timestamp=datetime.fromtimestamp(answered.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        position=place + 1,
        degraded=0,
        model=answered.model,
        model_version=answered.response.model_spec.version.value,
    )


def _arrays(protos: object) -> dict[str, np.ndarray]:
    return {name: np.asarray(tensor_from_proto(proto).numpy()) for name, proto in protos.items()}  # type: ignore[attr-defined]


def _listed(values: np.ndarray) -> str:
    """A row of a sequence or a vector as JSON; padding of a sequence is left out."""
    if values.dtype != object:
        return json.dumps(values.tolist())
    return json.dumps([value.decode(errors="replace") for value in values.tolist() if value], ensure_ascii=False)


def _factors(boosted: np.ndarray, boost: np.ndarray) -> np.ndarray:
    """Factors as JSON lists, without those of padding."""
    return np.array([_listed(row[ids != b""]) for ids, row in zip(boosted, boost, strict=True)], object)


def _written(values: np.ndarray) -> pd.Series:
    column = pd.Series(values)
    if values.dtype == bool:
        return column.astype("int8")
    if values.dtype == object and len(values) and isinstance(values[0], bytes):
        return column.str.decode("utf-8", errors="replace")
    return column
