"""Rewritten texts reach training batches, and nothing else."""

import numpy as np
import pytest

import small_shop
from trainer.model.build import build_ranker
from trainer.text.backbone import load_backbone
from trainer.training.augmented_texts import AugmentedTexts
from trainer.training.batches import PageBatches
from trainer.training.run import build_packers
from trainer.training.tables import build_tables, in_chunks

METHODS = {"methods": [{"method": "keyboard_typos", "queries": 0.8, "items": 0.5}]}


@pytest.fixture(scope="module")
def made(tiny_preset, tmp_path_factory):
    experiment = small_shop.experiment(tiny_preset, tmp_path_factory.mktemp("shop"), augmentation=METHODS)
    backbone, tokenizer = load_backbone(experiment.encoder.backbone)
    ranker = build_ranker(experiment, small_shop.statistics(), backbone, tokenizer.pad_token_id)
    packers = build_packers(experiment, tokenizer)
    pages, items = small_shop.pages(), small_shop.items()
    tables = build_tables(experiment, ranker, packers, items, pages)
    return experiment, packers, pages, items, tables


def texts_of(made) -> AugmentedTexts:
    return AugmentedTexts(*made)


def test_an_epoch_holds_its_rewritten_texts_packed(made):
    _, packers, pages, items, tables = made
    texts = texts_of(made)
    epoch = texts.epoch(0)
    queries = texts.queries(0)
    assert len(queries) == pages.table["query"].nunique()
    assert set(queries) - set(pages.table["query"])
    np.testing.assert_array_equal(epoch.query_tokens, in_chunks(packers["query"], queries))
    shown = np.unique(pages.item)
    np.testing.assert_array_equal(epoch.item_tokens[shown], in_chunks(packers["item"], texts.items(0)))
    assert (epoch.item_tokens != tables.item_tokens).any()
    assert epoch.query_of_page is tables.query_of_page
    assert epoch.memory is tables.memory
    np.testing.assert_array_equal(tables.item_tokens, in_chunks(packers["item"], items["text"].to_numpy(object)))


def test_epochs_differ_and_repeat(made):
    texts, again = texts_of(made), texts_of(made)
    assert list(texts.queries(1)) == list(again.queries(1))
    assert list(texts.queries(0)) != list(texts.queries(1))


def test_the_share_of_queries_that_is_rewritten_is_the_one_asked_for(made):
    texts, pages = texts_of(made), made[2]
    asked = list(dict.fromkeys(pages.table["query"]))
    changed = np.mean([[a != b for a, b in zip(texts.queries(n), asked, strict=True)] for n in range(60)], axis=0)
    can = [any(len(word) > 3 for word in query.split()) for query in asked]
    assert np.all(np.abs(changed - np.where(can, 0.8, 0.0)) < 0.2)


def test_a_run_that_goes_on_in_the_middle_gets_the_batches_of_an_unbroken_one(made):
    experiment, _, pages, _, tables = made

    def stream(step: int, until: int) -> list[np.ndarray]:
        batches = PageBatches(pages, tables, 4, True, False, False, experiment.seed, texts_of(made))
        found = batches.from_step(step)
        return [next(found)["query_tokens"] for _ in range(until - step)]

    whole, rest = stream(0, 7), stream(4, 7)
    for expected, got in zip(whole[4:], rest, strict=True):
        np.testing.assert_array_equal(got, expected)
    plain = PageBatches(pages, tables, 4, True, False, False, experiment.seed).from_step(0)
    assert any(not np.array_equal(a, next(plain)["query_tokens"]) for a in whole)


def test_queries_of_items_are_words_in_a_row_of_an_item_of_their_page(made):
    experiment, packers, pages, items, tables = made
    config = experiment.augmentation.model_copy(update={"self_teaching": 1.0, "item_queries": 0.5})
    texts = AugmentedTexts(experiment.model_copy(update={"augmentation": config}), packers, pages, items, tables)
    chosen, queries = texts.item_queries(0)
    assert 0.3 < len(chosen) / len(pages) < 0.7
    for page, query in zip(chosen, queries, strict=True):
        shown = [f" {items['text'][item]} " for item in pages.item[pages.offset[page] : pages.offset[page + 1]]]
        assert 1 <= len(query.split()) <= 3
        assert any(f" {query} " in text for text in shown)
    epoch = texts.epoch(0)
    teaching, rewritten = (queries.tokens[queries.of_page] for queries in (epoch.teaching, epoch.rewritten))
    np.testing.assert_array_equal(teaching[chosen], in_chunks(packers["query"], queries))
    rest = np.setdiff1d(np.arange(len(pages)), chosen)
    np.testing.assert_array_equal(teaching[rest], tables.query_tokens[tables.query_of_page[rest]])
    changed = (teaching != rewritten).any(axis=1)
    assert changed[chosen].any()
    assert changed[rest].any()
    assert not changed.all()
    assert texts.in_words().endswith(f"; {len(chosen):,} pages teach words of items")
    other, again = texts.item_queries(1), texts.item_queries(0)
    assert not np.array_equal(other[0], chosen)
    assert list(again[1]) == list(queries)


def test_pages_of_a_query_share_its_encoding(made):
    experiment, _, pages, _, tables = made
    batches = PageBatches(pages, tables, 12, True, False, False, experiment.seed, texts_of(made))
    batch = next(batches.from_step(0))
    assert len(batch["query_tokens"]) == pages.table["query"].nunique()


def versions_of(made, **augmentation):
    config = made[0].augmentation.model_copy(update=augmentation)
    return AugmentedTexts(made[0].model_copy(update={"augmentation": config}), *made[1:])


def test_an_epoch_holds_versions_of_each_query_and_its_pages_ask_one_of_them(made):
    _, packers, pages, _, tables = made
    texts = versions_of(made, rewritings=5)
    asked = pages.table["query"].to_numpy(object)
    distinct = len(tables.query_tokens)
    found = set()
    for number in range(3):
        epoch, queries = texts.epoch(number), texts.queries(number)
        assert len(queries) == len(epoch.query_tokens) == 5 * distinct
        np.testing.assert_array_equal(epoch.query_tokens, in_chunks(packers["query"], queries))
        np.testing.assert_array_equal(epoch.query_of_page % distinct, tables.query_of_page)
        found |= set(zip(asked, epoch.query_of_page // distinct, strict=True))
    assert {version for _, version in found} == set(range(5))
    assert len(set(texts.queries(0))) > len(set(texts_of(made).queries(0)))
    assert "of each)" in texts.in_words()


def test_the_first_version_is_that_of_an_epoch_with_one(made):
    one = texts_of(made).queries(2)
    assert list(versions_of(made, rewritings=3).queries(2)[: len(one)]) == list(one)


def test_with_self_teaching_the_typed_queries_stay_and_the_rewritten_ones_are_beside_them(made):
    packers, tables = made[1], made[4]
    texts = versions_of(made, self_teaching=1.0, rewritings=2)
    epoch = texts.epoch(0)
    assert epoch.query_tokens is tables.query_tokens
    assert epoch.query_of_page is tables.query_of_page
    np.testing.assert_array_equal(epoch.rewritten.tokens, in_chunks(packers["query"], texts.queries(0)))
    np.testing.assert_array_equal(epoch.rewritten.of_page % len(tables.query_tokens), tables.query_of_page)


def test_without_methods_the_tables_are_those_of_the_texts(made, tiny_preset, tmp_path):
    experiment = small_shop.experiment(tiny_preset, tmp_path)
    texts = AugmentedTexts(experiment, *made[1:])
    assert texts.epoch(3) is made[4]


def test_a_pipeline_that_goes_on_rewrites_its_own_epoch_alone(made):
    experiment, _, pages, _, tables = made
    texts, packed = texts_of(made), []
    plain = texts._packed
    texts._packed = lambda number: packed.append(number) or plain(number)
    batches = PageBatches(pages, tables, 4, True, False, False, experiment.seed, texts)
    next(iter(batches.dataset(2 * batches.steps_per_epoch).take(1)))
    assert packed[0] == 2
    assert 0 not in packed
