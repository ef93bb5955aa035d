"""Ranks pages with a bare gRPC stub, in a process that holds nothing else: what a call costs besides the client.

``python -m tools.benchmarks.called_by_stub TARGET REQUESTS``
"""

import sys
from pathlib import Path

import grpc

from tools.benchmarks.prepared_requests import read_requests, sender
from tools.benchmarks.rounds import answer_rounds


def main(target: str, requests: str) -> None:
    """Answer rounds of calls.

    Args:
        target: host:port of the server.
        requests: a folder of requests.
    """
    with grpc.insecure_channel(target) as channel:
        answer_rounds(sender(channel, read_requests(Path(requests))))


if __name__ == "__main__":
    main(*sys.argv[1:])
