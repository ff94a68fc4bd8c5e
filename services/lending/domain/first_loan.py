"""First loans (首贷): a fact about the firm's credit record before its first drawdown, in any bank.

PRESUMED from data, CONFIRMED by what a bank's query of the credit system found, COUNTED at the first drawdown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size
from services.lending.domain.application import check_number
from services.lending.domain.loan import FirstLoanState

_LONGEST_ID = 40
SOURCE = "2021年小微企业金融服务监管要求，首贷户"


class CreditHistory(StrEnum):
    """What the report shows of the firm's dealings before."""

    NONE = "NONE"
    BANK_LOAN_OUTSTANDING = "BANK_LOAN_OUTSTANDING"
    BANK_LOAN_SETTLED = "BANK_LOAN_SETTLED"
    MICROLENDER_ONLY = "MICROLENDER_ONLY"
    CONTINGENT_ONLY = "CONTINGENT_ONLY"
    """Acceptances, guarantees, discounts: no loans."""
    OWNERS_OWN_LOAN = "OWNERS_OWN_LOAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Shape):
    """What a history leaves of a first loan; `confirm`: the bank may judge otherwise, and is asked."""

    first: bool
    confirm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLoanRules(Shape):
    """The decision table (policies/lending/first_loan.yaml). `kinds_excluded` are no loans in this count."""

    sizes: tuple[Size, ...]
    owner_kinds: tuple[OwnerKind, ...]
    counted_apart: tuple[OwnerKind, ...]
    history: Mapping[CreditHistory, Verdict]
    kinds_excluded: tuple[ProductKind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation(Shape):
    """What a bank's query of the credit system found, under the firm's consent.

    `judged_first`: the bank's own judgement, where the rule leaves it to the bank.
    """

    report_on: date
    report_number: str
    history: CreditHistory
    consent_id: str
    judged_first: bool | None = None

    def __post_init__(self) -> None:
        check_number(self.report_number, "report_number")
        if not 0 < len(self.consent_id) <= _LONGEST_ID:
            raise Violation(
                "consent_id", "This is no id of a consent.", "Give the one of the firm's consent."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLoanFinding(Shape):
    """An attestation and what the rule makes of it."""

    application_id: str
    bank: str
    report_on: date
    report_number: str
    history: CreditHistory
    consent_id: str
    first: bool
    attested_by: str
    attested_at: datetime


def is_first(told: Attestation, rules: FirstLoanRules) -> bool:
    """Whether the next loan is the firm's first. Violation where the rule wants the bank's word and has none."""
    verdict = rules.history[told.history]
    if not verdict.confirm:
        return verdict.first
    if told.judged_first is None:
        message = f"A history of {told.history} is judged by the bank."
        raise Violation("judged_first", message, "Say true or false.", SOURCE)
    return told.judged_first


def may_count(firm: Dimensions, kind: ProductKind, rules: FirstLoanRules) -> FirstLoanState | None:
    """As what the first loan of such a firm counts; None: it does not."""
    if kind in rules.kinds_excluded:
        return None
    if firm.owner_kind in rules.counted_apart:
        return FirstLoanState.COUNTED_APART
    small = firm.size in rules.sizes and firm.owner_kind in rules.owner_kinds
    return FirstLoanState.COUNTED if small else None


def state_of(
    firm: Dimensions, kind: ProductKind, finding: FirstLoanFinding | None, rules: FirstLoanRules
) -> FirstLoanState | None:
    """What is known of a first loan before it is drawn; after it, see `may_count`. A finding outweighs the data."""
    if may_count(firm, kind, rules) is None:
        return None
    if finding is not None:
        return FirstLoanState.CONFIRMED if finding.first else None
    return FirstLoanState.PRESUMED if firm.first_time_borrower else None
