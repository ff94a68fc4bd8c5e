"""Extensions (展期): the same contract, a later day. Not renewals."""

from dataclasses import dataclass, replace
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from services.lending.domain.loan import Loan, LoanStatus, expect
from services.lending.domain.loan_plan import months_until

SOURCE = "贷款通则，第十二条"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Shape):
    """By how many months; `asked_on`: the day on which the firm asked for it."""

    months: int
    asked_on: date

    def __post_init__(self) -> None:
        if self.months < 1:
            raise Violation("months", f"An extension of {self.months} months is none.", "Give months from 1.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRules:
    """Terms up to `short_months` are short, up to `medium_months` medium. Parts in basis points of the term."""

    short_months: int
    medium_months: int
    short_bp: int
    medium_bp: int
    long_months: int


def most_months(term_months: int, rules: ExtensionRules) -> int:
    """By how many months a loan of this term may be extended, all extensions together."""
    if term_months <= rules.short_months:
        return term_months * rules.short_bp // 10_000
    if term_months <= rules.medium_months:
        return term_months * rules.medium_bp // 10_000
    return rules.long_months


def extended(loan: Loan, told: Extension, rules: ExtensionRules, today: date) -> Loan:
    """The loan with its later day; Violation where it was asked for too late, or for too long."""
    expect(loan, LoanStatus.ACTIVE, LoanStatus.PAST_DUE)
    if not loan.disbursed_on <= told.asked_on <= today:
        mend = f"Give a day from {loan.disbursed_on} to {today}."
        raise Violation("asked_on", f"{told.asked_on} is before the loan or to come.", mend)
    if max(told.asked_on, today) >= loan.matures_on:
        message = f"The loan falls due on {loan.matures_on}: an extension is asked for and told before."
        raise Violation("asked_on", message, "Report it as past due, or renew it.", SOURCE)
    first = loan.extended_from or loan.matures_on
    total = months_until(first, loan.matures_on) + told.months
    most = most_months(loan.term_months, rules)
    if total > most:
        message = (
            f"A loan of {loan.term_months} months is extended by {most} months at most, not {total} in all."
        )
        raise Violation("months", message, "Shorten the extension.", SOURCE)
    later = add_months(loan.disbursed_on, months_until(loan.disbursed_on, loan.matures_on) + told.months)
    return replace(loan, matures_on=later, extended_from=first)
