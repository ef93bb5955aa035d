"""Which models to serve, from flags or from a `ModelServerConfig` (`--model_config_file`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2

from serving.local.errors import ServerError
from serving.local.model_directory import VersionFolder
from serving.local.request_log_settings import LogSettings, log_settings_of

_PLATFORM = "tensorflow"


@dataclass(frozen=True)
class VersionPolicy:
    """Which of the versions on disk are served.

    Args:
        latest: the greatest so many; 0 where another policy holds.
        specific: exactly these; empty where another policy holds.
    """

    latest: int = 1
    specific: tuple[int, ...] = ()

    def chosen(self, found: Mapping[int, VersionFolder]) -> list[VersionFolder]:
        """Pick versions.

        Args:
            found: the version folders on disk.

        Returns:
            Those to serve, the greatest first.
        """
        order = sorted(found, reverse=True)
        if self.specific:
            order = [version for version in order if version in self.specific]
        elif self.latest:
            order = order[: self.latest]
        return [found[version] for version in order]


ALL_VERSIONS = VersionPolicy(latest=0)


@dataclass(frozen=True)
class ModelSettings:
    """One model that is served.

    Args:
        name: the name in a request's `model_spec`.
        base_path: the folder that holds the version folders.
        policy: which versions are served.
        labels: versions by label, such as `stable` and `canary`.
        log: what of its requests is logged; None for nothing.
    """

    name: str
    base_path: Path
    policy: VersionPolicy = VersionPolicy()
    labels: Mapping[str, int] = field(default_factory=dict)
    log: LogSettings | None = None


def settings_of(config: model_server_config_pb2.ModelServerConfig, source: str) -> list[ModelSettings]:
    """Read the models of a `ModelServerConfig`.

    Args:
        config: as TF Serving reads it.
        source: what it was read from, for errors.

    Returns:
        One entry a model, in its order.

    Raises:
        ServerError: no list of models, a name twice or missing, another platform than tensorflow, or a path that
            is missing or relative.
    """
    if config.WhichOneof("config") != "model_config_list":
        raise ServerError(f"{source}: has no model_config_list; list the models there")
    settings = [_settings(model, source) for model in config.model_config_list.config]
    names = [model.name for model in settings]
    for name in names:
        if names.count(name) > 1:
            raise ServerError(f"{source}: model {name!r} is listed more than once; give each model one entry")
    return settings


def _settings(model: model_server_config_pb2.ModelConfig, source: str) -> ModelSettings:
    if not model.name:
        raise ServerError(f"{source}: a model has no name; give the name that clients put into model_spec")
    where = f"{source}: model {model.name!r}"
    if model.model_platform != _PLATFORM:
        raise ServerError(f'{where} has model_platform {model.model_platform!r}; give "{_PLATFORM}"')
    path = Path(model.base_path)
    if not path.is_absolute():
        raise ServerError(f"{where} has base_path {model.base_path!r}; give an absolute path")
    log = log_settings_of(model.logging_config, where) if model.HasField("logging_config") else None
    return ModelSettings(model.name, path, _policy(model, where), dict(model.version_labels), log)


def _policy(model: model_server_config_pb2.ModelConfig, where: str) -> VersionPolicy:
    policy = model.model_version_policy
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return ALL_VERSIONS
    if choice == "specific":
        if not policy.specific.versions:
            raise ServerError(f"{where} has a policy specific without versions; list them")
        return VersionPolicy(latest=0, specific=tuple(policy.specific.versions))
    if choice == "latest" and policy.latest.num_versions:
        return VersionPolicy(latest=policy.latest.num_versions)
    return VersionPolicy()
