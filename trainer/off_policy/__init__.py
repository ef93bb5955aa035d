"""What another policy would have earned, from logged impressions and their propensities.

Dimensions: R impressions, P pages, A items.
"""

from trainer.off_policy.column_policy import ColumnPolicy
from trainer.off_policy.doubly_robust import DoublyRobust
from trainer.off_policy.estimate import Estimate
from trainer.off_policy.estimator import Estimator
from trainer.off_policy.evaluation import OffPolicy, evaluate_policy
from trainer.off_policy.given_policy import GivenPolicy
from trainer.off_policy.importance_weights import ImportanceWeights
from trainer.off_policy.ips import InversePropensity
from trainer.off_policy.item_share_policy import ItemSharePolicy
from trainer.off_policy.logged_impressions import LoggedImpressions
from trainer.off_policy.modelled_clicks import ModelledClicks
from trainer.off_policy.snips import SelfNormalised
from trainer.off_policy.switch_doubly_robust import SwitchDoublyRobust
from trainer.off_policy.target_policy import Spread, TargetPolicy
from trainer.off_policy.uniform_policy import UniformPolicy

__all__ = [
    "ColumnPolicy",
    "DoublyRobust",
    "Estimate",
    "Estimator",
    "GivenPolicy",
    "ImportanceWeights",
    "InversePropensity",
    "ItemSharePolicy",
    "LoggedImpressions",
    "ModelledClicks",
    "OffPolicy",
    "SelfNormalised",
    "Spread",
    "SwitchDoublyRobust",
    "TargetPolicy",
    "UniformPolicy",
    "evaluate_policy",
]
