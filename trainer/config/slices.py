"""Parts of the evaluated pages that are measured apart."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from trainer.config.features import FeatureConfig
from trainer.config.section import Count, Section

QUERY_FREQUENCY, NEW_ITEMS, POSITION = "query_frequency", "new_items", "position"
BUILT_IN = (QUERY_FREQUENCY, NEW_ITEMS, POSITION)
BANDS, TOP = 4, 5


class SliceConfig(Section):
    """One way to part the evaluated pages or their items; a name alone stands for ``{by: NAME}``.

    Attributes:
        by: ``query_frequency`` (head, torso and tail of the training pages, and queries unseen there), ``new_items`` (items
            on no training page), ``position`` (where the log showed the item), or a declared feature of kind ``number`` or
            ``categorical``.
        bands: with a ``number``: parts of equal mass, of the items table or, for users and context, of the evaluated
            pages; null for 4.
        top: with a ``categorical``: how many of the most frequent values of the evaluated pages; null for 5.
    """

    by: str
    bands: Annotated[int, Field(ge=2, le=20)] | None = None
    top: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_name_alone(cls, value: Any) -> Any:
        return {"by": value} if isinstance(value, str) else value


def check_slices(slices: list[SliceConfig], features: list[FeatureConfig], has_log: bool) -> None:
    """Refuse slices by what is not there, and settings that do not go with what is.

    Args:
        slices: ``evaluate.slices``.
        features: all declared features.
        has_log: whether there is a log beside the judgments, or judgments alone.

    Raises:
        ValueError: naming the key and the names that are known.
    """
    kinds = {f.name: f.kind for f in features}
    known = [*BUILT_IN, *(name for name, kind in kinds.items() if kind in ("number", "categorical"))]
    for place, part in enumerate(slices):
        where, by = f"evaluate.slices.{place}", part.by
        if by not in known:
            what = f"of kind {kinds[by]}" if by in kinds else "no declared feature"
            raise ValueError(f"{where}.by: {by!r} is {what}; known: {', '.join(known)}")
        if by == POSITION and not has_log:
            raise ValueError(f"{where}.by: position needs a log; judgments have no positions")
        for setting, kind in (("bands", "number"), ("top", "categorical")):
            if getattr(part, setting) is not None and kinds.get(by) != kind:
                raise ValueError(f"{where}.{setting}: goes with a {kind} feature, which {by!r} is not; leave it out")
    names = [part.by for part in slices]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"evaluate.slices: {twice!r} is there twice; leave one out")
