"""The click and purchase model: position-based examination, attraction, conversion.

A user clicks an item when the place was examined and the item attracts (position-based model: Richardson,
Dominowska and Ragno, 2007; Craswell et al., 2008), and buys only after a click.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import bisect
from scipy.special import expit

from tools.simulate.config import BehaviourConfig
from tools.simulate.pages import LoggedPages
from tools.simulate.vocabulary import DEVICE_PURCHASE_LOGIT
from tools.simulate.world import World
from trainer.errors import InputError

LOGIT_RANGE = 60.0


@dataclass(frozen=True)
class Behaviour:
    """What happened at each of n impressions, and the probabilities behind it.

    Attributes:
        examination: float [n], probability that the place was looked at.
        attraction: float [n], probability of a click given that.
        conversion: float [n], probability of a purchase given a click.
        clicked: int8 [n].
        purchased: int8 [n].
        click_intercept: the logit that reaches the click rate.
        purchase_intercept: the logit that reaches the purchase rate.
    """

    examination: NDArray[np.float64]
    attraction: NDArray[np.float64]
    conversion: NDArray[np.float64]
    clicked: NDArray[np.int8]
    purchased: NDArray[np.int8]
    click_intercept: float
    purchase_intercept: float

    @property
    def click_probability(self) -> NDArray[np.float64]:
        """Examination times attraction, float [n]."""
        return self.examination * self.attraction


def examination_curve(eta: float, positions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Probability that a place is looked at: 1 / position ** eta.

    Args:
        eta: how fast attention falls.
        positions: int [n], from 1.

    Returns:
        float [n].
    """
    return positions.astype(np.float64) ** -eta


def appeal_of(
    config: BehaviourConfig, world: World, user: NDArray[np.int64], item: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What users like about items, whatever they asked for; in the logits of clicks and purchases.

    Args:
        config: weights.
        world: items and users with their hidden sides.
        user: rows of the users, int, of a shape that goes with that of the items.
        item: rows of the items, int.

    Returns:
        float, of the shape that both have together.
    """
    liking = np.zeros(np.broadcast_shapes(user.shape, item.shape))
    for taste in world.tastes:
        liking += taste.liking[user, taste.group_of_item[item]]
    return (
        config.quality * world.quality[item]
        + config.taste * liking
        - config.price * world.price_sensitivity[user] * world.price_level[item]
    )


def attraction_of(config: BehaviourConfig, logit: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of a click where an item is looked at, from its logit, float [n]."""
    return config.random_click + (1.0 - config.random_click) * expit(logit)


def behave(config: BehaviourConfig, world: World, pages: LoggedPages, rng: np.random.Generator) -> Behaviour:
    """Let users examine, click and buy, at the rates asked for.

    Args:
        config: weights and rates.
        world: items and users with their hidden sides.
        pages: what was shown.
        rng: the source of chance.

    Returns:
        Behaviour at each impression.

    Raises:
        InputError: no intercept reaches the click rate.
    """
    count = len(pages.item)
    examination = examination_curve(config.eta, pages.position)
    appeal = appeal_of(config, world, pages.user[pages.page], pages.item)
    click_logit = config.click_relevance * pages.relevance + appeal + config.noise * rng.normal(size=count)
    buy_logit = config.purchase_relevance * pages.relevance + appeal + config.noise * rng.normal(size=count)
    buy_logit += np.array(DEVICE_PURCHASE_LOGIT)[pages.device[pages.page]]

    def attraction_at(intercept: float) -> NDArray[np.float64]:
        return attraction_of(config, intercept + click_logit)

    least, most = config.random_click * examination.mean(), examination.mean()
    if not least < config.click_rate < most:
        raise InputError(
            f"simulate.behaviour.click_rate: {config.click_rate:g} cannot be reached with these pages, "
            f"eta and random_click; it must lie between {least:.3g} and {most:.3g}"
        )
    click_intercept = _solve(lambda at: float((examination * attraction_at(at)).mean()), config.click_rate)
    attraction = attraction_at(click_intercept)
    weight = examination * attraction
    weight /= weight.sum()
    purchase_intercept = _solve(lambda at: float(weight @ expit(at + buy_logit)), config.purchase_rate)
    conversion = expit(purchase_intercept + buy_logit)

    clicked = rng.random(count) < examination * attraction
    purchased = clicked & (rng.random(count) < conversion)
    return Behaviour(
        examination=examination,
        attraction=attraction,
        conversion=conversion,
        clicked=clicked.astype(np.int8),
        purchased=purchased.astype(np.int8),
        click_intercept=click_intercept,
        purchase_intercept=purchase_intercept,
    )


def _solve(rate_at: Callable[[float], float], rate: float) -> float:
    """The intercept at which a rate that rises with it is reached."""
    return float(bisect(lambda at: rate_at(at) - rate, -LOGIT_RANGE, LOGIT_RANGE, xtol=1e-9))
