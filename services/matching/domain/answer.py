"""What matching answers: plans with cost and reasons, and for what is missing the reason why."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.evaluate import Outcome
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import Dimensions
from libs.registry.loan_terms import GuaranteeMode, ProductKind

MAX_MONTHS = 600


class Family(StrEnum):
    """A plan has one: the first of these that holds."""

    FIRST_LOAN = "FIRST_LOAN"
    IP_PLEDGE = "IP_PLEDGE"
    GUARANTEE = "GUARANTEE"
    OTHER = "OTHER"


NAMED = (Family.FIRST_LOAN, Family.IP_PLEDGE, Family.GUARANTEE)


class Band(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRequest(Shape):
    """What a firm asks for. `kinds` empty: any."""

    party: str
    amount_fen: int
    term_months: int
    kinds: tuple[ProductKind, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.amount_fen < 2**53:
            raise Violation(
                "amount_fen", f"{self.amount_fen} fen cannot be lent.", "Give the amount in fen, from 1."
            )
        if not 0 < self.term_months <= MAX_MONTHS:
            raise Violation(
                "term_months", f"A term of {self.term_months} months is no term.", f"Give 1 to {MAX_MONTHS}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason(Shape):
    """One rule and how the firm stands to it, as far as the bank lets it be seen."""

    code: str
    fact: str = ""
    outcome: Outcome
    text: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAmount(Shape):
    party: str
    bp: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGuarantee(Shape):
    programme: str
    programme_name: str
    guarantor: str
    guarantor_name: str
    shares: tuple[ShareAmount, ...]
    fee_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPledge(Shape):
    rights: tuple[str, ...]
    appraised_fen: int
    lends_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBenefit(Shape):
    """`amount_fen` 0: the policy states no number; the implementing rules do."""

    id: str
    name: str
    amount_fen: int = 0
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem(Shape):
    name: str
    payee: str
    amount_fen: int
    timing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Shape):
    number: int
    family: Family
    product_id: str
    product_version: int
    product_name: str
    product_kind: ProductKind
    bank: str
    bank_name: str
    amount_fen: int
    term_months: int
    repayment_method: RepaymentMethod
    rate_ppm: int
    security: GuaranteeMode
    guarantee: PlanGuarantee | None = None
    pledge: PlanPledge | None = None
    benefits: tuple[PlanBenefit, ...] = ()
    costs: tuple[CostItem, ...]
    total_cost_fen: int
    all_in_nominal_ppm: int
    all_in_effective_ppm: int
    after_subsidy_effective_ppm: int
    likelihood_ppm: int
    likelihood_band: Band
    decision_days: int
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    rank_value_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyAnswer(Shape):
    """Numbers of its plans, or why there is none."""

    family: Family
    plans: tuple[int, ...] = ()
    why_none: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Shape):
    product_id: str
    product_name: str
    bank_name: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Shape):
    id: str
    party: str
    amount_fen: int
    term_months: int
    as_of: str
    dimensions: Dimensions
    plans: tuple[Plan, ...]
    families: tuple[FamilyAnswer, ...]
    near_misses: tuple[Refusal, ...]
    products_considered: int
    products_eligible: int
    ranking: str
    policy_set: str
