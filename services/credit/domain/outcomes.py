"""What became of loans, so that scores given before can be judged. Only pseudonyms.

A loan is in default from the first of these days: 90 days past due, classed substandard or worse, claimed from its
guarantor, written off. A score is judged once its whole horizon is over, by what happened inside it and nothing later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from libs.criteria.shape import Shape
from libs.finance.daycount import add_months

DEFAULT_AFTER = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanOutcome(Shape):
    """The worst that is known of a loan: the first day of each. `past_due_since`: while it is past due."""

    loan_id: str
    firm_key: str
    disbursed_on: date
    past_due_since: date | None = None
    past_due_90_on: date | None = None
    classed_on: date | None = None
    claimed_on: date | None = None
    written_off_on: date | None = None
    settled_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanNews(Shape):
    """One change of a loan, as lending tells it."""

    loan_id: str
    firm_key: str
    on: date
    past_due_since: date | None = None
    substandard: bool = False
    claimed: bool = False
    written_off: bool = False
    settled: bool = False


def followed(before: LoanOutcome | None, news: LoanNews) -> LoanOutcome:
    known = before or LoanOutcome(loan_id=news.loan_id, firm_key=news.firm_key, disbursed_on=news.on)
    return replace(
        known,
        past_due_since=news.past_due_since,
        past_due_90_on=_first(
            known.past_due_90_on, _reached(known.past_due_since or news.past_due_since, news.on)
        ),
        classed_on=_first(known.classed_on, news.on if news.substandard else None),
        claimed_on=_first(known.claimed_on, news.on if news.claimed else None),
        written_off_on=_first(known.written_off_on, news.on if news.written_off else None),
        settled_on=_first(known.settled_on, news.on if news.settled else None),
    )


def default_on(outcome: LoanOutcome, until: date) -> date | None:
    """The day from which the loan was in default, as far as it came by a day."""
    reached = _reached(outcome.past_due_since, until)
    days = (outcome.past_due_90_on, reached, outcome.classed_on, outcome.claimed_on, outcome.written_off_on)
    return min((day for day in days if day is not None and day <= until), default=None)


def label(given_on: date, loans: Iterable[LoanOutcome], months: int, today: date) -> bool | None:
    """Whether the firm went into default within `months` after a score of `given_on`. None: the time is not over, it
    had no loan, or it was in default already."""
    ends = add_months(given_on, months)
    alive = [loan for loan in loans if _lives(loan, given_on, ends)]
    if ends > today or not alive:
        return None
    days = [default_on(loan, ends) for loan in alive]
    if any(day is not None and day <= given_on for day in days):
        return None
    return any(day is not None for day in days)


def _lives(loan: LoanOutcome, start: date, end: date) -> bool:
    return loan.disbursed_on <= end and (loan.settled_on is None or loan.settled_on > start)


def _reached(since: date | None, until: date) -> date | None:
    return since + DEFAULT_AFTER if since is not None and since + DEFAULT_AFTER <= until else None


def _first(known: date | None, told: date | None) -> date | None:
    return told if known is None else known
