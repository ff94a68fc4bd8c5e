"""Five-category classes (五级分类): the bank's judgement, but never better than the days past due allow.

商业银行金融资产风险分类办法 (银保监会、人民银行令〔2023〕第1号).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.lending.domain.loan import Loan, LoanClass, LoanStatus, days_past_due, expect

SOURCE = "商业银行金融资产风险分类办法（银保监会、人民银行令〔2023〕第1号）"
_ORDER = {one: place for place, one in enumerate(LoanClass)}
Floors = Mapping[LoanClass, int]
"""The class that a loan has at least which is past due for more than so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification(Shape):
    """What the bank reports."""

    loan_class: LoanClass
    classified_on: date


def worse(one: LoanClass, other: LoanClass) -> LoanClass:
    return max(one, other, key=_ORDER.__getitem__)


def floor_of(days: int, floors: Floors) -> LoanClass:
    """The best class that so many days past due allow."""
    reached = (found for found, over in floors.items() if days > over)
    return max(reached, key=_ORDER.__getitem__, default=LoanClass.NORMAL)


def classified(loan: Loan, told: Classification, today: date, floors: Floors) -> Loan:
    """The loan with the class that its bank gave it. Violation where that is too good."""
    expect(loan, LoanStatus.ACTIVE, LoanStatus.PAST_DUE, LoanStatus.CLAIMED)
    if not loan.disbursed_on <= told.classified_on <= today:
        mend = f"Give a day from {loan.disbursed_on} to {today}."
        raise Violation("classified_on", f"{told.classified_on} is before the loan or to come.", mend)
    days = days_past_due(loan, today)
    best = floor_of(days, floors)
    if worse(told.loan_class, best) is not told.loan_class:
        message = f"A loan {days} days past due is at least {best}, not {told.loan_class}."
        raise Violation("loan_class", message, f"Give {best} or worse.", SOURCE)
    return replace(loan, loan_class=told.loan_class)


def at_least(loan: Loan, today: date, floors: Floors) -> Loan:
    """The loan, its class lowered to what its days past due demand."""
    return replace(loan, loan_class=worse(loan.loan_class, floor_of(days_past_due(loan, today), floors)))
