"""The file of `--model_config_file`, read at the start and again when it is looked at."""

import logging
from collections.abc import Sequence
from pathlib import Path

from tensorflow_serving.config import model_server_config_pb2

from serving.local.errors import ServerError
from serving.local.flags import ServerFlags
from serving.local.model_settings import ModelSettings, settings_of
from serving.local.models import Models
from serving.local.status import RequestError
from serving.local.text_protos import read_text_proto

log = logging.getLogger(__name__)
FLAG = "model_config_file"


def models_of(flags: ServerFlags) -> tuple[list[ModelSettings], Path | None]:
    """Find out which models the flags ask for.

    Args:
        flags: name a file or one model.

    Returns:
        One entry a model, and the file that they come from, if any.

    Raises:
        ServerError: the file is wrong.
    """
    if flags.model_config_file is not None:
        return _read(flags.model_config_file), flags.model_config_file
    assert flags.model_base_path is not None
    return [ModelSettings(flags.model_name, flags.model_base_path)], None


class ConfigFile:
    """A file whose changes are followed.

    Args:
        file: text proto of `ModelServerConfig`.
        settings: what was read from it at the start.
        models: what is served.
    """

    def __init__(self, file: Path, settings: Sequence[ModelSettings], models: Models) -> None:
        self._file = file
        self._tried: Sequence[ModelSettings] = settings
        self._models = models
        self._complaint = ""

    def poll(self) -> None:
        """Read the file and move to its models if they are others; what fails is logged, not raised."""
        try:
            settings = _read(self._file)
            if settings == self._tried:
                return
            self._tried = settings
            self._models.reload(settings)
            self._complaint = ""
            log.info("%s: now serving %s", self._file, ", ".join(model.name for model in settings) or "nothing")
        except (ServerError, RequestError) as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.error("%s; the models of before go on", error)


def _read(file: Path) -> list[ModelSettings]:
    config = read_text_proto(file, model_server_config_pb2.ModelServerConfig(), FLAG)
    return settings_of(config, f"--{FLAG}={file}")
