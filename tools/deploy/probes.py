"""Probes of TF Serving: which of its answers say that a version is AVAILABLE.

``GET /v1/models/NAME``, with or without a version or a label, answers 200 whatever the state, and its label is not looked at
(``get_model_status_impl.cc``). The gRPC health service is set to SERVING when the server starts and never changes
(``server.cc``). ``GET /v1/models/NAME/labels/LABEL/metadata`` takes the loaded version (``get_model_metadata_impl.cc``) and
answers with an error where the label is unknown or its version is not AVAILABLE.
"""

import re
from typing import Any

from tools.deploy.kit import Kit

_PATH = re.compile(r"/v1/models/([^/]+)(?:/(labels|versions)/([^/]+))?(/metadata)?")


def check_probe_path(kit: Kit, file: str, where: str, path: str, entry: Any) -> None:
    """Check the path that a probe asks.

    Args:
        kit: the deployment; findings go there.
        file: the file of the probe.
        where: what a finding calls the probe.
        path: its path.
        entry: the ``ModelConfig`` of the model, None where there is none.
    """
    match = _PATH.fullmatch(path)
    right = f"/v1/models/{entry.name if entry is not None else 'NAME'}/labels/stable/metadata"
    if match is None:
        kit.report(file, where, f"{path!r} is no path of TF Serving's REST interface", f"ask {right}")
        return
    name, choice, label, metadata = match.groups()
    if not metadata:
        kit.report(file, where, f"{path!r} answers 200 in every state of the model", f"ask {right}")
    if entry is None:
        return
    if name != entry.name:
        kit.report(file, where, f"{path!r} asks for model {name!r}, {entry.name!r} is served", f"ask {right}")
    elif choice == "labels" and label not in entry.version_labels:
        kit.report(
            file, where, f"label {label!r} is not in models.config", f"use one of {sorted(entry.version_labels)}"
        )
    elif choice != "labels":
        kit.report(file, where, f"{path!r} names no label, so that it does not wait for stable", f"ask {right}")
