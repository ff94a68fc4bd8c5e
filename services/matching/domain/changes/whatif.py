"""What if: the shapes of a question about a firm that is only imagined, and of why a product fits or does not.

Nothing of it is kept. A rule that its bank does not publish keeps the outcome that it has for the real firm, so that no
number of questions tells where its threshold lies.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, encode, fact_type
from libs.registry.loan_terms import GuaranteeMode, IpRightKind, ProductKind
from services.matching.domain.answer import Band, Family, MatchRequest, Plan, Reason
from services.matching.domain.changes.counterfactual import Changes
from services.matching.domain.firm import Firm, IpRight

MOST_FACTS = 20
UNSHOWN = "银行不公开的规则按企业的真实情况判断，不随假设改变"
UNSHOWN_EN = "rules that banks do not publish are judged by the firm as it is, whatever is imagined"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactValue(Shape):
    """A fact that rules speak of, and its value as the vocabulary writes it."""

    fact: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImaginedRight(Shape):
    """A free right more than the firm has."""

    kind: IpRightKind
    appraised_fen: int
    expires_on: date

    def __post_init__(self) -> None:
        if not 0 < self.appraised_fen < 2**53:
            raise Violation(
                "appraised_fen", "A right cannot be worth that.", "Give its value in fen, from 1."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfRequest(Shape):
    """A need, and what is imagined of firm and need. What is not named stays as it is."""

    party: str
    amount_fen: int
    term_months: int
    kinds: tuple[ProductKind, ...] = ()
    facts: tuple[FactValue, ...] = ()
    new_amount_fen: int | None = None
    new_term_months: int | None = None
    rights: tuple[ImaginedRight, ...] = ()

    def __post_init__(self) -> None:
        for field, imagined in (("facts", self.facts), ("rights", self.rights)):
            if len(imagined) > MOST_FACTS:
                raise Violation(
                    field, "So much at once says nothing.", f"Imagine at most {MOST_FACTS} changes."
                )
        if len({one.fact for one in self.facts}) != len(self.facts):
            raise Violation("facts", "A fact is there twice.", "Give each fact once.")
        for place, one in enumerate(self.facts):
            _check(place, one)
        _ = self.asked
        try:
            _ = self.imagined
        except Violation as wrong:
            raise Violation(f"new_{wrong.field}", wrong.message, wrong.mend) from None

    @property
    def asked(self) -> MatchRequest:
        return MatchRequest(
            party=self.party, amount_fen=self.amount_fen, term_months=self.term_months, kinds=self.kinds
        )

    @property
    def imagined(self) -> MatchRequest:
        return replace(
            self.asked,
            amount_fen=self.amount_fen if self.new_amount_fen is None else self.new_amount_fen,
            term_months=self.term_months if self.new_term_months is None else self.new_term_months,
        )

    def imagine(self, firm: Firm) -> Firm:
        """The firm as it would be, which remembers how it is."""
        facts = {one.fact: encode(one.fact, one.value) for one in self.facts}
        rights = tuple(
            IpRight(
                id=f"imagined-{place}",
                kind=one.kind,
                expires_on=one.expires_on,
                appraised_fen=one.appraised_fen,
            )
            for place, one in enumerate(self.rights)
        )
        return replace(
            firm, facts={**firm.facts, **facts}, rights=(*firm.rights, *rights), real=dict(firm.facts)
        )


def _check(place: int, one: FactValue) -> None:
    if one.fact not in FACTS or not fact_type(one.fact).criteria:
        raise Violation(
            f"facts/{place}/fact", f"{one.fact:.40} is no fact of rules.", "Name a fact that rules ask for."
        )
    try:
        encode(one.fact, one.value)
    except Violation as wrong:
        raise Violation(f"facts/{place}/value", wrong.message, wrong.mend) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSketch(Shape):
    """A plan in short; its likelihood as a band."""

    product_id: str
    product_name: str
    bank: str
    bank_name: str
    family: Family
    security: GuaranteeMode
    amount_fen: int
    term_months: int
    rate_ppm: int
    after_subsidy_effective_ppm: int
    likelihood_band: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange(Shape):
    before: PlanSketch
    after: PlanSketch


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf(Shape):
    """What would be otherwise: plans gained, lost and changed against the real answer of this moment.

    `left_today`: questions that may still be asked today. `changes`: what would still have to change where a family
    would have no plan.
    """

    party: str
    as_of: date
    products_eligible_before: int
    products_eligible_after: int
    gained: tuple[PlanSketch, ...]
    lost: tuple[PlanSketch, ...]
    changed: tuple[PlanChange, ...]
    same: int
    changes: Changes | None = None
    left_today: int = 0
    note: str = UNSHOWN
    note_en: str = UNSHOWN_EN


class Standing(StrEnum):
    """OPEN: nothing fails, but something cannot be judged yet."""

    FITS = "FITS"
    OPEN = "OPEN"
    FAILS = "FAILS"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDocument(Shape):
    """The one document that settles most over the market: `facts` that it tells, how many open `products` it bears on,
    and what these are worth by the ranking formula, each shared among the documents that it waits for."""

    document: str
    facts: tuple[str, ...]
    products: int
    value_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductWhy(Shape):
    """Why a product fits or not, in the market and by the facts of `as_of`, for what the match asked for."""

    match_id: str
    product_id: str
    product_version: int
    product_name: str
    bank: str
    bank_name: str
    as_of: date
    standing: Standing
    reasons: tuple[Reason, ...]
    documents: tuple[str, ...] = ()
    next_document: NextDocument | None = None
    likelihood_band: Band | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesRequest(Shape):
    """A need, and what is to be reached: one product, or what named families lack; neither: any of the market."""

    party: str
    amount_fen: int
    term_months: int
    kinds: tuple[ProductKind, ...] = ()
    product_id: str = ""
    families: tuple[Family, ...] = ()

    @property
    def asked(self) -> MatchRequest:
        return MatchRequest(
            party=self.party, amount_fen=self.amount_fen, term_months=self.term_months, kinds=self.kinds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesAnswer(Shape):
    party: str
    as_of: date
    changes: Changes
    left_today: int


def sketch(plan: Plan) -> PlanSketch:
    return PlanSketch(
        product_id=plan.product_id,
        product_name=plan.product_name,
        bank=plan.bank,
        bank_name=plan.bank_name,
        family=plan.family,
        security=plan.security,
        amount_fen=plan.amount_fen,
        term_months=plan.term_months,
        rate_ppm=plan.rate_ppm,
        after_subsidy_effective_ppm=plan.after_subsidy_effective_ppm,
        likelihood_band=plan.likelihood_band,
    )
