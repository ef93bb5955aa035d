"""Recorded pages: JSON lines."""

import json
from pathlib import Path
from typing import Any

from shelfrank_client import PageQuery
from trainer.errors import InputError

KEYS = ("query", "candidates", "user", "context", "history")


def recorded_pages(path: Path) -> list[PageQuery]:
    """Read recorded pages.

    Args:
        path: one JSON object a line: ``query`` and ``candidates``, and where there are ``user``, ``context`` and ``history``.
            Empty lines are left out.

    Returns:
        At least one page, in the order of the file.

    Raises:
        InputError: if the file can't be read or holds no page, or a line is no page; the line's number is named.
    """
    pages = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    pages.append(_page(line, f"{path}: line {number}"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; --pages takes JSON lines with query and candidates") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 ({error.reason} after line {len(pages)}); convert it") from None
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); --pages takes a file of JSON lines") from None
    if not pages:
        raise InputError(f"{path}: holds no page; expected a JSON object with query and candidates on each line")
    return pages


def _page(line: str, where: str) -> PageQuery:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: is no JSON ({error})") from None
    if not isinstance(found, dict):
        raise InputError(f"{where}: expected an object with query and candidates, found {_brief(found)}")
    unknown = sorted(set(found) - set(KEYS))
    if unknown:
        raise InputError(f"{where}: unknown key {unknown[0]!r}; a page has {', '.join(KEYS)}")
    for key in ("query", "candidates"):
        if key not in found:
            raise InputError(f"{where}: lacks {key!r}")
    if not isinstance(found["query"], str):
        raise InputError(f"{where}: query: expected text, found {_brief(found['query'])}")
    candidates = _ids(found["candidates"], f"{where}: candidates")
    if not candidates or "" in candidates or len(set(candidates)) < len(candidates):
        raise InputError(f"{where}: candidates: expected item ids, each once and not empty, found {_brief(candidates)}")
    sides = {key: found.get(key) or {} for key in ("user", "context")}
    for key, value in sides.items():
        if not isinstance(value, dict):
            raise InputError(f"{where}: {key}: expected an object of features, found {_brief(value)}")
    twice = sorted(set(sides["user"]) & set(sides["context"]))
    if twice:
        raise InputError(f"{where}: feature {twice[0]!r} is in both user and context; keep one")
    return PageQuery(found["query"], candidates, history=_ids(found.get("history") or [], f"{where}: history"), **sides)


def _ids(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{where}: expected a list of item ids as text, found {_brief(value)}")
    return value


def _brief(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
