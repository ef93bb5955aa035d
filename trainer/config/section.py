"""What every part of an experiment is, and how its faults are named."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trainer.errors import InputError

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A part of an experiment; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SectionT = TypeVar("SectionT", bound=BaseModel)


def validate_section(kind: type[SectionT], raw: Any, where: str) -> SectionT:
    """Validate a mapping as a section.

    Args:
        kind: the pydantic model.
        raw: what YAML gave.
        where: what an error names: a file, or a file and a key.

    Returns:
        The validated section.

    Raises:
        InputError: naming every key at fault with its path and value, in one line.
    """
    if not isinstance(raw, dict):
        raise InputError(f"{where}: expected a mapping of keys to values, found {type(raw).__name__}")
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{where}: " + "; ".join(map(_describe, error.errors()))) from None


def _describe(fault: Any) -> str:
    path = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"unknown key {path!r}"
    if fault["type"] == "missing":
        return f"key {path!r} is missing"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error":
        return f"{path}: {message}" if path else message
    return f"{path}: {message[0].lower()}{message[1:]} (found {fault['input']!r})"
