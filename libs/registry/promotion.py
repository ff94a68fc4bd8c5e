"""Versions of something that decides about people, of which one is in force on a day.

A stored version never changes. Two people bring it into force, and two take it out of force; going back to an earlier
version is bringing it into force again. So the list of what was agreed is the history of what was said.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation


class VersionState(StrEnum):
    CANDIDATE = "CANDIDATE"
    SHADOW = "SHADOW"
    """Computed beside the version in force and kept; shown to nobody."""
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class VersionAction(StrEnum):
    PROMOTE = "PROMOTE"
    RETIRE = "RETIRE"


class VersionDecision(StrEnum):
    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersionProposal(Shape):
    action: VersionAction
    effective_on: date
    reason: str

    def __post_init__(self) -> None:
        if not 0 < len(self.reason.strip()) <= 500:
            raise Violation("reason", "The reason is empty or too long.", "Say why in 1 to 500 characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionVerdict(Shape):
    approve: bool


Key = tuple[str, int]  # id and version


class Proposal(Protocol):
    """`decided_by` is never who proposed, where it was approved."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> Key: ...
    @property
    def action(self) -> VersionAction: ...
    @property
    def effective_on(self) -> date: ...
    @property
    def proposed_by(self) -> str: ...
    @property
    def proposed_at(self) -> datetime: ...
    @property
    def decision(self) -> VersionDecision: ...
    @property
    def decided_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Registered:
    """What a register knows of a version without opening it. One version of each `segment` is in force at a time.
    `stage`: CANDIDATE, SHADOW or RETIRED, where nobody proposed anything."""

    key: Key
    segment: str
    sha256: str
    stage: VersionState


def in_force(
    versions: Sequence[Registered], proposals: Iterable[Proposal], day: date
) -> dict[str, Registered]:
    """By segment the version that is in force on a day."""
    known = {version.key: version for version in versions}
    found: dict[str, Registered] = {}
    for proposal in _approved(proposals, day):
        version = known[proposal.key]
        if proposal.action is VersionAction.PROMOTE:
            found[version.segment] = version
        elif found.get(version.segment) == version:
            del found[version.segment]
    return found


def state_of(
    version: Registered, versions: Sequence[Registered], proposals: Sequence[Proposal], day: date
) -> VersionState:
    if version in in_force(versions, proposals, day).values():
        return VersionState.ACTIVE
    served = any(one.key == version.key for one in _approved(proposals, day))
    return VersionState.RETIRED if served else version.stage


def _approved(proposals: Iterable[Proposal], day: date) -> list[Proposal]:
    agreed = [
        one for one in proposals if one.decision is VersionDecision.APPROVED and one.effective_on <= day
    ]
    return sorted(agreed, key=lambda one: (one.effective_on, one.decided_at or one.proposed_at))
