"""From how much the likelihood may be learned, and how far it may be bent: the records of policies/matching."""

from dataclasses import dataclass

from libs.criteria.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning(Shape):
    """`later_bp`: the latest decisions that judge a model made of the earlier ones. `spread_most`: of weights, the
    standard deviation in thousandths of a logit."""

    least_decisions: int
    least_of_outcome: int
    least_of_weight: int
    later_bp: int
    spread_most: int
    smallest_group: int
    features_kept_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration(Shape):
    """Of `LikelihoodModel.explore`."""

    explore_ppm: int
    explore_half: int
