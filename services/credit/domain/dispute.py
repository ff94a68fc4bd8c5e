"""Disputes: the firm says that a fact or an adverse item of its file is wrong. Until it is decided, everybody who may
see it sees that it is disputed (征信业管理条例 第二十五条).
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.credit.domain.facts import Source
from services.credit.domain.repair import check_evidence, check_reason

RULE = "征信业管理条例 第二十五条"


class DisputeStatus(StrEnum):
    OPEN = "OPEN"
    CORRECTED = "CORRECTED"
    KEPT = "KEPT"
    OBSOLETE = "OBSOLETE"
    """The item stopped for another cause before anybody decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactAt(Shape):
    """Which word about a fact: whose, and of which day."""

    fact: str
    source: Source
    observed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDispute(Shape):
    """Either `record_id`, an adverse item, or `fact`. `evidence`: ids of documents of the file."""

    record_id: str | None = None
    fact: FactAt | None = None
    claim: str
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.record_id is None) is (self.fact is None):
            raise Violation("record_id", "One thing is disputed at a time.", "Give `record_id` or `fact`.")
        check_reason(self.claim, "claim")
        check_evidence(self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Shape):
    """`corrected` False: it is right as it stands. `value`: what a corrected fact really was; None: it is stopped."""

    corrected: bool
    reason: str
    value: str | None = None

    def __post_init__(self) -> None:
        check_reason(self.reason)
        if self.value is not None and not self.corrected:
            raise Violation("value", "What is kept has no other value.", "Leave it out.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Shape):
    """The firm's own words, which stay beside the item; empty: taken back."""

    text: str

    def __post_init__(self) -> None:
        if self.text:
            check_reason(self.text, "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(Shape):
    id: str
    party: str
    record_id: str | None
    fact: FactAt | None
    claim: str
    evidence: tuple[str, ...]
    status: DisputeStatus
    opened_on: date
    decide_by: date
    decided_on: date | None = None
    reason: str | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputePage(Shape):
    items: tuple[Dispute, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Shape):
    """What stands beside an item for everybody who may see it."""

    disputed: bool = False
    statement: str | None = None


NO_MARK = Mark()


def decide_by(opened_on: date, days: int) -> date:
    """The last day to decide: 20 days from the day after."""
    return opened_on + timedelta(days=days)


def decided(dispute: Dispute, verdict: Verdict, today: date) -> Dispute:
    status = DisputeStatus.CORRECTED if verdict.corrected else DisputeStatus.KEPT
    return replace(dispute, status=status, decided_on=today, reason=verdict.reason)


def mark_of(dispute: Dispute) -> Mark:
    return Mark(disputed=dispute.status is DisputeStatus.OPEN, statement=dispute.statement)
