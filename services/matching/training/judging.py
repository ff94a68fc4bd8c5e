"""Models of likelihood, judged on decisions that are later than those they were made of."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false
# (the libraries that learn carry no types)

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

from libs.judging.figures import Figures, figures
from services.matching.domain.decision import Decision
from services.matching.domain.features import Features, Security
from services.matching.domain.learning import Learning
from services.matching.domain.likelihood import LikelihoodModel, likelihood_ppm, model_logit
from services.matching.training.design import Floats, outcomes
from services.matching.training.regression import SEED, THOUSAND, fit

Told = Callable[[Sequence[Decision]], Floats]
"""Decisions -> the probability of a yes."""

_PPM, _Z = 1_000_000, 1.96
_BOOSTED = 60  # rounds
_MONOTONE = [1, 1, -1, -1, 0, 0, 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`log_loss_less`: by how much its log loss is under that of the model in force, with a 95 % interval."""

    figures: Figures
    log_loss: float
    log_loss_less: tuple[float, float, float]

    def plain(self) -> dict[str, float | list[float]]:
        less = [round(one, 6) for one in self.log_loss_less]
        return {**self.figures.plain(), "log_loss": round(self.log_loss, 6), "log_loss_less": less}


def split(decisions: Sequence[Decision], learning: Learning) -> tuple[list[Decision], list[Decision]]:
    """The earlier and the later ones; all of one day on one side."""
    ordered = sorted(decisions, key=lambda one: (str(one.decided_on), one.application))
    first = ordered[len(ordered) * (10_000 - learning.later_bp) // 10_000].decided_on
    return (
        [one for one in ordered if str(one.decided_on) < str(first)],
        [one for one in ordered if str(one.decided_on) >= str(first)],
    )


def judge(
    earlier: Sequence[Decision], later: Sequence[Decision], in_force: LikelihoodModel, learning: Learning
) -> Mapping[str, Judged]:
    """The regression and its challenger, made of the earlier, and what is in force: on the later."""
    outcome = outcomes(later)
    told = {
        "learned": fit(earlier, learning).probability(later),
        "challenger": boosted(earlier)(later),
        "in force": served(in_force)(later),
    }
    base = _losses(outcome, told["in force"])
    return {name: _judged(outcome, one, base) for name, one in told.items()}


def served(model: LikelihoodModel) -> Told:
    """As the platform would have told it, in whole numbers; not yet in bands."""
    return lambda decisions: expit(np.array([_logit(model, one) for one in decisions]) / THOUSAND)


def shown(model: LikelihoodModel) -> Told:
    """As it is shown: the middle of a band of five points."""
    return lambda decisions: np.array([likelihood_ppm(_logit(model, one)) for one in decisions]) / _PPM


def boosted(decisions: Sequence[Decision]) -> Told:
    """A boosting that is monotone where the regression is. It never answers anybody."""
    model = HistGradientBoostingClassifier(
        max_iter=_BOOSTED, max_depth=3, learning_rate=0.1, monotonic_cst=_MONOTONE, random_state=SEED
    )
    model.fit(_columns(decisions), outcomes(decisions))
    return lambda wanted: model.predict_proba(_columns(wanted))[:, 1]


def _logit(model: LikelihoodModel, decision: Decision) -> int:
    return model_logit(model, decision.features, decision.bank, decision.product)


def _columns(decisions: Sequence[Decision]) -> Floats:
    return np.array([_row(one.features) for one in decisions], dtype=float)


def _row(one: Features) -> list[float]:
    secured = [one.security is wanted for wanted in Security if wanted is not Security.UNSECURED]
    score = np.nan if one.score is None else one.score
    return [score, one.years, one.soft, one.unknown, *secured]


def _judged(outcome: NDArray[np.int8], told: Floats, base: Floats) -> Judged:
    losses = _losses(outcome, told)
    less = base - losses
    mean, error = float(less.mean()), _Z * float(less.std(ddof=1)) / sqrt(len(less))
    return Judged(
        figures=figures(outcome, told),
        log_loss=float(log_loss(outcome, told)),
        log_loss_less=(mean, mean - error, mean + error),
    )


def _losses(outcome: NDArray[np.int8], told: Floats) -> Floats:
    right = np.where(outcome == 1, told, 1 - told)
    return -np.log(np.clip(right, 1e-9, 1))
