"""What of a model's requests is logged, and where: the `logging_config` of a `ModelConfig`."""

import os
from dataclasses import dataclass
from pathlib import Path

from tensorflow_serving.config import logging_config_pb2

from serving.local.errors import ServerError

SEARCH_LOG, TF_RECORD = "search_log", "tf_record"
TYPES = (SEARCH_LOG, TF_RECORD)


@dataclass(frozen=True)
class LogSettings:
    """A log of requests.

    Args:
        kind: `search_log`, a table, or `tf_record`, a TFRecord of `PredictionLog`.
        prefix: what the paths of its files begin with.
        rate: share of the requests that is logged.
    """

    kind: str
    prefix: Path
    rate: float


def log_settings_of(config: logging_config_pb2.LoggingConfig, where: str) -> LogSettings:
    """Read a `LoggingConfig`.

    Args:
        config: as TF Serving defines it.
        where: which model of which file it belongs to, for errors.

    Returns:
        The settings.

    Raises:
        ServerError: the type is not known here, the rate is no share, the folder of the files is missing or may not be
            written to, or something is set that is not done here.
    """
    where = f"{where}: logging_config"
    collector, sampling = config.log_collector_config, config.sampling_config
    if collector.type not in TYPES:
        known = " or ".join(f'"{kind}"' for kind in TYPES)
        raise ServerError(f'{where} has log_collector_config.type "{collector.type}"; give {known}')
    if not 0.0 <= sampling.sampling_rate <= 1.0:
        raise ServerError(
            f"{where} has sampling_config.sampling_rate {sampling.sampling_rate:g}; give a share from 0 to 1"
        )
    for name, there in (
        ("sampling_config.per_task_sampling_configs", len(sampling.per_task_sampling_configs) > 0),
        ("sampling_config.attributes", sampling.attributes != 0),
        ("custom_logging_config", config.HasField("custom_logging_config")),
    ):
        if there:
            raise ServerError(f"{where} has {name}, which is not done here; leave it out")
    prefix = Path(collector.filename_prefix)
    if not prefix.name or collector.filename_prefix.endswith("/"):
        given = collector.filename_prefix
        raise ServerError(f'{where} has log_collector_config.filename_prefix "{given}"; give a folder and a first name')
    if not prefix.parent.is_dir() or not os.access(prefix.parent, os.W_OK):
        raise ServerError(f"{where}: no files can be written to {prefix.parent}; make the folder, or name another")
    return LogSettings(collector.type, prefix, sampling.sampling_rate)
