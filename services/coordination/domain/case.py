"""Cases: refused needs that the service centre of the county follows up (2021 opinions, paragraph 10)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.decline_reasons import DeclineReason, decline_reasons

_RESOLUTION_LENGTH = 1000


class Cause(StrEnum):
    """Why the need was refused; codes, as reason codes are."""

    NOT_MATCHED = "not_matched"
    NO_PLAN = "no_plan"
    ALL_DECLINED = "all_declined"


class CaseStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A need for which nothing was found, or which every bank that was asked declined."""

    cause: Cause
    reason_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Shape):
    """`advice`: what its reason codes mean and what the centre can do, for those that are known."""

    id: str
    request_id: str
    county: str
    cause: Cause
    reason_codes: tuple[str, ...]
    status: CaseStatus
    opened_at: datetime
    resolution: str | None = None
    advice: tuple[DeclineReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage(Shape):
    items: tuple[Case, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution(Shape):
    """How the centre helped, in words."""

    resolution: str

    def __post_init__(self) -> None:
        if not 0 < len(self.resolution.strip()) <= _RESOLUTION_LENGTH:
            mend = f"Say in 1 to {_RESOLUTION_LENGTH} characters what was done."
            raise Violation("resolution", "A case is not closed without a word, nor with too many.", mend)


def advised(case: Case) -> Case:
    known = decline_reasons()
    return replace(case, advice=tuple(known[code] for code in case.reason_codes if code in known))


def closed(case: Case, resolution: Resolution) -> Case:
    if case.status is not CaseStatus.OPEN:
        raise Violation("status", f"The case is {case.status}.", "Nothing to close.")
    return replace(case, status=CaseStatus.CLOSED, resolution=resolution.resolution)
