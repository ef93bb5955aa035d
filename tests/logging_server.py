"""A local server that logs every request in the table form of ``search_log``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.local.flags import ServerFlags
from serving.local.server import RunningServer, serve


@contextmanager
def logging_server(folder: Path, base: Path) -> Iterator[RunningServer]:
    """Serve the versions in ``base`` as the model ``shop``; ``models.config`` and the folder ``logs`` go into ``folder``."""
    (folder / "logs").mkdir()
    (folder / "models.config").write_text(f"""
        model_config_list {{ config {{
            name: "shop" base_path: "{base}" model_platform: "tensorflow"
            logging_config {{
                log_collector_config {{ type: "search_log" filename_prefix: "{folder / "logs" / "shop"}" }}
                sampling_config {{ sampling_rate: 1 }}
            }}
        }} }}""")
    with serve(ServerFlags(model_config_file=folder / "models.config", port=0)) as running:
        yield running
