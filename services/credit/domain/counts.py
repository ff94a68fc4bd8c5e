"""What dated records add up to: one definition each. A stopped record counts nowhere, on no day."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from libs.finance.daycount import add_months
from libs.finance.money import BP, half_up
from services.credit.domain.records import Record, RecordKind
from services.credit.domain.series import Counted
from services.credit.domain.sources import Source

WINDOW_MONTHS = 24

Stops = Mapping[RecordKind, date]
"""Of which kinds a record was stopped, and on which day last."""


def in_24m(records: Sequence[Record], as_of: date) -> int:
    """Records whose document is of the 24 months up to and including the day."""
    since = add_months(as_of, -WINDOW_MONTHS)
    return sum(since < record.dated_on <= as_of for record in records)


def stands(records: Sequence[Record], as_of: date) -> bool:
    return bool(_open(records, as_of))


def ever(records: Sequence[Record], as_of: date) -> bool | None:
    """True where there is one; that none was delivered does not say that there is none."""
    return True if records else None


def institutions(records: Sequence[Record], as_of: date) -> int:
    return len({record.institution for record in _open(records, as_of)})


def balance(records: Sequence[Record], as_of: date) -> int:
    return sum(record.balance_fen or 0 for record in _open(records, as_of))


def used_share(records: Sequence[Record], as_of: date) -> int | None:
    """What is drawn of the lines that stand, in basis points."""
    granted = sum(record.amount_fen or 0 for record in _open(records, as_of))
    return half_up(balance(records, as_of) * BP, granted) if granted else None


Definition = Callable[[Sequence[Record], date], int | bool | None]

# The one table: fact of the vocabulary (which holds unit and words) -> the records it is made of, and how.
RECORD_FACTS: dict[str, tuple[RecordKind, Definition]] = {
    "penalties_24m": (RecordKind.PENALTY, in_24m),
    "court_cases_24m": (RecordKind.COURT_CASE, in_24m),
    "judgment_defaulter": (RecordKind.JUDGMENT_DEFAULTER, stands),
    "abnormal_list": (RecordKind.ABNORMAL_LISTING, stands),
    "serious_violation": (RecordKind.SERIOUS_VIOLATION, stands),
    "bank_loan_record": (RecordKind.LOAN, ever),
    "lending_banks": (RecordKind.LOAN, institutions),
    "loan_balance_fen": (RecordKind.LOAN, balance),
    "credit_used_bp": (RecordKind.CREDIT_LINE, used_share),
    "past_due_now": (RecordKind.PAST_DUE, stands),
    "past_dues_24m": (RecordKind.PAST_DUE, in_24m),
}


def counted_from_records(records: Sequence[Record], stops: Stops, as_of: date) -> tuple[Counted, ...]:
    """Of each kind that was delivered. What a firm says of itself counts only where no office has spoken. The day on
    which a record was stopped is one of observation: an older total that still holds it counts no more."""
    facts: list[Counted] = []
    for fact, (kind, define) in RECORD_FACTS.items():
        told = _told(records, kind)
        value = define(told, as_of) if told or kind in stops else None
        if value is not None:
            days = [record.observed_on for record in told] + ([stops[kind]] if kind in stops else [])
            source = max(told, key=lambda record: record.observed_on).source if told else Source.DATA_SHARING
            facts.append(Counted(fact=fact, value=value, observed_on=min(max(days), as_of), source=source))
    return tuple(facts)


def _told(records: Sequence[Record], kind: RecordKind) -> list[Record]:
    told = [record for record in records if record.kind is kind]
    offices = [record for record in told if record.source is not Source.SELF_DECLARED]
    return offices or told


def _open(records: Sequence[Record], as_of: date) -> list[Record]:
    return [record for record in records if record.ended_on is None or record.ended_on > as_of]


def change_days(records: Sequence[Record]) -> list[date]:
    """Days on which a count may change by itself: a record leaves its window, or what ended is over."""
    leaves = [add_months(record.dated_on, WINDOW_MONTHS) for record in records]
    ends = [record.ended_on for record in records if record.ended_on is not None]
    return [*leaves, *(day + timedelta(days=1) for day in leaves), *ends]
