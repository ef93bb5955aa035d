"""The YAML of a study."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from trainer.config import Section

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Overrides = dict[str, Any]


class VariantConfig(Section):
    """One way of training.

    Attributes:
        name: its folder, and its name in the tables.
        meaning: in words, beside the name.
        config: an experiment in place of that of the study.
        overrides: values by dotted key.
    """

    name: Name
    meaning: str = ""
    config: Path | None = None
    overrides: Overrides = Field(default={})


class MetricConfig(Section):
    """A metric that is tabulated.

    Attributes:
        key: as ``metrics.json`` names it, or ``run.<key>`` of the counts that training kept, as
            ``run.backbone_share``.
        name: in the document; the key by default.
        minus: another key, which is subtracted.
        digits: after the point.
    """

    key: str
    name: str = ""
    minus: str | None = None
    digits: Annotated[int, Field(ge=0, le=8)] = 4

    @property
    def title(self) -> str:
        """What the document calls it."""
        return self.name or (self.key if self.minus is None else f"{self.key} - {self.minus}")


class FigureConfig(Section):
    """A figure that was to be reached.

    Attributes:
        metric: the title of a metric of the study.
        of: the mean itself (``value``), its difference from the reference (``difference``), or its multiple of the
            reference's mean (``ratio``).
        variants: whose; all but the reference by default.
        at_least: reached where it is at least this.
        at_most: reached where it is at most this.
        clear_of_zero: whether the interval of the difference over seeds must leave zero out as well.
    """

    metric: str
    of: Literal["value", "difference", "ratio"] = "difference"
    variants: list[str] | None = None
    at_least: float | None = None
    at_most: float | None = None
    clear_of_zero: bool = False

    @model_validator(mode="after")
    def _something_to_reach(self) -> "FigureConfig":
        if self.at_least is None and self.at_most is None and not self.clear_of_zero:
            raise ValueError("give at_least, at_most or clear_of_zero: true")
        if self.clear_of_zero and self.of != "difference":
            raise ValueError("clear_of_zero: goes with of: difference")
        return self


class StudyConfig(Section):
    """Variants of an experiment, compared over seeds.

    Attributes:
        name: of the study: its folder, and its section of the document.
        question: heading of the section.
        target: what was to be reached, in words.
        config: the experiment that the variants vary.
        runs: runs are ``<runs>/<name>/<variant>/seed-<n>``.
        data: ``per_seed``: each seed draws a log, a split and negatives of its own, the same for all variants;
            ``shared``: one log and split, that of the experiment's seed, for all runs, so that seeds differ in the training
            only.
        seeds: of the runs.
        overrides: values by dotted key for all variants.
        variants: what is compared.
        reference: the variant that the others are compared with.
        baselines: rankers of ``evaluation.json`` that get a row each, measured beside the reference.
        metrics: what is tabulated.
        figures: what was to be reached.
        notes: sentences below the tables.
    """

    name: Name
    question: str
    target: str = ""
    config: Path
    runs: Path = Path("runs/studies")
    data: Literal["per_seed", "shared"] = "per_seed"
    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    overrides: Overrides = Field(default={})
    variants: list[VariantConfig] = Field(min_length=1)
    reference: str
    baselines: list[str] = Field(default=[])
    metrics: list[MetricConfig] = Field(min_length=1)
    figures: list[FigureConfig] = Field(default=[])
    notes: list[str] = Field(default=[])

    @property
    def folder(self) -> Path:
        """Where everything of the study lies."""
        return self.runs / self.name

    def variant(self, name: str) -> VariantConfig:
        """A variant by its name."""
        return next(variant for variant in self.variants if variant.name == name)

    @model_validator(mode="after")
    def _names_fit(self) -> "StudyConfig":
        variants = [variant.name for variant in self.variants]
        titles = [metric.title for metric in self.metrics]
        seeds = [str(seed) for seed in self.seeds]
        for what, names in {"variants": variants, "seeds": seeds, "metrics": titles}.items():
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what}: {', '.join(twice)} is there twice")
        if self.name == "costs":
            raise ValueError("name: costs is the section of --costs; name the study otherwise")
        if {"data", "tensorboard"} & set(variants):
            raise ValueError(
                "variants: data and tensorboard are folders of the study itself; name the variant otherwise"
            )
        if self.reference not in variants:
            raise ValueError(f"reference: no variant {self.reference!r}; there are {', '.join(variants)}")
        for figure in self.figures:
            if figure.metric not in titles:
                raise ValueError(f"figures: no metric {figure.metric!r}; there are {', '.join(titles)}")
            unknown = sorted(set(figure.variants or []) - set(variants))
            if unknown:
                raise ValueError(f"figures: no variant {unknown[0]!r}; there are {', '.join(variants)}")
        return self
