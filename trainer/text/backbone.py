"""Pretrained BERT backbones and their tokenizers."""

import json
from pathlib import Path

import keras_nlp
from safetensors import SafetensorError

from trainer.errors import InputError

ARCHITECTURE = "backbone.json"


def load_backbone(
    name: str, dtype: str = "float32", dropout: float = 0.1
) -> tuple[keras_nlp.models.BertBackbone, keras_nlp.models.BertTokenizer]:
    """Load a BERT backbone with its weights, and its tokenizer.

    Args:
        name: a keras-nlp preset name (``bert_base_zh``), ``hf://owner/model``, a Hugging Face folder (``config.json``,
            ``model.safetensors``, ``vocab.txt``, ``tokenizer_config.json``) or a folder written by ``save_to_preset``.
        dtype: the Keras dtype policy of the layers.
        dropout: share of units dropped in training.

    Returns:
        The backbone and the tokenizer.

    Raises:
        InputError: if the folder or the preset can't be read.
    """
    if looks_like_folder(name) and not Path(name).is_dir():
        raise InputError(
            f"encoder.backbone: no folder {name!r}; fetch the default weights with `python -m tools.weights`, or name a "
            "keras-nlp preset, hf://..., or a folder"
        )
    try:
        backbone = keras_nlp.models.BertBackbone.from_preset(name, dtype=dtype, dropout=dropout)
        tokenizer = keras_nlp.models.BertTokenizer.from_preset(name)
    except (ValueError, TypeError, OSError, KeyError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"encoder.backbone: {name!r} can't be loaded as a BERT preset: {reason}") from None
    return backbone, plain_tokenizer(list(tokenizer.get_vocabulary()), bool(tokenizer.lowercase))


def looks_like_folder(name: str) -> bool:
    """Whether a backbone name can only be a path."""
    return "://" not in name and ("/" in name or "\\" in name or Path(name).exists())


def plain_tokenizer(vocabulary: list[str], lowercase: bool) -> keras_nlp.models.BertTokenizer:
    """The BERT tokenizer of a vocabulary.

    Uncased BERT vocabularies hold no accented letters, so lowercasing strips accents as the original tokenizer does
    (Devlin et al. 2019). Chinese characters are tokens of their own.

    Args:
        vocabulary: the word pieces in the order of their ids.
        lowercase: whether the vocabulary is uncased.

    Returns:
        A tokenizer that works on tensors in a graph.
    """
    return keras_nlp.models.BertTokenizer(vocabulary=vocabulary, lowercase=lowercase, strip_accents=lowercase)


def save_architecture(
    backbone: keras_nlp.models.BertBackbone, tokenizer: keras_nlp.models.BertTokenizer, folder: Path
) -> None:
    """Write what `build_architecture` needs, without weights: ``backbone.json``."""
    config = {k: v for k, v in backbone.get_config().items() if k not in ("dtype", "name", "trainable")}
    state = {
        "backbone": config,
        "lowercase": bool(tokenizer.lowercase),
        "vocabulary": list(tokenizer.get_vocabulary()),
    }
    (folder / ARCHITECTURE).write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")


def build_architecture(
    folder: Path, dtype: str = "float32"
) -> tuple[keras_nlp.models.BertBackbone, keras_nlp.models.BertTokenizer]:
    """Build the backbone (random weights) and tokenizer that `save_architecture` described.

    Args:
        folder: a run folder.
        dtype: the Keras dtype policy of the layers.

    Returns:
        The backbone and the tokenizer.

    Raises:
        InputError: if the description is missing or damaged.
    """
    path = folder / ARCHITECTURE
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        backbone = keras_nlp.models.BertBackbone(**state["backbone"], dtype=dtype)
        return backbone, plain_tokenizer(state["vocabulary"], state["lowercase"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: missing or damaged ({' '.join(str(error).split())[:200]}); train again") from None
