"""Ranks pages through the client, in a process that holds nothing else.

``python -m tools.benchmarks.called_over_grpc TARGET MODEL VERSION PAGES``
"""

import json
import sys
from pathlib import Path

from shelfrank_client import PageQuery, RankingClient
from tools.benchmarks.rounds import answer_rounds

DEADLINE_SECONDS = 60.0


def main(target: str, model: str, version: str, pages: str) -> None:
    """Answer rounds of calls.

    Args:
        target: host:port of the server.
        model: the model's name.
        version: of the model.
        pages: a JSON list of the fields of `shelfrank_client.PageQuery`.
    """
    asked = [PageQuery(**page) for page in json.loads(Path(pages).read_text(encoding="utf-8"))]
    with RankingClient(target, model=model, version=int(version), deadline=DEADLINE_SECONDS) as client:

        def call(number: int) -> object:
            page = asked[number % len(asked)]
            return client.rank(page.query, page.candidates, page.user, page.context, page.history)

        answer_rounds(call)


if __name__ == "__main__":
    main(*sys.argv[1:])
