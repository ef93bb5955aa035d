"""A server that gives one prepared answer to every page: ``python -m tools.benchmarks.constant_server``.

Prints its port, and ends when its standard input does. What a call to it takes is the wire and the caller.
"""

import sys
from concurrent import futures

import grpc

from shelfrank_client import protocol
from shelfrank_client.tensors import FLOAT, STRING, pack

CANDIDATES, FEATURES = 100, 10
BOOL = 10
IDS = [str(100_000 + number) for number in range(CANDIDATES)]
NAMES = [f"feature_{number}" for number in range(FEATURES)]


def signatures() -> bytes:
    """The answer to GetModelMetadata: ``rank_items`` with ten numbers an item."""
    response = protocol.GetModelMetadataResponse()
    response.model_spec.version.value = 1
    described = protocol.SignatureDefMap()
    for name in ("serving_default", "rank_items"):
        inputs = {"query": (STRING, 1), "user_id": (STRING, 1), "history": (STRING, 2), "item_id": (STRING, 2)}
        if name == "rank_items":
            inputs |= dict.fromkeys(NAMES, (FLOAT, 2))
        for alias, (dtype, rank) in inputs.items():
            info = described.signature_def[name].inputs[alias]
            info.dtype = dtype
            for _ in range(rank):
                info.tensor_shape.dim.add(size=-1)
    response.metadata["signature_def"].Pack(described)
    return protocol.to_bytes(response)


def ranking() -> bytes:
    """The answer to Predict: all items, best first."""
    response = protocol.PredictResponse()
    response.model_spec.version.value = 1
    response.outputs["item_id"].CopyFrom(pack(IDS, (1, CANDIDATES), STRING, "item_id"))
    values = [1.0 - number / CANDIDATES for number in range(CANDIDATES)]
    for name in ("score", "ctr", "cvr", "ctcvr"):
        response.outputs[name].CopyFrom(pack(values, (1, CANDIDATES), FLOAT, name))
    known = response.outputs["known"]
    known.dtype = BOOL
    known.bool_val.extend([True] * CANDIDATES)
    for size in (1, CANDIDATES):
        known.tensor_shape.dim.add(size=size)
    return protocol.to_bytes(response)


def main() -> None:
    """Serve until the standard input ends."""
    answers = {"Predict": ranking(), "GetModelMetadata": signatures()}
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(lambda request, context, answer=answer: answer)
        for name, answer in answers.items()
    }
    server = grpc.server(futures.ThreadPoolExecutor(2))
    service = "tensorflow.serving.PredictionService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None).wait()


if __name__ == "__main__":
    main()
