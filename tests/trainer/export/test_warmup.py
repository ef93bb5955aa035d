"""The requests that a bundle brings to warm a server up."""

import dataclasses
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

import small_shop
from channels_of_shop import write_channels
from serving.local.flags import ServerFlags
from serving.local.servable import load_servable
from serving.local.server import serve
from serving.local.warmup import warm_up
from tools.deploy.bundle import read_warm_up
from tools.deploy.kit import Kit
from trainer.channels.folder import CHANNELS
from trainer.channels.list_channels import LISTS
from trainer.data.pages import concatenate
from trainer.errors import InputError
from trainer.export.export import export_run, whole_pages
from trainer.export.warmup import warmup_requests

BATCH_SIZES, LIST_SIZES = [1, 3], [2, 5, 8, 10]
OTHERS = ["rank", "rank_items", "encode_query", "encode_item"]


@pytest.fixture
def requests(make_run, tiny_preset, tmp_path):
    """The shop's requests for the validation pages, ranking ones and others, and those pages' lists by their query row."""
    sizes = {"batch_sizes": BATCH_SIZES, "list_sizes": LIST_SIZES}
    run = make_run(tiny_preset, tmp_path, "bi", warmup=sizes)
    pages = small_shop.pages(6, 4, "valid")
    made = warmup_requests(run.experiment, run.ranker, pages, small_shop.items())
    count = len(BATCH_SIZES) * len(LIST_SIZES)
    return made[:count], dict(made[count:]), pages


def lists_by_hour(pages) -> dict[float, list[str]]:
    """The shop's pages by their hour, which is another for each."""
    ids = small_shop.items()["item_id"].to_numpy()
    parts = np.split(ids[pages.item], pages.offset[1:-1])
    return dict(zip(pages.table["hour"], map(list, parts), strict=True))


def test_there_is_a_request_of_each_batch_size_and_list_size_and_one_of_each_other_signature(requests):
    ranking, others, _ = requests
    assert {name for name, _ in ranking} == {"serving_default"}
    shapes = [inputs["item_id"].shape for _, inputs in ranking]
    assert sorted(shapes) == sorted(product(BATCH_SIZES, LIST_SIZES))
    assert list(others) == OTHERS


def test_lists_are_the_pages_own_candidates_cut_or_filled_with_others(requests):
    ranking, _, pages = requests
    own = lists_by_hour(pages)
    table = set(small_shop.items()["item_id"])
    for _, inputs in ranking:
        for hour, row in zip(inputs["hour"], inputs["item_id"].tolist(), strict=True):
            kept = min(len(own[hour]), len(row))
            assert row[:kept] == own[hour][:kept]
            there = [item for item in row if item]
            assert len(there) == len(set(there)) == min(len(row), len(table)), "each once, all of a table that is small"
            assert set(there) <= table
            assert not any(row[len(there) :]), "padding behind the items"


def test_pages_come_again_only_where_there_are_too_few(requests):
    ranking, _, pages = requests
    hours = np.concatenate([inputs["hour"] for _, inputs in ranking])
    _, counts = np.unique(hours, return_counts=True)
    assert len(counts) == len(pages)
    assert counts.max() - counts.min() <= 1


def test_no_request_has_more_rows_than_the_largest_batch(requests):
    ranking, others, pages = requests
    every = [*(inputs for _, inputs in ranking), *others.values()]
    assert max(len(value) for inputs in every for value in inputs.values()) == BATCH_SIZES[-1]
    assert pages.sizes.max() > 3
    assert len(others["rank_items"]["item_id"]) == len(others["rank"]["query"]) == 1


def test_lists_shorter_than_a_page_come_from_a_table_larger_than_the_list(make_run, tiny_preset, tmp_path):
    run = make_run(tiny_preset, tmp_path, "bi", warmup={"batch_sizes": [2], "list_sizes": [6]})
    pages = small_shop.pages(1, 4, "valid")
    (_, inputs), *_ = warmup_requests(run.experiment, run.ranker, pages, small_shop.items())
    assert inputs["item_id"][0].tolist() == inputs["item_id"][1].tolist(), "the one page, twice"
    assert len(set(inputs["item_id"][0])) == 6 > pages.sizes.max(), "filled from the table, as there is no other page"


def test_the_pages_are_of_the_validation_and_of_the_test_where_it_has_none(tmp_path):
    order = ("valid", "test", "train")
    shop = small_shop.prepared(tmp_path)
    assert set(whole_pages(shop, shop.items, order).table["split"]) == {"valid"}
    without = dataclasses.replace(shop, pages=concatenate([shop.pages.split("train"), shop.pages.split("test")]))
    assert set(whole_pages(without, shop.items, order).table["split"]) == {"test"}


def test_the_bundle_holds_them_and_the_manifest_names_their_sizes(make_run, tiny_preset, tmp_path):
    sizes = {"batch_sizes": [1, 2], "list_sizes": [4]}
    run = make_run(tiny_preset, tmp_path, "bi", warmup=sizes)
    valid = small_shop.pages(6, 4, "valid")
    target = export_run(run, small_shop.items(), small_shop.pages(), {}, warmup=valid)
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["warmup"] == {"requests": 6, **sizes}
    assert manifest["warmup_requests"] == 6
    file = target / "assets.extra" / "tf_serving_warmup_requests"
    logs = [prediction_log_pb2.PredictionLog.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(file))]
    requests = [log.predict_log.request for log in logs]
    assert [request.model_spec.signature_name for request in requests] == ["serving_default"] * 2 + OTHERS
    shapes = [[d.size for d in request.inputs["item_id"].tensor_shape.dim] for request in requests[:2]]
    assert shapes == [[1, 4], [2, 4]]


def test_a_bundle_with_lists_brings_a_page_for_each_list_that_a_server_with_the_smallest_batches_runs(
    make_run, tiny_preset, tmp_path
):
    run = make_run(tiny_preset, tmp_path / "runs" / "bi", "bi", warmup={"batch_sizes": [1], "list_sizes": [4]})
    write_channels(run.folder / CHANNELS)
    target = export_run(run, small_shop.items(), small_shop.pages(), {}, models=tmp_path / "models")
    file = target / "assets.extra" / "tf_serving_warmup_requests"
    logs = [prediction_log_pb2.PredictionLog.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(file))]
    requests = [log.predict_log.request for log in logs]
    assert [request.model_spec.signature_name for request in requests] == ["serving_default", *OTHERS, *LISTS]
    assert json.loads((target / "manifest.json").read_text())["warmup"]["requests"] == 5 + len(LISTS)
    for request in requests[5:]:
        assert {tensor.tensor_shape.dim[0].size for tensor in request.inputs.values()} == {1}
    settings = tmp_path / "batching.txt"
    settings.write_text("max_batch_size { value: 1 } allowed_batch_sizes: 1")
    flags = ServerFlags(
        model_base_path=target.parent, model_name="bi", port=0, enable_batching=True, batching_parameters_file=settings
    )
    with serve(flags) as server:
        assert server.models.get("bi").available() == [1]
    found = read_warm_up(target, Kit(tmp_path))
    assert (found.records, found.pages, found.largest) == (10, [1], 1)


def test_a_server_runs_all_of_them(exported):
    _, target = exported
    manifest = json.loads((target / "manifest.json").read_text())
    assert warm_up(load_servable(target, 1, None), target) == manifest["warmup"]["requests"] == 4 * 4 + 4


@pytest.mark.parametrize(
    ("warmup", "message"),
    [
        (
            {"batch_sizes": list(range(1, 26)), "list_sizes": list(range(1, 41))},
            r"export\.warmup: batch_sizes: 25 of them with 40 list_sizes and 9 other signatures make 1009 requests, "
            r"TF Serving takes at most 1000",
        ),
        ({"batch_sizes": [2, 1]}, r"export\.warmup: batch_sizes: expected sizes that grow, found \[2, 1\]"),
        ({"list_sizes": [4, 4]}, r"export\.warmup: list_sizes: expected sizes that grow"),
        ({"list_sizes": []}, r"export\.warmup\.list_sizes: .*at least 1"),
        ({"batch_sizes": [0]}, r"export\.warmup\.batch_sizes\.0: .*\(found 0\)"),
    ],
)
def test_sizes_that_can_not_be_are_named(warmup, message):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(Path("bert"), Path("shop"), export={"warmup": warmup})
