"""A tiny random BERT, as a Keras preset and as a Hugging Face folder."""

import json
import string
from pathlib import Path

import keras
import keras_nlp
import numpy as np
from safetensors.numpy import save_file

WORDS = [
    "red",
    "blue",
    "green",
    "black",
    "white",
    "lamp",
    "drill",
    "bit",
    "hammer",
    "saw",
    "cordless",
    "table",
    "chair",
    "oak",
    "steel",
    "kettle",
    "bag",
    "shoe",
    "shirt",
    "running",
    "garden",
    "hose",
    "led",
    "light",
    "bulb",
    "phone",
    "case",
    "cable",
    "battery",
    "pack",
    "small",
    "large",
    "with",
    "for",
    "and",
    "the",
    "of",
    "by",
    "in",
    "to",
    "set",
]
PIECES = ["##s", "##ing", "##er", "##ed", "##y", "##al", "##est"]
CHINESE = "红蓝绿黑白灯泡手机壳电池无线鼠标键盘水杯茶壶雨伞跑步鞋男女童装"
_PIECES_IN_ORDER = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *WORDS,
    *string.ascii_lowercase,
    *(f"##{c}" for c in string.ascii_lowercase),
    *string.digits,
    *(f"##{c}" for c in string.digits),
    *"-.,'\"",
    *PIECES,
    *CHINESE,
]
VOCABULARY = list(dict.fromkeys(_PIECES_IN_ORDER))
SIZES = {
    "vocabulary_size": len(VOCABULARY),
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 32,
    "intermediate_dim": 64,
    "max_sequence_length": 64,
}


def make_backbone(seed: int = 7) -> keras_nlp.models.BertBackbone:
    """A random backbone whose texts already differ: its embeddings are spread wider than BERT's start."""
    keras.utils.set_random_seed(seed)
    backbone = keras_nlp.models.BertBackbone(**SIZES, dropout=0.1)
    random = np.random.default_rng(seed)
    backbone.token_embedding.embeddings.assign(random.normal(0, 0.5, backbone.token_embedding.embeddings.shape))
    return backbone


def write_preset(folder: Path) -> Path:
    """Write a Keras preset folder."""
    make_backbone().save_to_preset(str(folder))
    keras_nlp.models.BertTokenizer(vocabulary=VOCABULARY, lowercase=True).save_to_preset(str(folder))
    return folder


def write_hugging_face(folder: Path) -> Path:
    """Write the same model as a Hugging Face folder."""
    folder.mkdir(parents=True, exist_ok=True)
    backbone = make_backbone()
    width = SIZES["hidden_dim"]
    tensors = {
        "embeddings.word_embeddings.weight": backbone.token_embedding.embeddings,
        "embeddings.position_embeddings.weight": backbone.position_embedding.position_embeddings,
        "embeddings.token_type_embeddings.weight": backbone.segment_embedding.embeddings,
        "embeddings.LayerNorm.weight": backbone.embeddings_layer_norm.gamma,
        "embeddings.LayerNorm.bias": backbone.embeddings_layer_norm.beta,
        "pooler.dense.weight": np.asarray(backbone.pooled_dense.kernel).T,
        "pooler.dense.bias": backbone.pooled_dense.bias,
    }
    for number, layer in enumerate(backbone.transformer_layers):
        weights = {v.path.split("/", 1)[1]: np.asarray(v.value) for v in layer.weights}
        name = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            kernel = weights[f"self_attention_layer/{part}/kernel"].reshape(width, width)
            tensors[f"{name}.attention.self.{part}.weight"] = kernel.T
            tensors[f"{name}.attention.self.{part}.bias"] = weights[f"self_attention_layer/{part}/bias"].reshape(width)
        output = weights["self_attention_layer/attention_output/kernel"].reshape(width, width)
        tensors[f"{name}.attention.output.dense.weight"] = output.T
        tensors[f"{name}.attention.output.dense.bias"] = weights["self_attention_layer/attention_output/bias"]
        tensors[f"{name}.attention.output.LayerNorm.weight"] = weights["self_attention_layer_norm/gamma"]
        tensors[f"{name}.attention.output.LayerNorm.bias"] = weights["self_attention_layer_norm/beta"]
        tensors[f"{name}.intermediate.dense.weight"] = weights["feedforward_intermediate_dense/kernel"].T
        tensors[f"{name}.intermediate.dense.bias"] = weights["feedforward_intermediate_dense/bias"]
        tensors[f"{name}.output.dense.weight"] = weights["feedforward_output_dense/kernel"].T
        tensors[f"{name}.output.dense.bias"] = weights["feedforward_output_dense/bias"]
        tensors[f"{name}.output.LayerNorm.weight"] = weights["feedforward_layer_norm/gamma"]
        tensors[f"{name}.output.LayerNorm.bias"] = weights["feedforward_layer_norm/beta"]
    save_file(
        {k: np.ascontiguousarray(np.asarray(v)) for k, v in tensors.items()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": SIZES["vocabulary_size"],
        "num_hidden_layers": SIZES["num_layers"],
        "num_attention_heads": SIZES["num_heads"],
        "hidden_size": width,
        "intermediate_size": SIZES["intermediate_dim"],
        "hidden_dropout_prob": 0.1,
        "max_position_embeddings": SIZES["max_sequence_length"],
        "type_vocab_size": 2,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": True, "tokenizer_class": "BertTokenizer"})
    )
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    return folder
