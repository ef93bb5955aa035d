"""Logged requests as pages to send."""

import re
from pathlib import Path

import pytest
import tensorflow as tf

from hand_made_ranker import write_version
from serving.local.flags import ServerFlags
from serving.local.server import serve
from shelfrank_client import PageQuery, RankingClient
from tools.pages_to_send import Source, read_pages
from trainer.errors import InputError


def test_the_pages_of_a_servers_log_come_back_as_they_were_asked(tmp_path: Path) -> None:
    pages = [
        PageQuery("red lamp", ["3", "1", "2"], {"user_id": "u7"}, {"region": "north"}, ["9", "8"]),
        PageQuery("", ["5"], {}, {}, []),
    ]
    folder, config = tmp_path / "hand", tmp_path / "models.config"
    write_version(folder / "4")
    config.write_text(f"""
        model_config_list {{ config {{
            name: "hand" base_path: "{folder}" model_platform: "tensorflow"
            logging_config {{
                log_collector_config {{ type: "tf_record" filename_prefix: "{tmp_path / "log"}" }}
                sampling_config {{ sampling_rate: 1 }}
            }}
        }} }}""")
    with (
        serve(ServerFlags(model_config_file=config, port=0)) as server,
        RankingClient(f"127.0.0.1:{server.port}", model="hand", deadline=20) as client,
    ):
        client.rank_pages(pages)
        client.rank("q", ["7"], user={"region": "south"})
    (file,) = tmp_path.glob("log-*.tfrecord")
    found = read_pages(Source(pages=file), seed=1)
    assert list(found.pages) == [*pages, PageQuery("q", ["7"], {}, {"region": "south"}, [])]
    assert found.pool == ["3", "1", "2", "5", "7"]


def test_a_file_without_a_page_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_pages(Source(pages=tmp_path / "absent.tfrecord"), seed=1)
    with tf.io.TFRecordWriter(str(tmp_path / "none.tfrecord")):
        pass
    with pytest.raises(InputError, match=re.escape("holds no request that ranks by id")):
        read_pages(Source(pages=tmp_path / "none.tfrecord"), seed=1)
