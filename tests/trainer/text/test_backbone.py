"""Backbones from each place that the config can name."""

import shutil

import numpy as np
import pytest

from tiny_bert import VOCABULARY
from trainer.errors import InputError
from trainer.text.backbone import build_architecture, load_backbone, save_architecture
from trainer.text.encoder import Encoder


def test_a_hugging_face_folder_gives_the_same_vectors_as_the_keras_preset(tiny_preset, tiny_hugging_face):
    tokens = np.array([[2, 5, 6, 10, 3, 0], [2, 20, 3, 0, 0, 0]], np.int32)
    vectors = []
    for folder in (tiny_preset, tiny_hugging_face):
        backbone, tokenizer = load_backbone(str(folder))
        assert tokenizer.get_vocabulary() == VOCABULARY
        vectors.append(np.asarray(Encoder(backbone)(tokens)))
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)


def test_a_saved_architecture_is_built_again_with_its_tokenizer(tiny_preset, tmp_path):
    backbone, tokenizer = load_backbone(str(tiny_preset))
    save_architecture(backbone, tokenizer, tmp_path)
    again, same_tokenizer = build_architecture(tmp_path)
    assert [w.shape for w in again.weights] == [w.shape for w in backbone.weights]
    assert same_tokenizer(["red lamps"]) == tokenizer(["red lamps"])


def test_a_missing_folder_is_named_with_what_to_do():
    with pytest.raises(InputError, match=r"no folder 'weights/nowhere'; fetch .*tools\.weights"):
        load_backbone("weights/nowhere")


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(InputError, match="can't be loaded as a BERT preset"):
        load_backbone(str(tmp_path))


def test_damaged_hugging_face_weights_are_named(tiny_hugging_face, tmp_path):
    folder = shutil.copytree(tiny_hugging_face, tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"damaged " * 20)
    with pytest.raises(InputError, match="damaged' can't be loaded as a BERT preset"):
        load_backbone(str(folder))


def test_a_damaged_architecture_is_named(tmp_path):
    (tmp_path / "backbone.json").write_text("{")
    with pytest.raises(InputError, match=r"backbone\.json: missing or damaged"):
        build_architecture(tmp_path)


def test_accents_are_stripped_for_uncased_vocabularies(tiny_preset):
    _, tokenizer = load_backbone(str(tiny_preset))
    assert tokenizer(["LÁMP"]) == tokenizer(["lamp"])
