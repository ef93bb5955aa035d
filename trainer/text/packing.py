"""From strings to token ids, inside the graph."""

import keras_nlp
import tensorflow as tf

from trainer.text.spelling import Spelling

MAX_CHARACTERS_PER_TOKEN = 24


class TextPacker(tf.Module):
    """Tokenises text and packs it as BERT wants it.

    Text that is no valid UTF-8 is read with replacement characters; text far longer than ``length`` tokens can hold is cut
    before it is tokenised, so that a huge string costs little.

    Args:
        tokenizer: a keras-nlp BERT tokenizer.
        length: tokens a text at most (L), the two special tokens included.
        spelling: corrects texts before they are tokenised; None to take them as typed.
    """

    def __init__(
        self, tokenizer: keras_nlp.models.BertTokenizer, length: int, spelling: Spelling | None = None
    ) -> None:
        super().__init__(name="text_packer")
        self.tokenizer = tokenizer
        self.length = length
        self.spelling = spelling
        # The tokenizer gives ragged tensors in a graph only.
        self._pack = tf.function(self._pack_text, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
        self.pad, self.start, self.end = tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id

    def __call__(self, text: tf.Tensor) -> tf.Tensor:
        """Pack texts one by one: ``[CLS] text [SEP]``, padded.

        Args:
            text: string [B].

        Returns:
            int32 [B, L]
        """
        return self._pack(text)

    def _pack_text(self, text: tf.Tensor) -> tf.Tensor:
        clean = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
        clean = tf.strings.substr(clean, 0, MAX_CHARACTERS_PER_TOKEN * self.length, unit="UTF8_CHAR")
        if self.spelling is not None:
            clean = self.spelling(clean)
        pieces = tf.cast(self.tokenizer(clean), tf.int32)[:, : self.length - 2]
        edge = tf.ones([tf.shape(text)[0], 1], tf.int32)
        packed = tf.concat([self.start * edge, pieces, self.end * edge], axis=1)
        return packed.to_tensor(self.pad, shape=[None, self.length])


def pack_pair(first: tf.Tensor, second: tf.Tensor, pad: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Join packed texts into one sequence, ``[CLS] first [SEP] second [SEP]``, with the padding at the end.

    Args:
        first: int32 [B, L1], as `TextPacker` gives it.
        second: int32 [B, L2], likewise.
        pad: the id of the padding.

    Returns:
        Token ids int32 [B, L1 + L2 - 1] and segment ids int32 [B, L1 + L2 - 1] (0 for the first text, 1 for the second).
    """
    first_length = tf.reduce_sum(tf.cast(first != pad, tf.int32), axis=1, keepdims=True)
    second_length = tf.reduce_sum(tf.cast(second != pad, tf.int32), axis=1, keepdims=True) - 1
    width = tf.shape(first)[1]
    both = tf.concat([first, second[:, 1:]], axis=1)
    place = tf.range(tf.shape(both)[1])[tf.newaxis, :]
    in_first = place < first_length
    source = tf.where(in_first, place, tf.minimum(place - first_length + width, tf.shape(both)[1] - 1))
    tokens = tf.gather(both, source, batch_dims=1)
    used = place < first_length + second_length
    return tf.where(used, tokens, pad), tf.cast(used & ~in_first, tf.int32)


def trim(tokens: tf.Tensor, pad: int) -> tf.Tensor:
    """Cut the columns that are padding in every row.

    Args:
        tokens: int32 [B, L]
        pad: the id of the padding.

    Returns:
        int32 [B, L'] with 1 <= L' <= L.
    """
    longest = tf.reduce_max(tf.reduce_sum(tf.cast(tokens != pad, tf.int32), axis=1))
    return tokens[:, : tf.maximum(longest, 1)]
