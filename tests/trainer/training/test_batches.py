"""Batches hold what the pages hold, each text once."""

import numpy as np
import pytest

import small_shop
from tiny_bert import VOCABULARY
from trainer.model.build import build_ranker
from trainer.text.backbone import load_backbone
from trainer.training.batches import PageBatches, pad_tokens
from trainer.training.run import build_packers
from trainer.training.tables import build_tables, sequence_rows


@pytest.fixture(scope="module")
def tables(tiny_preset, tmp_path_factory):
    experiment = small_shop.experiment(tiny_preset, tmp_path_factory.mktemp("shop"))
    backbone, tokenizer = load_backbone(experiment.encoder.backbone)
    ranker = build_ranker(experiment, small_shop.statistics(), backbone, tokenizer.pad_token_id)
    packers = build_packers(experiment, tokenizer)
    return build_tables(experiment, ranker, packers, small_shop.items(), small_shop.pages())


def batches(tables, **changes):
    arguments = {"pages_per_batch": 4, "group_queries": True, "pairs": True, "fixed_shapes": False, "seed": 1}
    return PageBatches(small_shop.pages(), tables, **{**arguments, **changes})


@pytest.mark.parametrize("group", [True, False])
def test_each_page_is_in_one_batch_of_an_epoch(tables, group):
    plan = batches(tables, group_queries=group).plan(0)
    assert sorted(np.concatenate(plan)) == list(range(12))
    assert max(map(len, plan)) == 4


def test_epochs_differ_and_repeat_with_their_seed(tables):
    first, again, next_epoch = batches(tables).plan(0), batches(tables).plan(0), batches(tables).plan(1)
    assert [list(p) for p in first] == [list(p) for p in again]
    assert [list(p) for p in first] != [list(p) for p in next_epoch]


def test_texts_are_there_once_and_point_to_the_right_item(tables):
    maker = batches(tables)
    chosen = np.array([0, 5, 10, 3])
    batch = maker.batch(chosen)
    part = maker.pages.take(chosen)
    assert len(batch["query_tokens"]) == 2
    items, length = batch["item_tokens"], batch["item_tokens"].shape[1]
    assert len(items) == len(np.unique(part.item))
    tokens = items[batch["item_row"]][batch["mask"]]
    np.testing.assert_array_equal(tokens, tables.item_tokens[part.item][:, :length])
    np.testing.assert_array_equal(batch["clicked"][batch["mask"]], part.clicked)
    assert (batch["clicked"][~batch["mask"]] == -1).all()
    pair_item = batch["pair_item"][batch["pair_row"]][batch["mask"]]
    np.testing.assert_array_equal(pair_item, batch["item_row"][batch["mask"]])
    pair_query = batch["pair_query"][batch["pair_row"]]
    np.testing.assert_array_equal(pair_query[batch["mask"]], batch["query_row"][part.page_of_impression])


def test_batches_go_on_from_any_step(tables):
    maker = batches(tables)
    stream = maker.from_step(0)
    later = [next(stream) for _ in range(8)][5]
    again = next(maker.from_step(5))
    for name, value in later.items():
        np.testing.assert_array_equal(value, again[name], err_msg=name)


def test_the_dataset_has_the_shapes_that_it_declares(tables):
    maker = batches(tables)
    dataset = maker.dataset(0)
    for batch in dataset.take(4):
        for name, spec in dataset.element_spec.items():
            assert spec.shape.is_compatible_with(batch[name].shape), name
            assert spec.dtype == batch[name].dtype, name


def test_fixed_shapes_repeat(tables):
    maker = batches(tables, fixed_shapes=True)
    first, second = maker.batch(np.array([0, 1, 2, 3])), maker.batch(np.array([7, 8, 9, 10]))
    assert {k: v.shape for k, v in first.items()} == {k: v.shape for k, v in second.items()}


def test_padding_columns_are_cut_to_a_multiple_of_eight():
    tokens = np.array([[2, 5, 3] + [0] * 17, [2] + [5] * 8 + [3] + [0] * 10])
    assert pad_tokens(tokens, 2, 0, False).shape == (2, 16)
    assert pad_tokens(tokens, 3, 0, True).shape == (3, 20)


def test_sequences_become_rows_cut_and_padded(tables):
    rows = tables.sequences["history"]
    assert rows.shape == (12, 3)
    assert rows[3].tolist() == [3, 4, 5]
    assert rows[1].tolist() == [1, -1, -1]
    assert rows[0].tolist() == [-1, -1, -1]


def test_unknown_items_of_a_sequence_are_marked():
    import pandas as pd

    from trainer.config import FeatureConfig

    table = pd.DataFrame({"history": [["b", "gone", "a", "a"], []]})
    feature = FeatureConfig(name="history", kind="sequence", length=3)
    assert sequence_rows(table, feature, pd.Series([0, 1], index=["a", "b"])).tolist() == [[1, -1, 0], [-1, -1, -1]]


def test_the_query_side_is_tokenised_once_a_distinct_query(tables):
    assert len(tables.query_tokens) == 5
    assert tables.query_tokens[0, 1] == VOCABULARY.index("red")
