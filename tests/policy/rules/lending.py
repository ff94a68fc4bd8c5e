"""The rules of loans, by the numbers in policies/lending, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache

from libs.policy import PolicySet, load
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size
from services.lending.domain import extension, first_loan, inclusive, loan_class, renewal
from services.lending.domain.first_loan import Attestation, CreditHistory
from services.lending.domain.loan import LoanClass
from services.lending.domain.renewal import OldLoan, RenewalCondition, Renewing
from services.lending.operations import loan_rules

DAY = "2026-11-22"
ALL = tuple(RenewalCondition)


@cache
def _policies() -> PolicySet:
    return load()


def _firm(size: str | None, owner_kind: str) -> Dimensions:
    known = None if size is None else Size(size)
    return Dimensions(county="640104", size=known, owner_kind=OwnerKind(owner_kind), firm_key="k")


def renewed(
    matures_on: str,
    signed_on: str,
    asked_on: str | None = None,
    size: str | None = "SMALL",
    owner_kind: str = "ENTERPRISE",
    product_kind: str = "WORKING_CAPITAL",
    old_class: str = "NORMAL",
    attested: Sequence[str] = ALL,
    outstanding_fen: int = 100_000_000,
    amount_fen: int = 100_000_000,
) -> dict[str, object]:
    """A renewal without repayment: whether it is allowed, what stands against it, and the class of the new loan."""
    old = OldLoan(
        kind=ProductKind(product_kind),
        size=None if size is None else Size(size),
        owner_kind=OwnerKind(owner_kind),
        matures_on=date.fromisoformat(matures_on),
        outstanding_fen=outstanding_fen,
        loan_class=LoanClass(old_class),
    )
    signed = date.fromisoformat(signed_on)
    conditions = frozenset(RenewalCondition(one) for one in attested)
    new = Renewing(
        asked_on=min(signed, old.matures_on) if asked_on is None else date.fromisoformat(asked_on),
        signed_on=signed,
        amount_fen=amount_fen,
        conditions=conditions,
    )
    found = list(renewal.breaches(old, new, loan_rules.renewal(_policies(), signed)))
    return {
        "allowed": not found,
        "breaches": [breach.field for breach in found],
        "sources": sorted({breach.source or "" for breach in found}),
        "class": renewal.class_of(old, conditions),
    }


def first(
    history: str,
    judged_first: bool | None = None,
    size: str | None = "SMALL",
    owner_kind: str = "ENTERPRISE",
    product_kind: str = "WORKING_CAPITAL",
    on: str = DAY,
) -> dict[str, object]:
    """What a history in the credit system leaves of a first loan, and as what it counts when it is drawn."""
    day = date.fromisoformat(on)
    numbers = loan_rules.first_loan(_policies(), day)
    assert numbers is not None
    told = Attestation(
        report_on=day,
        report_number="R-1",
        history=CreditHistory(history),
        consent_id="con_1",
        judged_first=judged_first,
    )
    is_first = first_loan.is_first(told, numbers)
    counts = first_loan.may_count(_firm(size, owner_kind), ProductKind(product_kind), numbers)
    confirm = numbers.history[told.history].confirm
    return {"first": is_first, "confirm": confirm, "counts_as": counts if is_first else None}


def counts_as_inclusive(
    line_fen: int,
    size: str | None = "SMALL",
    owner_kind: str = "ENTERPRISE",
    product_kind: str = "WORKING_CAPITAL",
    on: str = DAY,
) -> inclusive.Inclusive:
    numbers = loan_rules.inclusive(_policies(), date.fromisoformat(on))
    return inclusive.judged(_firm(size, owner_kind), ProductKind(product_kind), line_fen, numbers)


def best_class(days_past_due: int) -> LoanClass:
    floors = loan_rules.class_floors(_policies(), date.fromisoformat(DAY))
    return loan_class.floor_of(days_past_due, floors)


def extended_at_most(term_months: int) -> int:
    return extension.most_months(term_months, loan_rules.extension(_policies(), date.fromisoformat(DAY)))


RULES: dict[str, Callable[..., object]] = {
    "lending.renewal": renewed,
    "lending.first_loan": first,
    "lending.inclusive": counts_as_inclusive,
    "lending.best_class": best_class,
    "lending.extended_at_most": extended_at_most,
}
