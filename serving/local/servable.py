"""One loaded version of a model: a SavedModel whose signatures can be called."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import tensorflow as tf
import tensorflow_text  # noqa: F401  # registers the ops of tokenizers, which TF Serving links in
from google.protobuf.message import DecodeError
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2
from tensorflow_serving.apis import predict_pb2

from serving.local.batching import BatchQueue, BatchScheduler
from serving.local.errors import ServerError
from serving.local.status import RequestError, invalid_argument, status_of
from serving.local.tensors import dtype_name, shape_of, tensor_from_proto, write_tensor

DEFAULT_SIGNATURE = "serving_default"
_SERVE_TAGS = {"serve"}

Sizes = Sequence[int]


class Servable:
    """A version that answers requests, from any number of threads.

    Args:
        version: its number.
        signature_defs: the signatures as the SavedModel describes them.
        functions: what to call, by signature.
        model: the loaded object; it owns the variables and tables that the functions use.
        batching: joins requests, where they are to be joined.
    """

    def __init__(
        self,
        version: int,
        signature_defs: Mapping[str, meta_graph_pb2.SignatureDef],
        functions: Mapping[str, Any],
        model: Any,
        batching: BatchScheduler | None = None,
    ) -> None:
        self.version = version
        self.signature_defs = signature_defs
        self._functions = functions
        self._model = model
        self._queues: dict[str, BatchQueue] = {}
        if batching is not None:
            self._queues = {name: BatchQueue(batching, partial(self._call, name)) for name in functions}
        self._declared = {
            name: {alias: _declared_sizes(info) for alias, info in definition.inputs.items()}
            for name, definition in signature_defs.items()
        }
        self._types = {
            name: {alias: info.dtype for alias, info in definition.inputs.items()}
            for name, definition in signature_defs.items()
        }
        self._defaults = {
            name: {alias: tensor_from_proto(proto) for alias, proto in definition.defaults.items()}
            for name, definition in signature_defs.items()
        }

    def predict(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        """Run the signature that a request names.

        Args:
            request: its `model_spec` gives the signature only; the version is this one.

        Returns:
            The outputs asked for, all where `output_filter` is empty; `model_spec` without the model's name.

        Raises:
            RequestError: the request does not fit the signature.
            tf.errors.OpError: an op of the model refused the values.
        """
        name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        if name not in self._functions:
            raise RequestError(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"the model has no signature {name!r}; it has {_braces(self._functions)}",
            )
        definition = self.signature_defs[name]
        inputs = self._inputs(name, request.inputs)
        wanted = _wanted_outputs(request.output_filter, definition)
        outputs = self.run(name, inputs)
        response = predict_pb2.PredictResponse()
        response.model_spec.version.value = self.version
        response.model_spec.signature_name = name
        for alias in wanted:
            write_tensor(outputs[alias], response.outputs[alias])
        return response

    def run(self, name: str, inputs: Mapping[str, tf.Tensor]) -> Mapping[str, tf.Tensor]:
        """Call a signature, together with what other requests ask of it where requests are joined.

        Args:
            name: of a signature that the model has.
            inputs: by alias, all of them.

        Returns:
            The outputs by alias.

        Raises:
            RequestError: an input has another shape than the signature says, and the graph refused it.
            tf.errors.OpError: an op of the model refused the values.
        """
        queue = self._queues.get(name)
        return self._call(name, inputs) if queue is None else queue.run(inputs)

    def _call(self, name: str, inputs: Mapping[str, tf.Tensor]) -> Mapping[str, tf.Tensor]:
        try:
            outputs: Mapping[str, tf.Tensor] = self._functions[name](**inputs)
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise _explained(error, inputs, self._declared[name]) from error
        return outputs

    def _inputs(self, name: str, sent: Mapping[str, tensor_pb2.TensorProto]) -> dict[str, tf.Tensor]:
        expected, types = self._declared[name], self._types[name]
        defaults = self._defaults[name]
        given = dict(sent)
        if given.keys() != expected.keys():
            missing = set(expected) - set(given) - set(defaults)
            extra = set(given) - set(expected)
            if missing or extra:
                raise invalid_argument(
                    f"the request's inputs {_braces(given)} are not those of signature {name!r}, "
                    f"{_braces(expected)}: missing {_braces(missing)}, extra {_braces(extra)}"
                )
        inputs = {alias: tensor for alias, tensor in defaults.items() if alias not in given}
        for alias, proto in given.items():
            if proto.dtype != types[alias]:
                raise invalid_argument(
                    f"input {alias!r} is {dtype_name(proto.dtype)}, the signature says {dtype_name(types[alias])}"
                )
            sizes = shape_of(proto)
            try:
                tensor = tensor_from_proto(proto, sizes)
            except ValueError as error:
                raise invalid_argument(f"input {alias!r} cannot be read: {error}") from None
            if not _can_be_tried(sizes, expected[alias]):
                raise invalid_argument(_shape_difference(alias, sizes, expected[alias]))
            inputs[alias] = tensor
        return inputs


def load_servable(path: Path, version: int, batching: BatchScheduler | None = None) -> Servable:
    """Load a SavedModel.

    Args:
        path: a folder with `saved_model.pb` and `variables/`.
        version: the number it is served as.
        batching: joins requests, where they are to be joined.

    Returns:
        The model, ready to be called.

    Raises:
        ServerError: something is missing or damaged.
    """
    meta_graph = _read_meta_graph(path / "saved_model.pb")
    try:
        model = tf.saved_model.load(str(path), tags=sorted(_SERVE_TAGS))
        functions = dict(model.signatures.items())
        definitions = dict(meta_graph.signature_def.items())
        if not functions:
            raise ServerError(f"model folder {path} has no signature; export it with signatures")
        return Servable(version, definitions, functions, model, batching)
    except ServerError:
        raise
    except Exception as error:  # a damaged bundle can fail in any of TensorFlow's loaders
        _, reason = status_of(error)
        raise ServerError(f"model folder {path} cannot be loaded, export it again: {reason}") from error


def _read_meta_graph(file: Path) -> meta_graph_pb2.MetaGraphDef:
    try:
        saved_model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    except FileNotFoundError:
        raise ServerError(f"model folder {file.parent} has no saved_model.pb; export it again") from None
    except OSError as error:
        raise ServerError(f"{file} cannot be read: {error.strerror}") from None
    except DecodeError:
        raise ServerError(f"{file} is damaged (no SavedModel message); export it again") from None
    for meta_graph in saved_model.meta_graphs:
        if set(meta_graph.meta_info_def.tags) == _SERVE_TAGS:
            return meta_graph
    found = [sorted(meta_graph.meta_info_def.tags) for meta_graph in saved_model.meta_graphs]
    raise ServerError(f"{file} has no graph with the tag 'serve' (it has {found}); export it again")


def _wanted_outputs(output_filter: Iterable[str], definition: meta_graph_pb2.SignatureDef) -> list[str]:
    wanted = list(output_filter)
    for position, alias in enumerate(wanted):
        if alias not in definition.outputs:
            raise invalid_argument(
                f"output_filter names {alias!r}; the signature's outputs are {_braces(definition.outputs)}"
            )
        if alias in wanted[:position]:
            raise invalid_argument(f"output_filter names {alias!r} twice")
    return wanted or sorted(definition.outputs)


def _declared_sizes(info: meta_graph_pb2.TensorInfo) -> Sizes | None:
    """The sizes that a signature says, -1 for any; None for any shape."""
    return None if info.tensor_shape.unknown_rank else [dim.size for dim in info.tensor_shape.dim]


def _can_be_tried(sent: Sizes, declared: Sizes | None) -> bool:
    """Tell whether the graph may be run on a shape.

    TF Serving compares no shapes and runs the graph on anything. That is followed for a column sent as a
    vector ([1] for [-1, 1]), which clients do. Other ranks are refused: ops of tokenizers end the process on
    ranks that they were not built for.
    """
    if declared is None or sent == declared or _fits(sent, declared):
        return True
    return len(declared) >= 2 and declared[-1] == 1 and _fits(sent, declared[:-1])


def _fits(sent: Sizes, declared: Sizes) -> bool:
    return len(sent) == len(declared) and all(want in (-1, have) for have, want in zip(sent, declared, strict=True))


def _shape_difference(alias: str, sent: Sizes, declared: Sizes | None) -> str:
    return f"input {alias!r} has shape {sent}, the signature says {declared}"


def _explained(error: Exception, inputs: Mapping[str, tf.Tensor], declared: Mapping[str, Sizes | None]) -> Exception:
    """Name the inputs that were tried with a shape other than the signature's and so may have failed."""
    differences = []
    for alias, tensor in inputs.items():
        sent, wanted = tensor.shape.as_list(), declared[alias]
        if wanted is not None and not _fits(sent, wanted):
            differences.append(_shape_difference(alias, sent, wanted))
    if not differences:
        return error
    _, reason = status_of(error)
    return invalid_argument(f"{'; '.join(differences)}: {reason}")


def _braces(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"
