"""Pages that a server joins into one batch are ranked as alone, whatever it pads them with."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

import small_shop
from serving.local.flags import ServerFlags
from serving.local.server import serve
from shelfrank_client import PageQuery, RankingClient

OUTPUTS = ("score", "ctr", "cvr", "ctcvr")
BATCHING = """
max_batch_size { value: 2 }
batch_timeout_micros { value: 20000000 }
num_batch_threads { value: 1 }
pad_variable_length_inputs: true
"""


@pytest.fixture
def single(exported, request_of):
    """Requests of one page each, of different list sizes."""
    run, _ = exported
    pages = small_shop.pages()
    numbers = [int(np.argmin(pages.sizes)), int(np.argmax(pages.sizes)), 1]
    requests = [request_of(run, pages.take(np.array([number]))) for number in numbers]
    assert len({request["item_id"].shape[1] for request in requests}) > 1
    return requests


def joined(requests, padding):
    """The requests as one, their lists filled up with ``padding`` of a request."""
    longest = max(request["item_id"].shape[1] for request in requests)
    lists = [
        np.append(request["item_id"][0], [padding(request)] * (longest - request["item_id"].shape[1]))
        for request in requests
    ]
    others = [name for name in requests[0] if name != "item_id"]
    together = {name: np.concatenate([request[name] for request in requests]) for name in others}
    return together | {"item_id": np.array(lists)}


def figures(answer, page):
    """The outputs of each item of a page; an item that is there several times must have the same ones."""
    found = {}
    for place, item in enumerate(answer["item_id"][page].astype(str)):
        values = [answer[name][page][place] for name in OUTPUTS]
        np.testing.assert_allclose(values, found.setdefault(item, values), atol=1e-5)
    found.pop("", None)
    return found


@pytest.mark.parametrize("padding", ["nothing", "the first candidate"])
def test_lists_of_different_sizes_in_one_batch_score_as_alone(single, model, rank, padding):
    first = padding == "the first candidate"
    batch = joined(single, lambda request: request["item_id"][0, 0] if first else "")
    together = rank(model, batch)
    for page, request in enumerate(single):
        alone, found = figures(rank(model, request), 0), figures(together, page)
        assert set(found) == set(alone) == set(request["item_id"][0])
        for item, values in alone.items():
            np.testing.assert_allclose(found[item], values, atol=1e-5)


@pytest.fixture
def batching(exported, tmp_path):
    """The port of a server that joins each two requests of the bundle."""
    _, target = exported
    # Warm-up requests of one page would each wait for another one.
    shutil.copytree(target, tmp_path / "models" / "1", ignore=shutil.ignore_patterns("assets.extra"))
    (tmp_path / "batching.txt").write_text(BATCHING)
    flags = ServerFlags(
        model_base_path=tmp_path / "models",
        model_name="shop",
        port=0,
        enable_batching=True,
        batching_parameters_file=tmp_path / "batching.txt",
    )
    with serve(flags) as server:
        yield server.port


@pytest.mark.parametrize("settings", [{}, {"list_sizes": (4, 8)}], ids=["padded by the server", "by the client"])
def test_clients_of_a_server_that_joins_their_requests_get_their_own_pages(batching, exported, model, settings):
    pages = [
        PageQuery("red lamp", ["i1", "i3", "new"], {"segment": "loyal"}, {"hour": 3.0}, ["i4"]),
        PageQuery("drill", ["i2", "i0", "i5", "i6", "i7", "i4"], {}, {"hour": 7.0}, ["i2", "i3", "i1", "i0"]),
    ]
    with (
        RankingClient(f"127.0.0.1:{batching}", "shop", 30.0, history_length=3, **settings) as client,
        ThreadPoolExecutor(2) as pool,
    ):
        client.metadata()
        for two in (pages, pages[::-1]):
            ranked = pool.map(
                lambda page: client.rank(page.query, page.candidates, page.user, page.context, page.history), two
            )
            for page, answer in zip(two, ranked, strict=True):
                alone = called_directly(model, page)
                assert [item.item_id for item in answer] == [item for item, _ in alone]
                np.testing.assert_allclose([item.score for item in answer], [score for _, score in alone], atol=1e-5)


def called_directly(model, page):
    """Items and scores of a page as the bundle ranks it alone."""
    answer = model.signatures["rank"](
        query=tf.constant([page.query]),
        user_id=tf.constant([""]),
        segment=tf.constant([page.user.get("segment", "")]),
        hour=tf.constant([page.context["hour"]]),
        history=tf.constant([page.history]),
        item_id=tf.constant([page.candidates]),
    )
    return list(zip(answer["item_id"][0].numpy().astype(str), answer["score"][0].numpy(), strict=True))
