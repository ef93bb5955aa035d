"""``models.config`` and the batching parameters against the versions of a bundle."""

from pathlib import PurePosixPath
from typing import Any

from serving.local.warmup_records import MOST_RECORDS
from tools.deploy.bundle import Model, read_warm_up, unreadable
from tools.deploy.kit import Kit

MODELS = "models.config"
BATCHING = "batching_parameters.txt"


def check_models(kit: Kit, model: Model) -> Any:
    """Check which model, versions and labels are served.

    Args:
        kit: the deployment; findings go there.
        model: what is deployed.

    Returns:
        The ``ModelConfig`` of the model; None where the file has none.
    """
    from tensorflow_serving.config import model_server_config_pb2

    manifests = {version: model.manifest(version, kit) for version in model.versions}
    config = kit.proto(MODELS, model_server_config_pb2.ModelServerConfig())
    if config is None:
        return None
    entries = list(config.model_config_list.config)
    names = [entry.name for entry in entries]
    for name in sorted({name for name in names if names.count(name) > 1}):
        kit.report(MODELS, f"config {name!r}", "is there more than once", "keep one entry a model")
    for entry in entries:
        _check_entry(kit, entry)
    newest = model.asked if model.asked is not None else max(model.versions)
    wanted = manifests[newest].get("name", model.folder.name)
    for version, manifest in manifests.items():
        if manifest.get("name", wanted) != wanted:
            kit.report(
                (model.versions[version] / "manifest.json"),
                "name",
                f"is {manifest['name']!r}, that of version {newest} is {wanted!r}",
                "keep the versions of one model in one folder",
            )
    if wanted not in names:
        there = ", ".join(map(repr, names)) or "none"
        kit.report(
            MODELS, "name", f"no model {wanted!r}, as the bundle is named; there is {there}", f"name it {wanted!r}"
        )
        return None
    entry = entries[names.index(wanted)]
    if PurePosixPath(entry.base_path).name != model.folder.name:
        kit.report(
            MODELS,
            f"{wanted}: base_path",
            f"is {entry.base_path!r}, the bundle's folder is {model.folder.name!r}",
            "let it end in the folder's name",
        )
    _check_versions(kit, entry, model)
    return entry


def served_versions(entry: Any, model: Model) -> list[int]:
    """The versions that are there and that a ``ModelConfig`` asks for."""
    policy = entry.model_version_policy
    choice = policy.WhichOneof("policy_choice")
    if choice == "specific":
        return [version for version in policy.specific.versions if version in model.versions]
    newest = sorted(model.versions, reverse=True)
    return newest if choice == "all" else newest[: policy.latest.num_versions or 1]


def _check_entry(kit: Kit, entry: Any) -> None:
    """What must hold for any model, as TF Serving refuses to start without it."""
    where = entry.name or "config"
    if not entry.name:
        kit.report(MODELS, "name", "is empty", "name the model as its bundle is named")
    if entry.model_platform != "tensorflow":
        kit.report(MODELS, f"{where}: model_platform", f"is {entry.model_platform!r}", 'write "tensorflow"')
    if not entry.base_path.startswith("/"):
        kit.report(MODELS, f"{where}: base_path", f"{entry.base_path!r} is not absolute", "begin it with /")
    if entry.HasField("logging_config"):
        kit.report(
            MODELS,
            f"{where}: logging_config",
            "stock TF Serving, unlike serving.local, has no request logger built in and ends at the start with "
            "'No request-logger-creator provided.'",
            "leave it out and let the client log, as docs/how-to/request-logs.md says",
        )


def _check_versions(kit: Kit, entry: Any, model: Model) -> None:
    where = entry.name
    specific = list(entry.model_version_policy.specific.versions)
    labels = dict(entry.version_labels)
    if entry.model_version_policy.WhichOneof("policy_choice") != "specific":
        if labels:
            kit.report(
                MODELS,
                f"{where}: model_version_policy",
                "does not name versions, so that a labelled one goes when a newer one comes",
                "list them under specific",
            )
        specific = served_versions(entry, model)
    for version in specific:
        if version not in model.versions:
            kit.report(
                MODELS,
                f"{where}: versions",
                f"version {version} has no folder {model.folder / str(version)}",
                "copy the version there, or take it out",
            )
    for label, version in sorted(labels.items()):
        if version not in specific:
            kit.report(
                MODELS,
                f"{where}: version_labels {label!r}",
                f"version {version} is not served",
                f"add it to the versions, or give the label one of {specific}",
            )
    if model.asked is not None and model.asked not in specific:
        kit.report(
            MODELS, f"{where}: versions", f"version {model.asked}, the bundle, is not served", "add it to the versions"
        )
    for version in served_versions(entry, model):
        kit.count("versions")
        closed = unreadable(model.versions[version])
        if closed is not None:
            kit.report(closed, "permissions", "only its owner may read it, the server is another user", "chmod -R a+rX")


def check_batching(kit: Kit, entry: Any, model: Model) -> None:
    """Check the batching parameters, against the warm-up records of the versions that are served.

    Args:
        kit: the deployment; findings go there.
        entry: the ``ModelConfig`` of the model, None where there is none.
        model: what is deployed.
    """
    from serving.local.config_protos import BatchingParameters

    message: Any = kit.proto(BATCHING, BatchingParameters())
    if message is None:
        return
    allowed, most = list(message.allowed_batch_sizes), message.max_batch_size.value
    if allowed != sorted(set(allowed)) or any(size < 1 for size in allowed):
        kit.report(BATCHING, "allowed_batch_sizes", f"{allowed} does not grow from 1 or more", "write them in order")
    if allowed and allowed[-1] != most:
        kit.report(
            BATCHING,
            "max_batch_size",
            f"is {most}, the last of allowed_batch_sizes is {allowed[-1]}",
            "make the two equal, or TF Serving does not start",
        )
    if not message.pad_variable_length_inputs:
        kit.report(
            BATCHING,
            "pad_variable_length_inputs",
            "is false, so that pages with different numbers of candidates are refused",
            "set it to true",
        )
    for version in served_versions(entry, model) if entry is not None else []:
        folder = model.versions[version]
        warm = read_warm_up(folder, kit)
        if warm is None:
            continue
        missing = [size for size in allowed if size not in warm.pages]
        if missing:
            kit.report(
                BATCHING,
                "allowed_batch_sizes",
                f"version {version} has no warm-up record of {_pages(missing)} but of {_pages(warm.pages)}",
                "export it again, or allow the sizes that it has",
            )
        if most and warm.largest > most:
            kit.report(
                BATCHING,
                "max_batch_size",
                f"is {most}, a warm-up record of version {version} has {warm.largest} rows and would fail the load",
                "raise it, or export again",
            )
        if warm.records > MOST_RECORDS:
            kit.report(folder, "warm-up", f"has {warm.records} records, above {MOST_RECORDS}", "export it again")


def _pages(sizes: list[int]) -> str:
    return " and ".join(map(str, sizes)) + " pages" if sizes else "no pages"
