"""Experiments as YAML, with overrides and environment variables."""

import os
import re
from pathlib import Path
from typing import Any

import yaml

from trainer.config.experiment import Experiment
from trainer.config.section import validate_section
from trainer.errors import InputError


def load_experiment(path: Path, overrides: list[str] | None = None) -> Experiment:
    """Read an experiment from YAML.

    Args:
        path: the file.
        overrides: ``key=value`` with dots in the key; the value is read as YAML.

    Returns:
        The experiment.

    Raises:
        InputError: if the file can't be read, or a key or value is wrong.
    """
    raw = read_yaml(path)
    for override in overrides or []:
        _override(raw, override)
    return validate_section(Experiment, _expand(raw), str(path))


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping; see `load_experiment` for the errors."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read as UTF-8 text ({error})") from None
    try:
        _refuse_repeated_keys(path, yaml.compose(text, Loader=yaml.SafeLoader))
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise InputError(f"{path}: expected a mapping of keys to values, found {type(raw).__name__}")
    return raw


def dump_experiment(experiment: Experiment) -> str:
    """The experiment as YAML with every default written out."""
    return yaml.safe_dump(experiment.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _refuse_repeated_keys(path: Path, node: yaml.Node | None, parents: tuple[str, ...] = ()) -> None:
    """YAML lets the last of two equal keys win; the first would be dropped in silence."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name = ".".join([*parents, str(key.value)])
            if name in seen:
                lines = f"lines {seen[name]} and {key.start_mark.line + 1}"
                raise InputError(f"{path}: key {name!r} is there twice ({lines}); join the two or drop one")
            seen[name] = key.start_mark.line + 1
            _refuse_repeated_keys(path, value, (*parents, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            _refuse_repeated_keys(path, value, (*parents, str(place)))


def _override(raw: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator or not key:
        raise InputError(f"override {override!r}: expected key=value, for instance train.learning_rate=3e-5")
    *parents, last = key.split(".")
    node = raw
    for parent in parents:
        child = node.get(parent)
        if child is None:
            child = node[parent] = {}
        if not isinstance(child, dict):
            raise InputError(f"override {override!r}: {parent!r} holds a value, not keys")
        node = child
    try:
        node[last] = _number(yaml.safe_load(value))
    except yaml.YAMLError:
        raise InputError(f"override {override!r}: the value is not YAML") from None


def _number(value: Any) -> Any:
    """YAML 1.1 reads 3e-5 as text; people mean the number."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+", value):
        return float(value)
    return value


def _expand(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _expand(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_expand(v) for v in value]
    if isinstance(value, str):
        return _number(re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", _environment, value))
    return value


def _environment(match: re.Match[str]) -> str:
    name, default = match.groups()
    value = os.environ.get(name, default)
    if value is None:
        raise InputError(f"environment variable {name} is not set and has no default")
    return value
