"""Whose answers somebody may see, and how much of them: a firm its own, a service centre those of its territory.

What a firm's own values are stands in no answer of a service centre: rules are shown to it as far as banks show them,
without the value that fails them, and without a bank's waivers. Whether the firm sits beside it cannot be seen from
here; its own account shows all.
"""

from dataclasses import is_dataclass, replace
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from libs.registry.regions import within
from services.matching.domain.answer import Condition, Reason
from services.matching.domain.changes import words
from services.matching.domain.changes.counterfactual import Way
from services.matching.domain.reasons import WAIVER, without_value

T = TypeVar("T")

ASKERS = (Role.SME, Role.SERVICE_CENTRE, Role.SERVICE)


def is_of(by: Principal, party: str, county: str) -> bool:
    """Whether the party is one for which these people may speak."""
    if by.role is Role.SME:
        return by.organisation == party
    return by.role is not Role.SERVICE_CENTRE or within(county, by.territory)


def require_answer_of(by: Principal, party: str, county: str, match_id: str) -> None:
    """NotFound, as if there were no such answer, for who may not see it."""
    if not is_of(by, party, county):
        raise NotFound(f"There is no match {match_id}.", field="match_id")


def shown(by: Principal, answer: T) -> T:
    """An answer as these people see it."""
    return _without_values(answer) if by.role is Role.SERVICE_CENTRE else answer


def _is_of_a_waiver(value: Any) -> bool:
    """What a bank makes an exception of is between it and the firm."""
    return isinstance(value, Reason | Condition) and value.code == WAIVER


def _without_values(value: Any) -> Any:
    """Every reason in it, however deep, without the value that the firm has."""
    if isinstance(value, Reason):
        return without_value(value)
    if isinstance(value, Way):
        return words.without_value(value)
    if isinstance(value, tuple):
        parts = cast("tuple[Any, ...]", value)
        return tuple(_without_values(part) for part in parts if not _is_of_a_waiver(part))
    told = _told(value.__class__)
    return replace(value, **{name: _without_values(getattr(value, name)) for name in told}) if told else value


@cache
def _told(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a shape in which, however deep, it is told how the firm stands to a rule: few of many."""
    if not is_dataclass(kind):
        return ()
    return tuple(name for name, hint in get_type_hints(kind).items() if _tells(hint))


def _tells(hint: Any) -> bool:
    if not isinstance(hint, type):
        return any(map(_tells, get_args(hint)))
    return issubclass(hint, Reason | Way | Condition) or bool(_told(cast("type[Any]", hint)))
