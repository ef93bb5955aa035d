"""Loading one version: signatures, defaults, warm-up."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from serving.local.errors import ServerError
from serving.local.servable import load_servable
from serving.local.status import RequestError
from serving.local.warmup import warm_up


def test_an_input_with_a_default_may_be_left_out(models, tmp_path, tools):
    folder = models.publish(tmp_path / "models", 1, models.shop)
    graph = folder / "saved_model.pb"
    saved_model = saved_model_pb2.SavedModel.FromString(graph.read_bytes())
    default = saved_model.meta_graphs[0].signature_def["join"].defaults["query"]
    default.CopyFrom(tf.make_tensor_proto(["anything"]))
    graph.write_bytes(saved_model.SerializeToString())
    servable = load_servable(folder, 1)
    response = servable.predict(tools.predict_request({"item_id": [["a"]]}, "join"))
    assert list(response.outputs["text"].string_val) == [b"anything a"]
    response = servable.predict(tools.predict_request({"item_id": [["a"]], "query": ["b"]}, "join"))
    assert list(response.outputs["text"].string_val) == [b"b a"]


def test_a_graph_that_is_not_for_serving_is_refused(models, tmp_path):
    folder = models.publish(tmp_path / "models", 1, models.shop)
    graph = folder / "saved_model.pb"
    saved_model = saved_model_pb2.SavedModel.FromString(graph.read_bytes())
    saved_model.meta_graphs[0].meta_info_def.tags[:] = ["train"]
    graph.write_bytes(saved_model.SerializeToString())
    with pytest.raises(ServerError, match=r"no graph with the tag 'serve' \(it has \[\['train'\]\]\)"):
        load_servable(folder, 1)


def test_a_model_saved_without_signatures_is_refused(tmp_path):
    module = tf.Module()
    module.weights = tf.Variable(1.0)
    tf.saved_model.save(module, str(tmp_path / "1"))
    with pytest.raises(ServerError, match="has no signature"):
        load_servable(tmp_path / "1", 1)


def test_a_model_with_tensorflow_text_ops_loads(tmp_path, tools):
    import tensorflow_text

    class Words(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def count(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
            words = tensorflow_text.UnicodeScriptTokenizer().tokenize(text)
            return {"words": words.row_lengths()}

    module = Words()
    tf.saved_model.save(module, str(tmp_path / "1"), signatures=module.count)
    servable = load_servable(tmp_path / "1", 1)
    response = servable.predict(tools.predict_request({"text": ["a drill", ""]}))
    assert list(response.outputs["words"].int64_val) == [2, 0]
    # Run on a scalar or on a matrix without columns, ops of tokenizers end the process.
    for text in (np.array(b"drill", object), np.zeros([2, 0], object)):
        with pytest.raises(RequestError, match=r"the signature says \[-1\]"):
            servable.predict(tools.predict_request({"text": tf.make_tensor_proto(text, tf.string)}))


def test_every_warm_up_request_is_run_whatever_name_and_version_it_was_written_for(models, tmp_path, tools):
    class Counter(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = tf.Variable(0.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def add(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"calls": self.calls.assign_add(tf.reduce_sum(x))}

    module = Counter()
    tf.saved_model.save(module, str(tmp_path / "1"), signatures=module.add)
    requests = [tools.predict_request({"x": [float(n)]}, model="other", version=9) for n in (1, 2, 4)]
    tools.write_warmup(tmp_path / "1", requests)
    servable = load_servable(tmp_path / "1", 1)
    assert warm_up(servable, tmp_path / "1") == 3
    response = servable.predict(tools.predict_request({"x": np.zeros([1], "f4")}))
    assert list(response.outputs["calls"].float_val) == [7.0]


def test_a_bundle_without_warm_up_requests_is_fine(models):
    assert warm_up(load_servable(models.shop, 1), models.shop) == 0


@pytest.mark.parametrize("damage", ["text", "cut", "no message", "other log", "too many"])
def test_a_damaged_warm_up_file_is_named(models, tmp_path, tools, damage):
    folder = models.publish(tmp_path / "models", 1)
    request = tools.predict_request({"x": [1.0]})
    file = tools.write_warmup(folder, [request] * (1001 if damage == "too many" else 2))
    if damage == "text":
        file.write_text("no TFRecord file, yet longer than the header of a record\n")
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-3])
    elif damage in ("no message", "other log"):
        with tf.io.TFRecordWriter(str(file)) as writer:
            # Field 2 of PredictionLog is regress_log.
            writer.write(b"\xff\xff\xff" if damage == "no message" else b"\x12\x00")
    with pytest.raises(ServerError, match="tf_serving_warmup_requests"):
        warm_up(load_servable(folder, 1), folder)
