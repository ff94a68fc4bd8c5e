"""A scorecard made ready to answer: bounds to bisect, codes to look up, no array library. Microseconds an answer.

The one evaluator: of the online score, of the bulk run, of reasons and counterfactuals.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp

from libs.criteria.violation import Violation
from services.credit.domain.card import Bin, Card, CardKind, Scale, Variable

PPM = 1_000_000

Value = str | float | int | None
Find = Callable[[Value], int]  # a value -> the place of its answer in `Variable.answers`


@dataclass(frozen=True, slots=True)
class Answer:
    """`log_odds` of default before calibration and `pd` after it: None on an expert card. `bins`: of each variable
    the place of its answer in `Variable.answers`."""

    points: int
    log_odds: float | None
    pd: float | None
    bins: tuple[int, ...]

    @property
    def pd_ppm(self) -> int | None:
        return None if self.pd is None else round(self.pd * PPM)


@dataclass(frozen=True, slots=True)
class Compiled:
    card: Card
    finders: tuple[tuple[str, Find], ...]
    answers: tuple[tuple[Bin, ...], ...]
    best: tuple[int, ...]
    points: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[float, ...], ...]

    def answer(self, values: Mapping[str, Value]) -> Answer:
        """What the card says to `values` by fact; one that is not there, None or NaN counts as missing."""
        bins = tuple([find(values.get(fact)) for fact, find in self.finders])
        points = self.card.start
        for place, worth in zip(bins, self.points, strict=True):
            points += worth[place]
        log_odds = self._log_odds(bins)
        return Answer(max(0, points), log_odds, None if log_odds is None else self._pd(log_odds), bins)

    def _log_odds(self, bins: tuple[int, ...]) -> float | None:
        if self.card.intercept is None:
            return None
        log_odds = self.card.intercept
        for place, weights in zip(bins, self.weights, strict=True):
            log_odds += weights[place]
        return log_odds

    def _pd(self, log_odds: float) -> float:
        calibration = self.card.calibration
        return sigmoid(calibration.slope * log_odds + calibration.intercept if calibration else log_odds)


def compile_card(card: Card) -> Compiled:
    """Worth keeping: what asks often keeps it by the card's hash."""
    learned = card.kind is CardKind.LEARNED
    return Compiled(
        card=card,
        finders=tuple((variable.fact, _find(variable)) for variable in card.variables),
        answers=tuple(variable.answers for variable in card.variables),
        best=tuple(variable.best_points for variable in card.variables),
        points=tuple(tuple(one.points for one in variable.answers) for variable in card.variables),
        weights=tuple(tuple(one.weight or 0.0 for one in variable.answers) for variable in card.variables)
        if learned
        else (),
    )


def sigmoid(log_odds: float) -> float:
    """Never overflows, whatever the sign."""
    if log_odds >= 0:
        return 1.0 / (1.0 + exp(-log_odds))
    odds = exp(log_odds)
    return odds / (1.0 + odds)


def _find(variable: Variable) -> Find:
    return (_find_number if variable.scale is Scale.NUMBER else _find_code)(variable)


def _find_number(variable: Variable) -> Find:
    bounds = [answer.below for answer in variable.bins if answer.below is not None]
    special = {float(value): place for place, value in _places(variable.special, len(variable.bins))}
    missing = _missing(variable)

    def find(value: Value) -> int:
        if value is None:
            return missing
        number = value if isinstance(value, float) else _number(variable.fact, value)
        if number != number:  # NaN
            return missing
        if special and number in special:
            return special[number]
        return bisect_right(bounds, number)

    return find


def _find_code(variable: Variable) -> Find:
    codes = {value: place for place, value in _places(variable.bins, 0)}
    codes |= {value: place for place, value in _places(variable.special, len(variable.bins))}
    missing = _missing(variable)
    other = missing + 1 if variable.other else missing

    def find(value: Value) -> int:
        if value is None or value != value:
            return missing
        return codes.get(value if isinstance(value, str) else _code(value), other)

    return find


def _places(answers: tuple[Bin, ...], before: int) -> list[tuple[int, str]]:
    return [(place, value) for place, answer in enumerate(answers, before) for value in answer.values]


def _missing(variable: Variable) -> int:
    return len(variable.bins) + len(variable.special)


def _number(fact: str, value: str | int) -> float:
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise Violation(fact, f"`{value!s:.40}` is no number.", "Give digits.") from error


def _code(value: float | int) -> str:
    """As the vocabulary and the files of training data write codes: `true`, `3`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if float(value).is_integer() else str(value)
