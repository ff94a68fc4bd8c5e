"""Typed criteria over the facts of the vocabulary, and their three-valued outcome: an unknown fact never fails."""

from __future__ import annotations

import operator as compare
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FactType, Kind, Unit, encode, fact_type


class Operator(StrEnum):
    GE = "GE"
    LE = "LE"
    EQ = "EQ"
    NE = "NE"
    IN = "IN"
    NOT_IN = "NOT_IN"


class Disclosure(StrEnum):
    """Who may see a rule: everyone, everyone its reason code only, nobody outside the bank."""

    PUBLIC = "PUBLIC"
    REASON_CODE = "REASON_CODE"
    CONFIDENTIAL = "CONFIDENTIAL"


class Outcome(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


# An integer rule is always one interval, a code rule always one set: the index of matching relies on it. Codes have an
# order for display only: M is no better and no worse than C, so they have no GE and LE.
FITTING: Mapping[Kind, tuple[Operator, ...]] = MappingProxyType(
    {
        Kind.INTEGER: (Operator.GE, Operator.LE, Operator.EQ),
        Kind.BOOLEAN: (Operator.EQ, Operator.NE),
        Kind.CODE: (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN),
    }
)
_SETS = (Operator.IN, Operator.NOT_IN)
_COMPARE: Mapping[Operator, Callable[[int, int], bool]] = MappingProxyType(
    {Operator.GE: compare.ge, Operator.LE: compare.le, Operator.EQ: compare.eq, Operator.NE: compare.ne}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion(Shape):
    """One rule of a product: `fact operator values`. `hard` rules exclude, soft ones only lower the rank.

    `values` are texts as the vocabulary types them: one, or the set of IN and NOT_IN. `message` says the rule to the
    firm in Chinese. `unit`, where it is given, says how the writer understood the values: it must be the fact's own.
    Violation on `fact`, `operator`, `values` or `unit` when they do not fit together.
    """

    fact: str
    operator: Operator
    values: tuple[str, ...]
    hard: bool = True
    message: str = ""
    disclosure: Disclosure = Disclosure.PUBLIC
    unit: Unit | None = None

    def __post_init__(self) -> None:
        kind = fact_type(self.fact)
        _check_fact(kind)
        _check_unit(kind, self.unit)
        _check_operator(kind, self.operator)
        _check_values(kind, self.operator, self.values)


def _check_fact(kind: FactType) -> None:
    if not kind.criteria:
        mend = (
            f"State it in `{kind.instead}`." if kind.instead else "It is for scorecards alone: leave it out."
        )
        raise Violation("fact", f"{kind.name} is no fact for criteria.", mend)


def _check_unit(kind: FactType, unit: Unit | None) -> None:
    if unit is not None and unit is not kind.unit:
        mend = f"Give the values in {kind.unit}, and that unit." if kind.unit else "Leave the unit out."
        raise Violation("unit", f"{kind.name} is not counted in {unit}.", mend)


def _check_operator(kind: FactType, operator: Operator) -> None:
    fitting = FITTING[kind.kind]
    if operator not in fitting:
        reason = f"{operator} does not fit {kind.name}, which is of kind {kind.kind.lower()}."
        raise Violation("operator", reason, f"Use one of {', '.join(fitting)}.")


def _check_values(kind: FactType, operator: Operator, values: tuple[str, ...]) -> None:
    if operator in _SETS:
        _check_set(values)
    elif len(values) != 1:
        raise Violation("values", f"{operator} takes one value, not {len(values)}.", "Give exactly one.")
    for at, text in enumerate(values):
        try:
            encode(kind.name, text)
        except Violation as wrong:
            raise Violation(f"values/{at}", wrong.message, wrong.mend) from None


def _check_set(values: tuple[str, ...]) -> None:
    if not values:
        raise Violation("values", "The set is empty.", "Give at least one value.")
    if len(set(values)) != len(values):
        raise Violation("values", "A value is there twice.", "Give each value once.")


def evaluate(criterion: Criterion, value: int | bool | str | None) -> Outcome:
    """PASS or FAIL, or UNKNOWN when `value` is None. A string is the fact's text, as a party file holds it.

    Violation on `value` when it is no value of the criterion's fact.
    """
    if value is None:
        return Outcome.UNKNOWN
    held = integer_form(criterion.fact, value)
    wanted = [encode(criterion.fact, text) for text in criterion.values]
    return Outcome.PASS if _holds(criterion.operator, held, wanted) else Outcome.FAIL


def _holds(operator: Operator, held: int, wanted: list[int]) -> bool:
    if operator in _SETS:
        return (held in wanted) is (operator is Operator.IN)
    return _COMPARE[operator](held, wanted[0])


def integer_form(fact: str, value: int | bool | str) -> int:
    """A value as the integer that columns hold: text through `encode`, an integer and a truth value as they are."""
    if isinstance(value, str):
        return encode(fact, value)
    right = bool if fact_type(fact).kind is Kind.BOOLEAN else int
    if type(value) is not right or fact_type(fact).kind is Kind.CODE:
        raise Violation(
            "value", f"{value!r} is no value of {fact}.", "Give its text, or the right Python type."
        )
    return int(value)


def all_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Three-valued and (Kleene): one FAIL fails, else one UNKNOWN leaves it open. Of nothing: PASS."""
    return _strongest(outcomes, Outcome.FAIL, Outcome.PASS)


def any_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Three-valued or (Kleene): one PASS passes, else one UNKNOWN leaves it open. Of nothing: FAIL."""
    return _strongest(outcomes, Outcome.PASS, Outcome.FAIL)


def _strongest(outcomes: Iterable[Outcome], decides: Outcome, otherwise: Outcome) -> Outcome:
    found = otherwise
    for outcome in outcomes:
        if outcome is decides:
            return decides
        if outcome is Outcome.UNKNOWN:
            found = outcome
    return found
