"""Which pages are sent: what the command line names, read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shelfrank_client import PageQuery
from trainer.errors import InputError

MADE = 1000
MADE_CANDIDATES = 100


@dataclass(frozen=True)
class PagesToSend:
    """Pages, and the items that longer ones can be filled up with.

    Attributes:
        pages: at least one, each with candidates, in the order of their source.
        pool: item ids, each once.
        source: what they are, in words.
    """

    pages: Sequence[PageQuery]
    pool: Sequence[str]
    source: str

    @classmethod
    def of(cls, pages: Sequence[PageQuery], source: str) -> "PagesToSend":
        """Pages whose own candidates are the pool."""
        return cls(pages, list(dict.fromkeys(item for page in pages for item in page.candidates)), source)


@dataclass(frozen=True)
class Source:
    """Where pages come from; one of the first three is given.

    Attributes:
        pages: recorded ones, JSON lines; or logged requests, a TFRecord.
        config: an experiment, whose prepared test pages are taken.
        items: a table of items, from which pages are made.
        queries: the queries of made pages, a table with a column ``query`` or a text file; without it, words of titles.
        overrides: of the experiment, ``key=value``.
    """

    pages: Path | None = None
    config: Path | None = None
    items: Path | None = None
    queries: Path | None = None
    overrides: Sequence[str] = ()


def read_pages(source: Source, seed: int, candidates: int = MADE_CANDIDATES) -> PagesToSend:
    """Read or make the pages.

    Args:
        source: what the command line names.
        seed: of made pages.
        candidates: N of a made page; as many as there are items where that is less.

    Raises:
        InputError: if none or several sources are named, or the one that is can't be used or holds no page.
    """
    named = [f"--{name}" for name in ("pages", "config", "items") if getattr(source, name) is not None]
    if len(named) != 1:
        found = "none" if not named else " and ".join(named)
        raise InputError(
            f"where do the pages come from? give one of --pages FILE, --config FILE and --items TABLE, found {found}"
        )
    if source.queries is not None and source.items is None:
        raise InputError("--queries: goes with --items TABLE, from which pages are made; leave it out")
    if source.overrides and source.config is None:
        raise InputError(f"{source.overrides[0]}: overrides go with --config FILE")
    # Only what is needed is imported: an experiment brings TensorFlow along.
    if source.pages is not None and source.pages.suffix == ".tfrecord":
        from tools.pages_to_send.request_records import request_pages

        return PagesToSend.of(request_pages(source.pages), f"logged requests of {source.pages.name}")
    if source.pages is not None:
        from tools.pages_to_send.recorded import recorded_pages

        return PagesToSend.of(recorded_pages(source.pages), f"recorded pages of {source.pages.name}")
    if source.config is not None:
        from tools.pages_to_send.prepared import prepared_pages
        from trainer.config import load_experiment

        experiment = load_experiment(source.config, list(source.overrides))
        return PagesToSend.of(prepared_pages(experiment), f"test pages of {experiment.name}")
    from tools.pages_to_send.made import made_pages

    assert source.items is not None
    pages, pool = made_pages(source.items, source.queries, candidates, MADE, seed)
    return PagesToSend(pages, pool, f"pages made from {source.items.name}")
