"""The files of a deployment, read one by one; what is wrong with them is collected, not raised."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from google.protobuf import text_format
from google.protobuf.message import Message

Parsed = TypeVar("Parsed", bound=Message)


@dataclass(frozen=True)
class Finding:
    """One fault of one file.

    Args:
        file: its path.
        key: the key or line at fault.
        problem: what is wrong.
        advice: what to do.
    """

    file: str
    key: str
    problem: str
    advice: str

    def __str__(self) -> str:
        """One line, whatever the parts are made of."""
        return " ".join(f"{self.file}: {self.key}: {self.problem}; {self.advice}".split())


@dataclass
class Kit:
    """A folder like ``configs/tf_serving``.

    Args:
        folder: where it is.
        findings: what was found so far, in the order of the checks.
        checked: how many things of each kind were checked.
    """

    folder: Path
    findings: list[Finding] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def report(self, file: str | Path, key: str, problem: str, advice: str) -> None:
        """Add a finding, unless it is there already; ``file`` is relative to the folder where it is in it."""
        finding = Finding(str(self.folder / file), key, problem, advice)
        if finding not in self.findings:
            self.findings.append(finding)

    def count(self, kind: str, number: int = 1) -> None:
        """Count what was checked, for the summary."""
        self.checked[kind] = self.checked.get(kind, 0) + number

    def names(self, pattern: str) -> list[str]:
        """The files that match a pattern, relative to the folder, in order."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(pattern) if path.is_file())

    def text(self, name: str) -> str | None:
        """A file's text; None, and a finding, where it cannot be read."""
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except OSError as error:
            self.report(name, "file", f"cannot be read: {error.strerror}", "put it there, as configs/tf_serving has it")
        except UnicodeDecodeError:
            self.report(name, "file", "is no UTF-8 text", "write it as text")
        return None

    def proto(self, name: str, message: Parsed) -> Parsed | None:
        """A text proto; None, and a finding, where it is none of that message."""
        text = self.text(name)
        if text is None:
            return None
        try:
            text_format.Parse(text, message)
        except text_format.ParseError as error:
            line = error.GetLine()
            reason = str(error).partition(" : ")[2] or str(error)
            self.report(name, f"line {line}", f"is no {message.DESCRIPTOR.name}: {reason}", "correct the line")
            return None
        self.count("text protos")
        return message

    def documents(self, name: str) -> list[dict[str, Any]]:
        """The mappings of a YAML file; empty, and a finding, where it has none or is no YAML."""
        text = self.text(name)
        if text is None:
            return []
        try:
            found = [document for document in yaml.safe_load_all(text) if document is not None]
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            reason = getattr(error, "problem", None) or str(error)
            where = f"line {mark.line + 1}" if mark is not None else "file"
            self.report(name, where, f"is no YAML: {reason}", "correct the line")
            return []
        if not found or not all(isinstance(document, dict) for document in found):
            self.report(name, "file", "has no mapping at its top", "write keys and values")
            return []
        return found

    def json(self, name: str) -> dict[str, Any] | None:
        """A JSON object; None, and a finding, where it is none."""
        text = self.text(name)
        if text is None:
            return None
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            self.report(name, f"line {error.lineno}", f"is no JSON: {error.msg}", "correct the line")
            return None
        if not isinstance(found, dict):
            self.report(name, "file", "is no JSON object", "export the dashboard from Grafana again")
            return None
        return found


def at(tree: Any, *path: str | int) -> Any:
    """What stands at a path of keys and indices; None where a part is missing or of another kind."""
    for step in path:
        if isinstance(tree, dict):
            tree = tree.get(step)
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def mappings(tree: Any, *path: str | int) -> list[dict[str, Any]]:
    """The mappings of the list at a path; empty where there is none."""
    found = at(tree, *path)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
