"""Classify, Regress and MultiInference of one version: examples in, classes or values out."""

from collections.abc import Mapping

import grpc
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import classification_pb2, inference_pb2, model_pb2, regression_pb2

from serving.local.examples import examples_of
from serving.local.servable import DEFAULT_SIGNATURE, Servable
from serving.local.status import RequestError, invalid_argument

CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"
_KINDS = {CLASSIFY: "classification", REGRESS: "regression"}


def classify(
    servable: Servable, spec: model_pb2.ModelSpec, examples: tf.Tensor
) -> classification_pb2.ClassificationResult:
    """Give the classes of examples.

    Args:
        servable: the version.
        spec: names the signature.
        examples: string [examples].

    Returns:
        Labels, scores or both, for each example and class.

    Raises:
        RequestError: INVALID_ARGUMENT, the signature is none for it or gives something else.
    """
    outputs = _run(servable, spec, CLASSIFY, examples)
    classes, scores = outputs.get("classes"), outputs.get("scores")
    count = len(examples)
    for name, tensor, dtype in (("classes", classes, tf.string), ("scores", scores, tf.float32)):
        if tensor is None:
            continue
        if tensor.shape.rank != 2:
            raise invalid_argument(f"Expected Tensor shape: [batch_size num_classes] but got {tensor.shape.as_list()}")
        if tensor.dtype != dtype:
            raise invalid_argument(f"Expected {name} Tensor of {dtype.name}. Got: {tensor.dtype.name}")
        if tensor.shape[0] != count:
            raise invalid_argument(f"Expected {name} output batch size of {count}. Got: {tensor.shape[0]}")
    if classes is not None and scores is not None and classes.shape[1] != scores.shape[1]:
        raise invalid_argument(
            f"Tensors class and score should match in dim_size(1). Got {classes.shape[1]} vs. {scores.shape[1]}"
        )
    result = classification_pb2.ClassificationResult()
    widths = [tensor.shape[1] for tensor in (classes, scores) if tensor is not None]
    labels = None if classes is None else classes.numpy()
    values = None if scores is None else scores.numpy().tolist()
    for row in range(count):
        found = result.classifications.add().classes
        for column in range(widths[0]):
            one = found.add()
            if labels is not None:
                one.label = labels[row, column]
            if values is not None:
                one.score = values[row][column]
    return result


def regress(servable: Servable, spec: model_pb2.ModelSpec, examples: tf.Tensor) -> regression_pb2.RegressionResult:
    """Give the value of examples.

    Args:
        servable: the version.
        spec: names the signature.
        examples: string [examples].

    Returns:
        A value for each example.

    Raises:
        RequestError: INVALID_ARGUMENT, the signature is none for it or gives something else.
    """
    output = _run(servable, spec, REGRESS, examples)["outputs"]
    count = len(examples)
    shape = output.shape.as_list()
    if len(shape) != 1 and (len(shape) != 2 or shape[1] != 1):
        raise invalid_argument(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {shape}"
        )
    if shape[0] != count:
        raise invalid_argument(f"Input batch size did not match output batch size: {count} vs. {shape[0]}")
    if output.dtype != tf.float32:
        raise invalid_argument(f"Expected output Tensor of DT_FLOAT.  Got: {output.dtype.name}")
    result = regression_pb2.RegressionResult()
    for value in output.numpy().ravel().tolist():
        result.regressions.add(value=value)
    return result


def infer(
    servable: Servable, request: inference_pb2.MultiInferenceRequest, model_name: str
) -> inference_pb2.MultiInferenceResponse:
    """Run several signatures over the same examples.

    Args:
        servable: the version.
        request: its tasks, all of one model.
        model_name: for the answer.

    Returns:
        A result for each task, in order.

    Raises:
        RequestError: INVALID_ARGUMENT, tasks of several models, a signature twice or one that is not there;
            UNIMPLEMENTED for a method other than classify and regress.
    """
    seen: set[str] = set()
    for task in request.tasks:
        if not task.model_spec.name:
            raise invalid_argument("Found ModelSpec with an empty model name.")
        if task.model_spec.name != model_name:
            raise invalid_argument("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
        signature = task.model_spec.signature_name or DEFAULT_SIGNATURE
        if signature in seen:
            raise invalid_argument(f"Duplicate evaluation of signature: {signature}")
        seen.add(signature)
        if signature not in servable.signature_defs:
            raise invalid_argument(f"Requested signature not found in model graph: {signature}")
        if task.method_name not in _KINDS:
            raise RequestError(grpc.StatusCode.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}")
        _check_signature(servable.signature_defs[signature], task.method_name)
    examples = examples_of(request.input)
    response = inference_pb2.MultiInferenceResponse()
    for task in request.tasks:
        result = response.results.add()
        if task.method_name == CLASSIFY:
            result.classification_result.CopyFrom(classify(servable, task.model_spec, examples))
        else:
            result.regression_result.CopyFrom(regress(servable, task.model_spec, examples))
        name_version(result.model_spec, servable, task.model_spec)
    return response


def name_version(spec: model_pb2.ModelSpec, servable: Servable, asked: model_pb2.ModelSpec) -> None:
    """Fill the `model_spec` of an answer: the model, the version that answered, the signature that was asked."""
    spec.name = asked.name
    spec.version.value = servable.version
    spec.signature_name = asked.signature_name


def _run(servable: Servable, spec: model_pb2.ModelSpec, method: str, examples: tf.Tensor) -> Mapping[str, tf.Tensor]:
    name = spec.signature_name or DEFAULT_SIGNATURE
    if name not in servable.signature_defs:
        raise invalid_argument(f"No signature was found with the name: {name}")
    _check_signature(servable.signature_defs[name], method)
    return servable.run(name, {"inputs": examples})


def _check_signature(definition: meta_graph_pb2.SignatureDef, method: str) -> None:
    kind = _KINDS[method]
    if definition.method_name != method:
        raise invalid_argument(f"Expected {kind} signature method_name to be {method}. Was: {definition.method_name}")
    if len(definition.inputs) != 1:
        raise invalid_argument("Expected one input Tensor.")
    if "inputs" not in definition.inputs:
        raise invalid_argument(f"No {kind} inputs found in SignatureDef: {sorted(definition.inputs)}")
    outputs = sorted(definition.outputs)
    if method == REGRESS:
        if len(outputs) != 1:
            raise invalid_argument("Expected one output Tensor.")
        if outputs != ["outputs"]:
            raise invalid_argument(f"No regression outputs found in SignatureDef: {outputs}")
    elif len(outputs) not in (1, 2):
        raise invalid_argument(f"Expected one or two output Tensors, found {len(outputs)}")
    elif not {"classes", "scores"} & set(outputs):
        raise invalid_argument(
            f'Expected classification signature outputs to contain at least one of "classes" or "scores". Got: {outputs}'
        )
