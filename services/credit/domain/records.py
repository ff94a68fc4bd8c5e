"""Dated records about a party: penalties, court cases, listings, credit lines, loans. Each is one thing by kind and
reference; what is said of it is only ever added, and it is used until it is stopped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.persons import check_opaque
from services.credit.domain.sources import Source, Weight, weight


class RecordKind(StrEnum):
    PENALTY = "PENALTY"
    COURT_CASE = "COURT_CASE"
    """As defendant."""
    JUDGMENT_DEFAULTER = "JUDGMENT_DEFAULTER"
    ABNORMAL_LISTING = "ABNORMAL_LISTING"
    SERIOUS_VIOLATION = "SERIOUS_VIOLATION"
    CREDIT_LINE = "CREDIT_LINE"
    LOAN = "LOAN"
    PAST_DUE = "PAST_DUE"
    """A debt to a bank that was not paid in time; ends when it was."""


class Severity(StrEnum):
    MINOR = "MINOR"
    GENERAL = "GENERAL"
    SERIOUS = "SERIOUS"


class RecordState(StrEnum):
    IN_USE = "IN_USE"
    DISPUTED = "DISPUTED"
    """In use, and shown as disputed."""
    STOPPED = "STOPPED"
    """No view, score, cache or summary uses it; only the restricted audit sees it."""


OWN_WORD = (RecordKind.CREDIT_LINE, RecordKind.LOAN)
"""What a firm may say of itself."""

_AMOUNTS = (RecordKind.CREDIT_LINE, RecordKind.LOAN)
_OF_THE_CREDIT_RECORD = (*_AMOUNTS, RecordKind.PAST_DUE)


def scope_of(kind: RecordKind) -> str:
    """The group of the vocabulary that opens it."""
    return "credit_record" if kind in _OF_THE_CREDIT_RECORD else "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord(Shape):
    """`reference`: the number of the document, case, listing or contract. `dated_on`: the day of the judicial or
    administrative document, or on which line, loan or delay began; `ended_on`: the first day on which it no longer
    holds. Lines and loans say their `amount_fen`, what is drawn or owed (`balance_fen`) and the `institution`."""

    kind: RecordKind
    reference: str
    dated_on: date
    ended_on: date | None = None
    severity: Severity | None = None
    amount_fen: int | None = None
    balance_fen: int | None = None
    institution: str | None = None
    source: Source | None = None
    observed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecords(Shape):
    records: tuple[NewRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Shape):
    """What counts of a record, as one source said it last. `state_changed_at`: None while it was never in question."""

    id: str
    party: str
    kind: RecordKind
    reference: str
    dated_on: date
    ended_on: date | None = None
    severity: Severity | None = None
    amount_fen: int | None = None
    balance_fen: int | None = None
    institution: str | None = None
    source: Source
    observed_on: date
    recorded_at: datetime
    state: RecordState
    state_changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNote(Shape):
    """The firm's own words about a record that it disputed."""

    record_id: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList(Shape):
    """Records as one reader may see them. `not_authorised`: kinds that no consent opens, whether or not there are
    any."""

    items: tuple[Record, ...]
    not_authorised: tuple[RecordKind, ...] = ()
    notes: tuple[RecordNote, ...] = ()


def check_record(new: NewRecord, today: date) -> None:
    """Violation for a record that says too little, or of a day to come."""
    if not 0 < len(new.reference.strip()) <= 64:
        raise Violation("reference", "The reference is empty or too long.", "Give 1 to 64 characters.")
    check_opaque("reference", new.reference)
    if new.dated_on > new.observed_on or new.observed_on > today:
        raise Violation(
            "observed_on",
            f"{new.observed_on} is before the document of {new.dated_on}, or still to come.",
            "Give the day of which it was true.",
        )
    if new.ended_on is not None and not new.dated_on <= new.ended_on <= today:
        raise Violation("ended_on", f"It cannot have ended on {new.ended_on}.", "Mend the date.")
    _check_severity(new)
    _check_amounts(new)


def _check_severity(new: NewRecord) -> None:
    if new.kind is RecordKind.PENALTY and new.severity is None:
        raise Violation(
            "severity",
            "A penalty is minor, general or serious.",
            "Copy it from the decision: MINOR, GENERAL or SERIOUS.",
            "信用修复管理办法",
        )
    if new.severity is not None and scope_of(new.kind) != "public":
        raise Violation("severity", f"A {new.kind} has no severity.", "Leave it out.")


def _check_amounts(new: NewRecord) -> None:
    for field in ("amount_fen", "balance_fen", "institution"):
        if new.kind in _AMOUNTS and getattr(new, field) is None:
            raise Violation(field, f"A {new.kind} says its {field}.", "Give it.")
    for field in ("amount_fen", "balance_fen"):
        value = getattr(new, field)
        if value is not None and not 0 <= value < 1 << 62:
            raise Violation(field, f"{value} fen is no amount.", "Give fen from 0.")
    if new.institution is not None:
        if not 0 < len(new.institution.strip()) <= 64:
            raise Violation("institution", "It is empty or too long.", "Give 1 to 64 characters.")
        check_opaque("institution", new.institution)


def counting(said: Iterable[Record], as_of: date | None, known: datetime | None) -> tuple[Record, ...]:
    """Of each record what counts on a day, as far as it was `known` by an instant; in the order of their ids."""
    found: dict[str, Record] = {}
    for record in said:
        late = as_of is not None and max(record.observed_on, record.dated_on) > as_of
        if late or (known is not None and record.recorded_at > known):
            continue
        before = found.get(record.id)
        if before is None or _weight(record) >= _weight(before):
            found[record.id] = record
    return tuple(found[record] for record in sorted(found))


def _weight(record: Record) -> Weight:
    return weight(record.source, record.observed_on, record.recorded_at)
