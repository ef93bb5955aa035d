"""Asks for lists through the client, in a process that holds nothing else.

``python -m tools.benchmarks.listed_over_grpc TARGET MODEL VERSION LISTS CALLS``
"""

import json
import sys
from pathlib import Path

from shelfrank_client import RankingClient
from tools.benchmarks.rounds import answer_rounds

DEADLINE_SECONDS = 60.0


def main(target: str, model: str, version: str, lists: str, calls: str) -> None:
    """Answer rounds of calls.

    Args:
        target: host:port of the server.
        model: the model's name.
        version: of the model.
        lists: a JSON object: for each method of the client the arguments of its calls.
        calls: of each method; calls from 0 are of the first method, from this number on of the second.
    """
    asked = list(json.loads(Path(lists).read_text(encoding="utf-8")).items())
    with RankingClient(target, model=model, version=int(version), deadline=DEADLINE_SECONDS) as client:
        methods = [(getattr(client, kind), arguments) for kind, arguments in asked]

        def call(number: int) -> object:
            place, row = divmod(number, int(calls))
            method, arguments = methods[place]
            return method(**arguments[row % len(arguments)])

        answer_rounds(call)


if __name__ == "__main__":
    main(*sys.argv[1:])
