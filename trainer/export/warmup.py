"""Warm-up requests in the form that TF Serving replays before a version serves."""

from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.export.list_requests import list_requests
from trainer.export.requests import other_requests, page_request
from trainer.model.ranker import Ranker

Request = tuple[str, dict[str, np.ndarray]]


def warmup_requests(
    experiment: Experiment, ranker: Ranker, pages: Pages, items: pd.DataFrame, lists: bool = False
) -> list[Request]:
    """A request for ``serving_default`` of each batch size and list size of ``export.warmup``, and one for each other signature.

    Those for lists have one page: each page ranks hundreds of candidates.

    The pages of a request are drawn, and come again where there are fewer than it needs. A page keeps its first candidates, as
    many as the list size; a shorter one is filled with candidates of other pages, then with other items of the table, and
    with padding where the table is smaller than the list.

    Args:
        experiment: the sizes, the seed and the declared features.
        ranker: whose feature encoders name the inputs.
        pages: at least one, with items of the table.
        items: the items table.
        lists: whether the bundle makes lists.

    Returns:
        Signatures and their inputs.
    """
    sizes = experiment.export.warmup
    random = np.random.default_rng(experiment.seed)
    order = random.permutation(len(pages))
    shown = random.permutation(np.unique(pages.item))
    ids = np.append(items["item_id"].to_numpy(object), "")
    requests, begin = [], 0
    for length in sizes.list_sizes:
        for count in sizes.batch_sizes:
            taken = pages.take(order[np.arange(begin, begin + count) % len(order)])
            begin += count
            request = page_request(experiment, ranker, taken, items)
            request["item_id"] = ids[_lists(taken, length, shown, len(items))].astype(str)
            requests.append(("serving_default", request))
    first = pages.take(order[:1])
    others = {"rank": page_request(experiment, ranker, first, items)}
    others |= other_requests(experiment, ranker, first, items)
    if lists:
        names = first.table["request_id"].to_numpy(object).astype(str)
        others |= list_requests(experiment, others["rank"], names)
    # A server that batches loads no version with a warm-up request of more rows than its largest batch.
    most = sizes.batch_sizes[-1]
    cut = [(name, {key: value[:most] for key, value in inputs.items()}) for name, inputs in others.items()]
    return requests + cut


def write_warmup(bundle: Path, requests: list[Request], model: str) -> None:
    """Write ``assets.extra/tf_serving_warmup_requests``.

    Args:
        bundle: the SavedModel folder.
        requests: signatures and their inputs.
        model: the model's name.
    """
    folder = bundle / "assets.extra"
    folder.mkdir()
    with tf.io.TFRecordWriter(str(folder / "tf_serving_warmup_requests")) as writer:
        for signature, inputs in requests:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model
            request.model_spec.signature_name = signature
            for name, value in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
            writer.write(log.SerializeToString())


def _lists(pages: Pages, length: int, shown: np.ndarray, items: int) -> np.ndarray:
    """Candidates of each page in lists of one length, each item once.

    Args:
        pages: P pages.
        length: N of the lists.
        shown: rows of the items of all pages, shuffled.
        items: rows of the table; this number stands for padding.

    Returns:
        Rows of the items table, int64 [P, N].
    """
    own = np.full((len(pages), pages.sizes.max()), items)
    own[np.arange(own.shape[1])[None, :] < pages.sizes[:, None]] = pages.item
    # As many more as are needed if all of them are the page's own already.
    more = length + own.shape[1]
    filling = np.concatenate([shown[:more], np.arange(min(items, more))])
    rows = np.concatenate([own, np.broadcast_to(filling, (len(pages), len(filling)))], axis=1)
    by_item = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, by_item, axis=1)
    again = np.zeros(rows.shape, bool)
    np.put_along_axis(again, by_item[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    rows = np.where(again, items, rows)
    behind = np.argsort(rows == items, axis=1, kind="stable")
    lists = np.take_along_axis(rows, behind, axis=1)[:, :length]
    return np.pad(lists, ((0, 0), (0, length - lists.shape[1])), constant_values=items)
