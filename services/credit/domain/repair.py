"""Credit repair: from which day an adverse item may be repaired, and on which it stops by itself.

The numbers are dated policy (policies/credit/repair.yaml). An application is judged by the rule in force on the day on
which it is made, a stop by itself by the rule in force on the day of the stop. All periods run from the day on which
the judicial or administrative document was made, that day counted, and are over on the corresponding day of the month:
3 months from 2026-01-15 are over on 2026-04-15, from 2025-11-30 on 2026-02-28.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from libs.registry import workdays
from services.credit.domain.records import Severity

LONGEST_REASON = 500
MOST_EVIDENCE = 20

_DAY = timedelta(days=1)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOCUMENT = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period(Shape):
    """`least_months` before anybody may apply; at `most_months` the item stops by itself (None: never)."""

    least_months: int
    most_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRule(Shape):
    """How one kind of item is repaired. `special`: food, drugs, special equipment, work safety and fire, where the
    rule sets them apart. `from_correction`: the days to decide run from the correction, not from the application.
    """

    severities: Mapping[Severity, Period]
    special: Period | None = None
    decide_workdays: int
    from_correction: bool = False
    source: str = ""

    def period(self, severity: Severity, special: bool = False) -> Period:
        return self.special if special and self.special is not None else self.severities[severity]


class RepairStatus(StrEnum):
    APPLIED = "APPLIED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    OBSOLETE = "OBSOLETE"
    """The item stopped before anybody decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRepair(Shape):
    """`evidence`: ids of documents of the file; `commitment_hash`: SHA-256 of the commitment that the firm made public;
    `corrected_on`: when it had put right what was wrong and met every duty."""

    record_id: str
    evidence: tuple[str, ...]
    commitment_hash: str
    corrected_on: date

    def __post_init__(self) -> None:
        check_evidence(self.evidence)
        if not self.evidence:
            raise Violation(
                "evidence", "Nothing shows the correction.", "Name documents of the file by their ids."
            )
        if not _SHA256.fullmatch(self.commitment_hash):
            mend = "Give the 64 hexadecimal digits of the commitment that was made public."
            raise Violation("commitment_hash", "This is no SHA-256.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Shape):
    accepted: bool
    reason: str

    def __post_init__(self) -> None:
        check_reason(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair(Shape):
    """`rule`: the document by which it was judged. `decide_by`: a working day."""

    id: str
    party: str
    record_id: str
    evidence: tuple[str, ...]
    commitment_hash: str
    corrected_on: date
    status: RepairStatus
    rule: str
    applied_on: date
    decide_by: date
    decided_on: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPage(Shape):
    items: tuple[Repair, ...]
    next_cursor: str | None = None


def earliest_day(rule: RepairRule, severity: Severity, made_on: date, special: bool = False) -> date:
    """The first day on which the item's repair may be applied for."""
    return add_months(made_on, rule.period(severity, special).least_months)


def stop_day(rule: RepairRule, severity: Severity, made_on: date, special: bool = False) -> date | None:
    """The day on which the item stops by itself; None: it stays until somebody decides."""
    months = rule.period(severity, special).most_months
    return None if months is None else add_months(made_on, months)


def check_application(
    rule: RepairRule, new: NewRepair, severity: Severity, made_on: date, today: date
) -> None:
    """Violation that names the day, where it is too early."""
    if not made_on <= new.corrected_on <= today:
        mend = f"Give the day of the correction, from {made_on} to {today}."
        raise Violation("corrected_on", f"Nothing was put right on {new.corrected_on}.", mend, rule.source)
    first = earliest_day(rule, severity, made_on)
    if today < first:
        message = f"The item of {made_on} may be repaired from {first} on."
        raise Violation("record_id", message, f"Apply on {first} or later.", rule.source)


def made_until(rule: RepairRule, severity: Severity, today: date) -> date | None:
    """The latest document whose item stops by itself today or has stopped; None where none does."""
    months = rule.period(severity).most_months
    if months is None:
        return None
    day = add_months(today, -months)
    while add_months(day + _DAY, months) <= today:  # month ends: several days have one corresponding day
        day += _DAY
    return day


def decide_by(rule: RepairRule, applied_on: date, corrected_on: date) -> date:
    """The last day to decide; never before the application itself."""
    since = corrected_on if rule.from_correction else applied_on
    return max(applied_on, workdays.after(since, rule.decide_workdays))


def decided(repair: Repair, decision: Decision, today: date) -> Repair:
    status = RepairStatus.ACCEPTED if decision.accepted else RepairStatus.REFUSED
    return replace(repair, status=status, decided_on=today, reason=decision.reason)


def check_reason(reason: str, field: str = "reason") -> None:
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Violation(field, "It is empty or too long.", f"Give 1 to {LONGEST_REASON} characters.")


def check_evidence(evidence: tuple[str, ...]) -> None:
    if len(evidence) > MOST_EVIDENCE:
        raise Violation("evidence", "These are too many.", f"Name at most {MOST_EVIDENCE} documents.")
    for at, document in enumerate(evidence):
        if not _DOCUMENT.fullmatch(document) or document in evidence[:at]:
            mend = "Give the id of each document once."
            raise Violation(f"evidence/{at}", "This is no document's id, or it stands twice.", mend)
