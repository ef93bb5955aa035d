"""Tokens as BERT wants them."""

import numpy as np
import pytest
import tensorflow as tf

from tiny_bert import VOCABULARY
from trainer.text.backbone import load_backbone
from trainer.text.packing import TextPacker, pack_pair, trim

ID = {piece: number for number, piece in enumerate(VOCABULARY)}


@pytest.fixture(scope="module")
def tokenizer(tiny_preset):
    return load_backbone(str(tiny_preset))[1]


def packed(tokenizer, texts, length=8):
    return TextPacker(tokenizer, length)(tf.constant(texts)).numpy().tolist()


def test_text_stands_between_start_and_end_and_is_padded(tokenizer):
    expected = [ID["[CLS]"], ID["red"], ID["lamp"], ID["##s"], ID["[SEP]"], 0, 0, 0]
    assert packed(tokenizer, ["Red lamps"]) == [expected]


def test_long_text_is_cut_and_keeps_its_end_token(tokenizer):
    (row,) = packed(tokenizer, ["red " * 50])
    assert row == [ID["[CLS]"], *[ID["red"]] * 6, ID["[SEP]"]]


def test_chinese_text_is_tokenised_by_character(tokenizer):
    (row,) = packed(tokenizer, ["红灯泡"])
    assert row[:5] == [ID["[CLS]"], ID["红"], ID["灯"], ID["泡"], ID["[SEP]"]]


def test_empty_and_broken_text_are_packed(tokenizer):
    rows = packed(tokenizer, [b"", b"\xff\xfe lamp"])
    assert rows[0][:3] == [ID["[CLS]"], ID["[SEP]"], 0]
    assert ID["lamp"] in rows[1]


def test_special_tokens_in_a_query_are_plain_text(tokenizer):
    (row,) = packed(tokenizer, ["[SEP] red"], length=12)
    assert row.count(ID["[SEP]"]) == 1


def test_a_huge_text_costs_little(tokenizer):
    (row,) = packed(tokenizer, ["red lamp " * 12_000])
    assert len(row) == 8


def test_a_pair_is_one_sequence_with_its_padding_at_the_end():
    first = tf.constant([[2, 11, 3, 0], [2, 11, 12, 3]])
    second = tf.constant([[2, 21, 22, 3, 0], [2, 21, 3, 0, 0]])
    tokens, segments = pack_pair(first, second, 0)
    assert tokens.numpy().tolist() == [[2, 11, 3, 21, 22, 3, 0, 0], [2, 11, 12, 3, 21, 3, 0, 0]]
    assert segments.numpy().tolist() == [[0, 0, 0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1, 0, 0]]


def test_a_pair_that_fills_everything_keeps_all_tokens():
    tokens, _ = pack_pair(tf.constant([[2, 11, 12, 3]]), tf.constant([[2, 21, 22, 3]]), 0)
    assert tokens.numpy().tolist() == [[2, 11, 12, 3, 21, 22, 3]]


def test_trim_cuts_what_is_padding_everywhere():
    tokens = np.array([[2, 3, 0, 0], [2, 5, 3, 0]])
    assert trim(tf.constant(tokens), 0).numpy().tolist() == tokens[:, :3].tolist()
    assert trim(tf.zeros([0, 4], tf.int32), 0).shape[0] == 0
