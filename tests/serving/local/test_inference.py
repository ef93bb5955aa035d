"""Classify, Regress and MultiInference on half_plus_two, saved as TensorFlow 1 and 2 do."""

import grpc
import pytest
import tensorflow as tf
from tensorflow.python.saved_model import method_name_updater
from tensorflow_serving.apis import classification_pb2, inference_pb2, regression_pb2

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"
FEATURES = {
    "x": tf.io.FixedLenFeature([1], tf.float32),
    "x2": tf.io.FixedLenFeature([1], tf.float32, default_value=[0.0]),
}


def save_as_tensorflow_1(folder):
    v1 = tf.compat.v1
    with v1.Graph().as_default(), v1.Session() as session:
        a, b, c = v1.Variable(0.5), v1.Variable(2.0), v1.Variable(3.0)
        examples = v1.placeholder(tf.string, [None])
        parsed = tf.io.parse_example(examples, FEATURES)
        numbers = v1.placeholder(tf.float32, [None, 1])
        y, y3 = a * parsed["x"] + b, a * parsed["x2"] + c
        direct = a * numbers + b
        session.run(v1.global_variables_initializer())
        utils = v1.saved_model.signature_def_utils
        info = v1.saved_model.build_tensor_info
        signatures = {
            "serving_default": utils.build_signature_def(
                {"x": info(numbers)}, {"y": info(direct)}, "tensorflow/serving/predict"
            ),
            "regress": utils.build_signature_def({"inputs": info(examples)}, {"outputs": info(y)}, REGRESS),
            "regress_x2": utils.build_signature_def({"inputs": info(examples)}, {"outputs": info(y3)}, REGRESS),
            "classify": utils.build_signature_def({"inputs": info(examples)}, {"scores": info(y)}, CLASSIFY),
        }
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()


class HalfPlusTwo(tf.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = tf.Variable(0.5), tf.Variable(2.0), tf.Variable(3.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32)])
    def predict(self, x):
        return {"y": self.a * x + self.b}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def regress(self, inputs):
        return {"outputs": self.a * tf.io.parse_example(inputs, FEATURES)["x"] + self.b}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def regress_x2(self, inputs):
        return {"outputs": self.a * tf.io.parse_example(inputs, FEATURES)["x2"] + self.c}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def classify(self, inputs):
        return {"scores": self.a * tf.io.parse_example(inputs, FEATURES)["x"] + self.b}


def save_as_tensorflow_2(folder):
    module = HalfPlusTwo()
    signatures = {
        "serving_default": module.predict,
        "regress": module.regress,
        "regress_x2": module.regress_x2,
        "classify": module.classify,
    }
    tf.saved_model.save(module, str(folder), signatures=signatures)
    # What TensorFlow 2 saves is for Predict until its signatures are renamed.
    updater = method_name_updater.MethodNameUpdater(str(folder))
    for name, method in (("regress", REGRESS), ("regress_x2", REGRESS), ("classify", CLASSIFY)):
        updater.replace_method_name(signature_key=name, method_name=method)
    updater.save()


@pytest.fixture(scope="module", params=[save_as_tensorflow_1, save_as_tensorflow_2], ids=["tf1", "tf2"])
def saved(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("half_plus_two") / "saved"
    request.param(folder)
    return folder


@pytest.fixture
def client(saved, models, start, tmp_path):
    models.publish(tmp_path / "models", 123, saved)
    return start(tmp_path / "models")[1]


def example(**values):
    features = {name: tf.train.Feature(float_list=tf.train.FloatList(value=[value])) for name, value in values.items()}
    return tf.train.Example(features=tf.train.Features(feature=features))


def filled(request, signature, *examples):
    request.model_spec.name = "shop"
    request.model_spec.signature_name = signature
    request.input.example_list.examples.extend(examples)
    return request


def refused(call, request):
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=30)
    return caught.value.code(), caught.value.details()


def test_classify_gives_a_score_for_each_example(client):
    request = filled(classification_pb2.ClassificationRequest(), "classify", example(x=2.0), example(x=4.0))
    response = client.prediction.Classify(request, timeout=30)
    assert [[c.score for c in row.classes] for row in response.result.classifications] == [[3.0], [4.0]]
    assert response.model_spec.version.value == 123
    assert response.model_spec.signature_name == "classify"


def test_regress_gives_a_value_for_each_example(client):
    request = filled(regression_pb2.RegressionRequest(), "regress", example(x=2.0), example(x=6.0))
    response = client.prediction.Regress(request, timeout=30)
    assert [r.value for r in response.result.regressions] == [3.0, 5.0]


def test_a_context_is_merged_into_each_example_whose_own_features_win(client):
    request = filled(regression_pb2.RegressionRequest(), "regress")
    listed = request.input.example_list_with_context
    listed.context.CopyFrom(example(x=2.0))
    listed.examples.extend([example(x2=1.0), example(x=10.0)])
    response = client.prediction.Regress(request, timeout=30)
    assert [r.value for r in response.result.regressions] == [3.0, 7.0]


def test_multi_inference_runs_two_signatures_over_the_same_examples(client):
    request = inference_pb2.MultiInferenceRequest()
    for signature, method in (("regress", REGRESS), ("classify", CLASSIFY)):
        task = request.tasks.add(method_name=method)
        task.model_spec.name, task.model_spec.signature_name = "shop", signature
    request.input.example_list.examples.append(example(x=2.0))
    response = client.prediction.MultiInference(request, timeout=30)
    assert response.results[0].regression_result.regressions[0].value == 3.0
    assert response.results[1].classification_result.classifications[0].classes[0].score == 3.0
    assert [r.model_spec.signature_name for r in response.results] == ["regress", "classify"]


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        ("regress", "Expected classification signature method_name to be tensorflow/serving/classify"),
        ("", "Expected classification signature method_name"),
        ("none", "No signature was found with the name: none"),
    ],
)
def test_classify_of_another_signature_is_invalid(client, signature, reason):
    request = filled(classification_pb2.ClassificationRequest(), signature, example(x=2.0))
    code, details = refused(client.prediction.Classify, request)
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert reason in details


def test_regress_without_an_example_is_invalid(client):
    request = filled(regression_pb2.RegressionRequest(), "regress")
    assert refused(client.prediction.Regress, request) == (grpc.StatusCode.INVALID_ARGUMENT, "Input is empty.")


def test_regress_of_an_example_that_lacks_a_feature_is_invalid(client):
    code, details = refused(
        client.prediction.Regress, filled(regression_pb2.RegressionRequest(), "regress", example(other=1.0))
    )
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "x" in details


@pytest.mark.parametrize(
    ("tasks", "code", "reason"),
    [
        ([], grpc.StatusCode.INVALID_ARGUMENT, "at least one"),
        ([("shop", "regress", REGRESS)] * 2, grpc.StatusCode.INVALID_ARGUMENT, "Duplicate evaluation of signature"),
        (
            [("shop", "regress", REGRESS), ("b", "regress_x2", REGRESS)],
            grpc.StatusCode.INVALID_ARGUMENT,
            "must access the same",
        ),
        ([("shop", "none", REGRESS)], grpc.StatusCode.INVALID_ARGUMENT, "not found in model graph: none"),
        ([("shop", "regress", "predict")], grpc.StatusCode.UNIMPLEMENTED, "Unsupported signature method_name: predict"),
    ],
)
def test_wrong_tasks_of_a_multi_inference_are_refused(client, tasks, code, reason):
    request = inference_pb2.MultiInferenceRequest()
    for model, signature, method in tasks:
        task = request.tasks.add(method_name=method)
        task.model_spec.name, task.model_spec.signature_name = model, signature
    request.input.example_list.examples.append(example(x=2.0))
    found, details = refused(client.prediction.MultiInference, request)
    assert found == code
    assert reason in details


def test_predict_runs_on_the_same_model(client):
    assert list(client.predict({"x": [[2.0], [4.0]]}).outputs["y"].float_val) == [3.0, 4.0]
