"""Texts are encoded once where the weights stay, and anew where they change."""

import numpy as np
import pytest

import small_shop
from tiny_training import training_model
from trainer.evaluation.scorer import RankerScorer
from trainer.evaluation.text_memory import TextMemory
from trainer.text.backbone import load_backbone
from trainer.training.run import build_packers
from trainer.training.validation import Validation


class Counting:
    """Stands for an encoder: the vector of a text is its tokens' sum and number."""

    def __init__(self):
        self.texts = []

    def __call__(self, tokens):
        self.texts += [tuple(row) for row in tokens]
        return np.stack([tokens.sum(axis=1), np.count_nonzero(tokens, axis=1)], axis=1).astype(np.float32)


def test_a_text_is_encoded_once_and_comes_back_in_its_place():
    memory, encode = TextMemory(), Counting()
    first = np.array([[5, 7, 0], [1, 2, 3], [5, 7, 0]], np.int32)
    np.testing.assert_array_equal(memory(first, encode), [[12, 2], [6, 3], [12, 2]])
    second = np.array([[9, 0, 0], [5, 7, 0], [1, 2, 3]], np.int32)
    np.testing.assert_array_equal(memory(second, encode), [[9, 1], [12, 2], [6, 3]])
    assert sorted(encode.texts) == [(1, 2, 3), (5, 7, 0), (9, 0, 0)]
    assert len(memory) == 3


def test_texts_of_other_lengths_and_tokens_of_other_bytes_are_told_apart():
    memory, encode = TextMemory(), Counting()
    for tokens in ([[5, 7]], [[5, 7, 0]], [[5, 1792]], [[1280, 7]], [[0, 0]], [[0, 0, 0]]):
        given = np.array(tokens, np.int32)
        np.testing.assert_array_equal(memory(given, encode), Counting()(given))
    assert len(memory) == len(encode.texts) == 6


def test_no_text_at_all():
    memory = TextMemory()
    assert memory(np.zeros((0, 4), np.int32), Counting()).shape == (0, 2)
    assert memory(np.ones((1, 4), np.int32), Counting()).shape == (1, 2)


@pytest.fixture(scope="module")
def made(tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    experiment = small_shop.experiment(tiny_preset, folder)
    model = training_model(experiment)
    return experiment, model.ranker, build_packers(experiment, load_backbone(experiment.encoder.backbone)[1]), folder


def test_a_scorer_with_a_memory_gives_the_scores_of_one_without(made):
    experiment, ranker, packers, _ = made
    memory = TextMemory()
    plain, remembering = (
        RankerScorer(experiment, ranker, packers),
        RankerScorer(experiment, ranker, packers, memory=memory),
    )
    for seed in (1, 2):
        pages = small_shop.pages(6, seed, "test")
        expected, found = (scorer(pages, small_shop.items()) for scorer in (plain, remembering))
        np.testing.assert_allclose(found.score, expected.score, rtol=1e-5)
        known = len(memory)
    remembering(pages, small_shop.items())
    assert len(memory) == known > 0


def test_validation_sees_the_weights_as_they_are_now(made):
    experiment, ranker, packers, folder = made
    scorer = RankerScorer(experiment, ranker, packers)
    validation = Validation(experiment, small_shop.prepared(folder), scorer)
    before = validation()
    table = next(v for v in ranker.encoder.trainable_variables if "embeddings" in v.path)
    kept = np.array(table)
    table.assign(kept[::-1])
    after = validation()
    table.assign(kept)
    assert after != before
    assert validation() == before
    assert scorer.memory is None


def test_long_texts_whose_length_ends_in_a_zero_byte():
    memory, encode = TextMemory(), Counting()
    given = np.zeros((2, 256), np.int32)
    given[1, 255] = 7
    np.testing.assert_array_equal(memory(given, encode), Counting()(given))
    assert len(memory) == 2
