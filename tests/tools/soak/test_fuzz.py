"""Requests as no client should send them, in their thousands, against a real server."""

import grpc
import pytest
import tensorflow as tf

from serving.local.flags import ServerFlags
from serving.local.server import serve
from tools.soak.fuzz import fuzz
from tools.soak.random_requests import random_requests


class Ranker(tf.Module):
    """Text in, ranked items out, as small as can be."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, "query"),
            tf.TensorSpec([None, None], tf.string, "item_id"),
            tf.TensorSpec([None, 3], tf.float32, "price"),
        ]
    )
    def rank(self, query, item_id, price):
        length = tf.cast(tf.strings.length(item_id), tf.float32) + tf.reduce_sum(price, 1, keepdims=True)
        order = tf.argsort(length, direction="DESCENDING")
        return {"item_id": tf.gather(item_id, order, batch_dims=1), "score": tf.gather(length, order, batch_dims=1)}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    base = tmp_path_factory.mktemp("ranker")
    ranker = Ranker()
    tf.saved_model.save(ranker, str(base / "1"), signatures={"serving_default": ranker.rank})
    with serve(ServerFlags(model_base_path=base, model_name="ranker", port=0)) as running:
        yield running


def signatures(server):
    with server.models.get("ranker").use() as servable:
        return dict(servable.signature_defs)


def test_each_of_1000_malformed_requests_ends_with_a_clean_code(server):
    found = fuzz(f"127.0.0.1:{server.port}", random_requests("ranker", signatures(server), 1000, seed=5))
    assert found.unclean == set()
    assert sum(found.codes.values()) == 1000
    # The requests are of many kinds: some come through, others are refused for several reasons.
    assert found.codes[grpc.StatusCode.OK] >= 20
    assert found.codes[grpc.StatusCode.INVALID_ARGUMENT] >= 200
    assert found.codes[grpc.StatusCode.NOT_FOUND] >= 20


def test_the_same_seed_makes_the_same_requests(server):
    one, two = (list(random_requests("ranker", signatures(server), 50, seed=3)) for _ in range(2))
    assert one == two
    assert one != list(random_requests("ranker", signatures(server), 50, seed=4))
