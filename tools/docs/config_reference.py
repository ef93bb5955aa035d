"""Writes the reference of all configuration keys from the models: ``python -m tools.docs.config_reference``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from inspect import cleandoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tools.simulate import SimulateConfig
from trainer.config import Experiment
from trainer.written import write_text

TARGET = Path(__file__).parents[2] / "docs" / "reference" / "config.md"
WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text", Path: "path", date: "date"}
VALIDATED_ELSEWHERE: dict[str, type[BaseModel]] = {"simulate": SimulateConfig}
INTRODUCTION = """\
# Configuration

An experiment is one YAML file; `configs/` holds some. Only `name`, `data.prepared`, `data.items` and a source of labels
must be given. Unknown keys and bad values are errors that name the key.

- Overrides follow on the command line, with dots in the key; values are read as YAML:
  `shelfrank train --config shop.yaml train.epochs=2 'data.text=[title, brand]'`.
- `${NAME}` and `${NAME:-default}` in a value stand for an environment variable.
- Paths are relative to the folder in which the command runs.

What must fit together:

- `data` has `search_log` or `events`, not both; or `judgments`, alone or beside one of them.
- `model.relevance: true` needs `data.judgments`; `relevance` in `model.score` needs `model.relevance: true`. Without a log
  there is nothing but relevance to learn.
- Feature names are unique over all tables; names of the tables' own columns (`query`, `position`, ...) are taken. A column of
  `data.text` is no `text` feature besides. `item_id` may be a `categorical` feature of items: an embedding for each item.
- `model.experts` goes with `model.heads: mmoe` or `ple`, its `task_count` and `levels` with `ple`.
- `tasks` need a log. Their names are unique, their columns no features; `on: all` needs `train.negative_rate: 1`.
- `loss.escm2` goes with the `escm2` heads. `loss.conversion: huber` does not go with `debias.method: ipw`, except with
  `heads: shared_bottom`.
- `data.split`: `valid + test` is below 1.
- `encoder.query_length` and `encoder.item_length` are within the positions of the backbone (512 for most), with
  `model.interaction: cross` their sum less 1.

This page is made by `python -m tools.docs.config_reference`.
"""


@dataclass(frozen=True)
class Part:
    """One section of an experiment.

    Attributes:
        paths: dotted keys at which it stands.
        model: its pydantic model.
    """

    paths: tuple[str, ...]
    model: type[BaseModel]

    @property
    def title(self) -> str:
        """The heading."""
        return " ".join(f"`{path}`" for path in self.paths) if self.paths[0] else "Top level"


def reference() -> str:
    """The page: every key with type, default and meaning."""
    parts = list(_parts("", Experiment))
    anchors = {path: _anchor(part.title) for part in parts for path in part.paths}
    return "\n".join([INTRODUCTION, *(_page_part(part, anchors) for part in parts)])


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """What the docstring of a model says of its fields, from the section ``Attributes``."""
    _, _, listed = cleandoc(model.__doc__ or "").partition("\nAttributes:\n")
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", listed, flags=re.MULTILINE)
    return {name: _plain(text) for name, text in found}


def _parts(path: str, model: type[BaseModel]) -> Iterator[Part]:
    """A section and all sections below it; what stands at several keys comes once."""
    yield Part((path,), model)
    below: dict[type[BaseModel], list[str]] = {}
    for name, field in model.model_fields.items():
        section = _section(name, field.annotation)
        if section is not None:
            below.setdefault(section, []).append(f"{path}.{name}".lstrip("."))
    for section, paths in below.items():
        first, *others = _parts(paths[0], section)
        yield Part(tuple(paths), first.model)
        yield from others


def _section(name: str, annotation: Any) -> type[BaseModel] | None:
    """The model that a key holds, itself or in a list, if that describes its keys."""
    if name in VALIDATED_ELSEWHERE:
        return VALIDATED_ELSEWHERE[name]
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel) and meanings(kind):
            return kind
    return None


def _page_part(part: Part, anchors: dict[str, str]) -> str:
    known = meanings(part.model)
    summary = cleandoc(part.model.__doc__ or "").partition("\nAttributes:\n")[0].strip()
    lines = [f"## {part.title}", *map(_plain, summary.split("\n\n")), ""]
    lines += ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in part.model.model_fields.items():
        path = f"{part.paths[0]}.{name}".lstrip(".")
        kind = f"[section](#{anchors[path]})" if path in anchors else _type(field.annotation, field.metadata)
        if path in anchors and get_origin(field.annotation) in (list, tuple):
            kind = f"list of [{'features' if part.paths[0] == 'features' else name}](#{anchors[path]})"
        lines.append(f"| `{name}` | {kind} | {_default(field)} | {known[name][0].upper()}{known[name][1:]} |")
    return "\n".join([*lines, ""])


def _type(annotation: Any, metadata: list[Any]) -> str:
    """A type in words, with its bounds."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = [m for given in arguments[1:] for m in (given.metadata if isinstance(given, FieldInfo) else [given])]
        return _type(arguments[0], [*inner, *metadata])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join("null" if a is NoneType else _type(a, metadata) for a in arguments)
    if origin in (list, tuple):
        return f"list of {_type(arguments[0], [])}{_bounds(metadata)}"
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return "mapping"
    return f"{WORDS[annotation]}{_bounds(metadata)}"


def _bounds(metadata: list[Any]) -> str:
    def bound(name: str) -> Any:
        return next((getattr(m, name) for m in metadata if getattr(m, name, None) is not None), None)

    signs = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
    limits = [f"{word} {bound(sign):g}" for sign, word in signs if bound(sign) is not None]
    if bound("ge") is not None and bound("le") is not None:
        limits = [f"{bound('ge'):g} to {bound('le'):g}"]
    if bound("min_length"):
        limits.append("not empty")
    return f", {', '.join(limits)}" if limits else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if isinstance(field.default, BaseModel) and meanings(type(field.default)):
        return "its defaults"
    return f"`{_as_yaml(field.default)}`"


def _as_yaml(value: Any) -> str:
    """A value as one writes it in YAML on one line."""
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_defaults=True)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_as_yaml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_as_yaml, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(text: str) -> str:
    """Docstring text as one line of Markdown."""
    return " ".join(text.replace("``", "`").split()).replace("|", "\\|")


def _anchor(title: str) -> str:
    """The anchor that Markdown viewers make of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


if __name__ == "__main__":
    write_text(TARGET, reference())
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")
