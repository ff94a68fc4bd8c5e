"""What matching answers: plans with cost and reasons, and for what is missing the reason why."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.evaluate import Outcome
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import Dimensions
from libs.registry.loan_terms import GuaranteeMode, IpRightKind, ProductKind
from services.matching.domain.changes.counterfactual import Changes

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

    def __hash__(self) -> int:
        """Cheaper than of all fields: whole lists of reasons are made free of repetitions while somebody waits."""
        return hash((self.code, self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAmount(Shape):
    party: str
    bp: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTier(Shape):
    """One party of the chain: what of the loan it bears, and for how much loan principal it has room now.

    `party` as in the shares, or `programme` with its ceiling. `room_fen` None: it sets no limit of its own.
    `binds`: no other has less room.
    """

    party: str
    name: str
    bp: int = 0
    amount_fen: int = 0
    rule: str = ""
    room_fen: int | None = None
    binds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGuarantee(Shape):
    """`room_fen`: loan principal that may still be covered. Advice only: at the application the guarantor decides."""

    programme: str
    programme_name: str
    guarantor: str
    guarantor_name: str
    shares: tuple[ShareAmount, ...]
    fee_fen: int
    room_fen: int = 0
    tiers: tuple[PlanTier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgedRight(Shape):
    """`lends_fen` is value times cap. `months_left`: its life from the drawdown on; the loan and the bank's margin
    end within it."""

    id: str
    kind: IpRightKind
    appraised_fen: int
    cap_bp: int
    lends_fen: int
    expires_on: date
    months_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPledge(Shape):
    rights: tuple[str, ...]
    appraised_fen: int
    lends_fen: int
    items: tuple[PledgedRight, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBenefit(Shape):
    """`amount_fen`: for this loan; 0: the policy states no number, the implementing rules do. `outcome` UNKNOWN:
    whether the firm is meant is for the department to say."""

    id: str
    name: str
    amount_fen: int = 0
    source: str
    kind: str = ""
    outcome: Outcome = Outcome.PASS
    amount_text: str = ""
    amount_text_en: str = ""
    conditions: str = ""
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyBenefit(Shape):
    """A benefit beside the loans. `amount_fen` or `rate_ppm` as the policy states it, `amount_text` says of what."""

    id: str
    name: str
    kind: str
    outcome: Outcome
    beneficiary: str = ""
    amount_fen: int = 0
    rate_ppm: int = 0
    amount_text: str = ""
    amount_text_en: str = ""
    conditions: str = ""
    departments: tuple[str, ...] = ()
    document: str
    paragraph: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Shape):
    """What must be done or decided before the money is drawn."""

    code: str
    text: str
    text_en: str


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
    conditions: tuple[Condition, ...] = ()


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
    """`edition` names the market, `policy_set` the rules, `model` the likelihood, `algorithm` the formulas, and
    `input_hash` (keyed) the firm and the request that it was computed from; empty in older answers."""

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
    edition: str = ""
    input_hash: str = ""
    model: str = ""
    algorithm: int = 0
    other_benefits: tuple[PolicyBenefit, ...] = ()
    changes: Changes | None = None
