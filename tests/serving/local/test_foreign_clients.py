"""Clients that this project did not write: ovmsclient for Python, @grpc/grpc-js for Node."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NODE_CLIENT = Path(__file__).with_name("grpc_js_client.js")
PACKAGES = ("@grpc/grpc-js@1.14.7", "@grpc/proto-loader@0.8.1")

# In a process of its own: it brings TF Serving's messages along, which meet those of tensorflow-serving-api otherwise.
OVMS = """
import json, sys
import numpy as np
from ovmsclient import make_grpc_client
client = make_grpc_client(sys.argv[1])
y = client.predict({"x": np.array([2.0, 6.0], np.float32)}, "shop", model_version=1)
status = client.get_model_status("shop", model_version=1)
inputs = client.get_model_metadata("shop", model_version=1)["inputs"]
print(json.dumps({"y": y.tolist(), "state": status[1]["state"], "inputs": sorted(inputs)}))
"""


@pytest.fixture
def address(models, start, tmp_path):
    models.publish(tmp_path / "models", 1)
    return f"localhost:{start(tmp_path / 'models')[0].port}"


def printed(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_ovmsclient_is_answered_with_a_version_given(address):
    if importlib.util.find_spec("ovmsclient") is None:
        pytest.skip("ovmsclient is not installed")
    answer = printed([sys.executable, "-c", OVMS, address])
    assert answer == {"y": [2.0, 4.0], "state": "AVAILABLE", "inputs": ["x"]}


def test_grpc_js_is_answered_by_the_descriptors_that_the_protoset_gives(address, tmp_path):
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("there is no node with npm")
    install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(tmp_path), *PACKAGES]
    if subprocess.run(install, capture_output=True, timeout=120).returncode:
        pytest.skip("npm cannot fetch @grpc/grpc-js")
    described = tmp_path / "services.binpb"
    subprocess.run([sys.executable, "-m", "tools.protocol.protoset", str(described)], cwd=ROOT, check=True)
    shutil.copy(NODE_CLIENT, tmp_path / "ask.js")
    assert printed(["node", "ask.js", str(described), address], cwd=tmp_path) == {"y": [2, 4], "version": "1"}
