"""Which series and labels a PromQL expression names: enough of the language to find a name that is not there."""

import itertools
import re

_TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
      | (?P<range>\[[^\]]*\])
      | (?P<number>\d+(?:\.\d+)?[a-z]*)
      | (?P<variable>\$\w+|\$\{[^}]*\})
      | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
      | (?P<mark>=~|!~|==|!=|<=|>=|[^\s])""",
    re.VERBOSE,
)
_GROUPING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan"})
_AGGREGATIONS = frozenset(
    {"sum", "avg", "min", "max", "count", "topk", "bottomk", "quantile", "stddev", "stdvar", "group"}
)
_CLOSING = {")": "(", "}": "{"}


def series_of(expression: str) -> list[tuple[str, list[str]]]:
    """List the series of an expression.

    Args:
        expression: PromQL; Grafana's variables may stand in it.

    Returns:
        Each series with the labels of its selector, in their order.

    Raises:
        ValueError: brackets that do not match; the message says which.
    """
    tokens = [(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(expression)]
    _check_brackets([word for kind, word in tokens if kind == "mark"])
    if "[" in (word for _, word in tokens):
        raise ValueError("'[' is not closed")
    found: list[tuple[str, list[str]]] = []
    place = 0
    while place < len(tokens):
        kind, word = tokens[place]
        after = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        place += 1
        if kind != "name" or word.lower() in _WORDS:
            continue
        if word in _GROUPING:
            place = _end_of(tokens, place, ")") if after == "(" else place
        elif after == "{":
            end = _end_of(tokens, place, "}")
            inside = tokens[place:end]
            labels = [
                name
                for (sort, name), (_, follows) in itertools.pairwise(inside)
                if sort == "name" and follows in ("=", "!=", "=~", "!~")
            ]
            found.append((word, labels))
            place = end
        elif after != "(" and word not in _AGGREGATIONS:
            found.append((word, []))
    return found


def _end_of(tokens: list[tuple[str, str]], place: int, closing: str) -> int:
    """The place after the next closing bracket."""
    while place < len(tokens) and tokens[place] != ("mark", closing):
        place += 1
    return place + 1


def _check_brackets(marks: list[str]) -> None:
    open_ones: list[str] = []
    for mark in marks:
        if mark in _CLOSING.values():
            open_ones.append(mark)
        elif mark in _CLOSING and (not open_ones or open_ones.pop() != _CLOSING[mark]):
            raise ValueError(f"{mark!r} closes nothing")
    if open_ones:
        raise ValueError(f"{open_ones[-1]!r} is not closed")
