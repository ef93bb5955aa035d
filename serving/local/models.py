"""All models of a server: which one a request means, and how the list of them changes."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from tensorflow_serving.apis import model_pb2

from serving.local.batching import BatchScheduler
from serving.local.errors import ServerError
from serving.local.model_settings import ModelSettings
from serving.local.servable import Servable
from serving.local.served_model import ServedModel
from serving.local.serving_metrics import ServingMetrics
from serving.local.status import RequestError, invalid_argument


class Models:
    """The models that are served, by name.

    Args:
        settings: one entry a model.
        metrics: what is counted.
        labels_for_unavailable: whether a label may name a version that does not answer (yet).
        batching: joins requests, where they are to be joined.
    """

    def __init__(
        self,
        settings: Sequence[ModelSettings],
        metrics: ServingMetrics,
        labels_for_unavailable: bool = False,
        batching: BatchScheduler | None = None,
    ) -> None:
        self._batching = batching
        self._metrics = metrics
        self._labels_for_unavailable = labels_for_unavailable
        # Guards the two tables, not what is done with a model.
        self._lock = threading.Lock()
        self._changing = threading.Lock()
        self._models = {model.name: ServedModel(model, metrics, batching) for model in settings}
        self._labels: Mapping[str, Mapping[str, int]] = {}
        self._settings = settings

    def load(self) -> None:
        """Load every model and set the labels; for the start.

        Raises:
            ServerError: a model has no version that loads, or there are labels, which name versions that are not
                available yet, and they are not allowed to.
        """
        with self._changing:
            try:
                labels = self._checked_labels(self._settings)
            except RequestError as error:
                raise ServerError(
                    f"{error.message}; start with --allow_version_labels_for_unavailable_models=true, "
                    "as TF Serving asks"
                ) from None
            for model in self.all():
                model.load()
            self._set_labels(labels)

    def all(self) -> list[ServedModel]:
        """The models, in the order of their configuration."""
        with self._lock:
            return list(self._models.values())

    def get(self, name: str) -> ServedModel:
        """Find a model.

        Raises:
            RequestError: INVALID_ARGUMENT without a name, NOT_FOUND for a model that is not served.
        """
        if not name:
            raise invalid_argument("model_spec has no name")
        with self._lock:
            model = self._models.get(name)
            served = ", ".join(self._models) or "none"
        if model is None:
            raise RequestError(grpc.StatusCode.NOT_FOUND, f"model {name!r} is not served here; served: {served}")
        return model

    def version_of(self, spec: model_pb2.ModelSpec) -> int | None:
        """Read which version a request wants.

        Args:
            spec: the request's `model_spec`.

        Returns:
            The version, which may be 0; None for the latest, where neither version nor label is set.

        Raises:
            RequestError: INVALID_ARGUMENT, the label is not known.
        """
        choice = spec.WhichOneof("version_choice")
        if choice == "version":
            return spec.version.value
        if choice is None:
            return None
        with self._lock:
            labels = self._labels.get(spec.name, {})
        if spec.version_label not in labels:
            known = ", ".join(sorted(labels)) or "none"
            raise invalid_argument(
                f"Unrecognized servable version label: {spec.version_label!r}; labels of model {spec.name!r}: {known}"
            )
        return labels[spec.version_label]

    @contextmanager
    def use(self, request: Any) -> Iterator[Servable]:
        """Hold the version that a request names: it is not unloaded before the block ends.

        Args:
            request: any message with a `model_spec`.

        Yields:
            The loaded version.

        Raises:
            RequestError: INVALID_ARGUMENT without a `model_spec` or a name, NOT_FOUND for what is not served.
        """
        if not request.HasField("model_spec"):
            raise invalid_argument("the request has no model_spec")
        model = self.get(request.model_spec.name)
        with model.use(self.version_of(request.model_spec)) as servable:
            yield servable

    def poll(self) -> None:
        """Look for new versions of every model."""
        with self._changing:
            for model in self.all():
                model.poll()

    def reload(self, settings: Sequence[ModelSettings]) -> None:
        """Move to another list of models: new ones are loaded first, those that are gone end their requests.

        Args:
            settings: the new list.

        Raises:
            RequestError: FAILED_PRECONDITION, a label names a version that is not available; nothing is changed.
            ServerError: a new model does not load; nothing is changed.
        """
        with self._changing:
            labels = self._checked_labels(settings)
            with self._lock:
                before = dict(self._models)
            after: dict[str, ServedModel] = {}
            for wanted in settings:
                old = before.get(wanted.name)
                if old is not None and old.settings.base_path == wanted.base_path:
                    after[wanted.name] = old
                    continue
                after[wanted.name] = ServedModel(wanted, self._metrics, self._batching)
                after[wanted.name].load()
            with self._lock:
                self._models = after
            self._set_labels(labels)
            for wanted in settings:
                if after[wanted.name].settings != wanted:
                    after[wanted.name].settings = wanted
                    after[wanted.name].poll()
            for name, model in before.items():
                if after.get(name) is not model:
                    threading.Thread(target=model.close, args=(60.0,), name=f"close-{name}", daemon=True).start()

    def close(self, timeout_seconds: float) -> bool:
        """Stop answering.

        Args:
            timeout_seconds: how long to wait for the requests of each version.

        Returns:
            Whether every request has ended.
        """
        ended = [model.close(timeout_seconds) for model in self.all()]
        if self._batching is not None:
            self._batching.stop()
        return all(ended)

    def _checked_labels(self, settings: Sequence[ModelSettings]) -> dict[str, dict[str, int]]:
        """The labels of a list of models, under TF Serving's rule: they may not point to what does not answer.

        With `--allow_version_labels_for_unavailable_models` a label that is new may; one that moves may not.
        """
        with self._lock:
            available = {name: model.available() for name, model in self._models.items()}
            known = self._labels
        for model in settings:
            for label, version in model.labels.items():
                moves = known.get(model.name, {}).get(label, version) != version
                allowed = self._labels_for_unavailable and not moves
                if version not in available.get(model.name, []) and not allowed:
                    raise RequestError(
                        grpc.StatusCode.FAILED_PRECONDITION,
                        f"label {label!r} of model {model.name!r} names version {version}, "
                        "which is not available for inference",
                    )
        return {model.name: dict(model.labels) for model in settings}

    def _set_labels(self, labels: Mapping[str, Mapping[str, int]]) -> None:
        with self._lock:
            self._labels = labels
