"""What a Deployment mounts: the kit's files, and the folder of the models."""

import re
from pathlib import PurePosixPath
from typing import Any

from tools.deploy.kit import Kit, at, mappings
from tools.deploy.manifests import Resource, of_kind
from tools.deploy.scripts import StartScript

APPLY = "kubernetes/apply.sh"


def check_mounts(
    kit: Kit,
    deployment: Resource,
    container: dict[str, Any],
    pod: dict[str, Any],
    resources: list[Resource],
    script: StartScript,
    entry: Any,
) -> None:
    """Check the volumes of a Deployment; findings go to the kit.

    Args:
        kit: the deployment as files.
        deployment: the Deployment.
        container: its container.
        pod: its pod.
        resources: all manifests.
        script: what the container runs.
        entry: the ``ModelConfig`` of the model, None where there is none.
    """
    volumes = {str(volume.get("name")): volume for volume in mappings(pod, "volumes")}
    mounts = mappings(container, "volumeMounts")
    for mount in mounts:
        if mount.get("name") not in volumes:
            kit.report(
                deployment.file,
                f"{deployment.where}: volumeMounts",
                f"there is no volume {mount.get('name')!r}",
                "add it",
            )
    read_only = [
        mount
        for mount in mounts
        if {"configMap", "persistentVolumeClaim"} & volumes.get(str(mount.get("name")), {}).keys()
    ]
    for mount in read_only:
        if mount.get("readOnly") is not True:
            kit.report(
                deployment.file, f"{deployment.where}: volumeMounts {mount.get('name')!r}", "is not readOnly", "set it"
            )
    if entry is not None and entry.base_path.startswith("/"):
        check_base_path(kit, deployment.file, deployment.where, [str(m.get("mountPath")) for m in mounts], entry)
    claims = {one.name for one in of_kind(resources, "PersistentVolumeClaim")}
    for volume in volumes.values():
        claim = at(volume, "persistentVolumeClaim", "claimName")
        if claim is not None and claim not in claims:
            kit.report(
                deployment.file,
                f"{deployment.where}: volumes",
                f"there is no claim {claim!r}",
                f"name one of {sorted(claims)}",
            )
    _check_config_map(kit, deployment, list(volumes.values()), script)


def check_base_path(kit: Kit, file: str, where: str, targets: list[str], entry: Any) -> None:
    """Check that a model's ``base_path`` lies in one of the folders that are mounted."""
    parents = {str(parent) for parent in PurePosixPath(entry.base_path).parents} - {"/"}
    if not {target.rstrip("/") for target in targets} & (parents | {entry.base_path}):
        kit.report(
            file,
            f"{where}: mounts",
            f"none holds {entry.base_path!r}, the base_path of {entry.name!r}",
            "mount it there",
        )


def _check_config_map(kit: Kit, deployment: Resource, volumes: list[dict[str, Any]], script: StartScript) -> None:
    apply = kit.text(APPLY) or ""
    created = set(re.findall(r"create configmap (\S+)", apply))
    sent = {PurePosixPath(file).name for file in re.findall(r'--from-file="?([^"\s]+)', apply)}
    maps = [volume["configMap"] for volume in volumes if isinstance(volume.get("configMap"), dict)]
    mounted: set[str] = set()
    for config in maps:
        if config.get("name") not in created:
            kit.report(
                deployment.file,
                f"{deployment.where}: configMap",
                f"{APPLY} makes no {config.get('name')!r} but {sorted(created)}",
                "let the names agree",
            )
        keys = {str(item.get("key")) for item in mappings(config, "items")}
        mounted |= keys
        for key in sorted(keys - sent):
            kit.report(APPLY, "--from-file", f"{key!r}, which {deployment.where} mounts, is not sent", "add it")
        for key in sorted(keys):
            if not (kit.folder / key).is_file():
                kit.report(
                    deployment.file, f"{deployment.where}: configMap", f"there is no file {key!r}", "correct the key"
                )
    needed = {value for flag, value in script.flags.items() if flag.endswith("_file")} | {script.file}
    for file in sorted(needed - mounted):
        kit.report(
            deployment.file,
            f"{deployment.where}: configMap",
            f"{file!r}, which {script.file} reads, is not mounted",
            "add it",
        )
