"""The numbers by which loans are judged, as the policies have them on a day."""

from datetime import date

from libs.chassis import codec
from libs.criteria.violation import Violation
from libs.policy import NoPolicyValue, PolicySet
from services.lending.domain.extension import ExtensionRules
from services.lending.domain.first_loan import FirstLoanRules
from services.lending.domain.inclusive import Borrowers, InclusiveRules
from services.lending.domain.loan import LoanClass
from services.lending.domain.loan_class import Floors
from services.lending.domain.renewal import SOURCE, RenewalRules, RenewalScope


def class_floors(policies: PolicySet, on: date) -> Floors:
    return codec.load(dict[LoanClass, int], policies.record_on("lending.class_floors", on))


def interest_tolerance(policies: PolicySet, on: date) -> int:
    return policies.integer_on("lending.interest_tolerance", on)


def extension(policies: PolicySet, on: date) -> ExtensionRules:
    return ExtensionRules(
        short_months=policies.integer_on("lending.medium_long_term_over", on),
        medium_months=policies.integer_on("lending.long_term_over", on),
        short_bp=policies.integer_on("lending.extension_short", on),
        medium_bp=policies.integer_on("lending.extension_medium", on),
        long_months=policies.integer_on("lending.extension_long", on),
    )


def renewal(policies: PolicySet, on: date) -> RenewalRules:
    """Violation for a day on which there was no such way yet."""
    try:
        return _renewal(policies, on)
    except NoPolicyValue as missing:
        mend = "Renew it with repayment, or mend the date."
        raise Violation(
            "contracts/signed_on", f"Not renewed so on {on}: {missing}", mend, SOURCE
        ) from missing


def _renewal(policies: PolicySet, on: date) -> RenewalRules:
    until = policies.value_on("lending.renewal_medium_firms_until", on)
    return RenewalRules(
        scope=codec.load(RenewalScope, policies.record_on("lending.renewal_scope", on)),
        on_maturity_day=bool(policies.value_on("lending.renewal_on_maturity_day", on)),
        medium_until=codec.load(date, until),
    )


def first_loan(policies: PolicySet, on: date) -> FirstLoanRules | None:
    """None for a day before first loans were counted."""
    try:
        return codec.load(FirstLoanRules, policies.record_on("lending.first_loan", on))
    except NoPolicyValue:
        return None


def inclusive_if_any(policies: PolicySet, on: date) -> InclusiveRules | None:
    """None for a day before there was a definition."""
    try:
        return inclusive(policies, on)
    except NoPolicyValue:
        return None


def inclusive(policies: PolicySet, on: date) -> InclusiveRules:
    return InclusiveRules(
        borrowers=codec.load(Borrowers, policies.record_on("lending.inclusive_borrowers", on)),
        nfra_limit_fen=policies.integer_on("lending.inclusive_limit.nfra", on),
        pbc_limit_fen=policies.integer_on("lending.inclusive_limit.pbc", on),
    )
