"""States of model versions."""

from typing import Any

# As get_model_status.proto numbers them.
_STATES = {0: "UNKNOWN", 10: "START", 20: "LOADING", 30: "AVAILABLE", 40: "UNLOADING", 50: "END"}


def read_status(response: Any) -> dict[int, str]:
    """The state of each version of a GetModelStatusResponse."""
    return {s.version: _STATES.get(s.state, str(s.state)) for s in response.model_version_status}
