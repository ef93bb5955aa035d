"""The pages that a run is trained on."""

from rich.console import Console

from trainer.config import Experiment
from trainer.data.down_sampling import down_sample
from trainer.data.pages import Pages, concatenate
from trainer.data.prepared import Prepared
from trainer.errors import InputError
from trainer.training.replay import replayed


def training_pages(experiment: Experiment, prepared: Prepared) -> Pages:
    """The training pages of the log, and of the judgments where relevance is a task."""
    parts = []
    wants_log = experiment.loss.ctr + experiment.loss.cvr > 0
    if prepared.pages is not None and wants_log:
        parts.append(prepared.pages.split("train"))
    if prepared.judged is not None and experiment.model.relevance and experiment.loss.relevance:
        parts.append(prepared.judged.split("train"))
    parts = [part for part in parts if len(part)]
    if not parts:
        raise InputError("no training pages: the weights of the loss leave nothing to learn from these tables")
    return concatenate(parts)


def sampled_pages(experiment: Experiment, prepared: Prepared, console: Console) -> Pages:
    """The training pages with what is drawn of them: old pages where a run is continued, impressions without a click.

    Args:
        experiment: whose seed draws.
        prepared: the pages.
        console: where to say how much was drawn.
    """
    pages, config = training_pages(experiment, prepared), experiment.incremental
    if config.base is not None:
        mixed = replayed(pages, config.replay, experiment.seed)
        console.print(mixed.in_words(), soft_wrap=True, highlight=False)
        pages = mixed.pages
    rate = experiment.train.negative_rate
    thinned = down_sample(pages, rate, experiment.seed)
    if rate < 1.0:
        console.print(
            f"train.negative_rate {rate:g}: {len(thinned.item):,} of {len(pages.item):,} training impressions on "
            f"{len(thinned):,} of {len(pages):,} pages",
            soft_wrap=True,
            highlight=False,
        )
    return thinned
