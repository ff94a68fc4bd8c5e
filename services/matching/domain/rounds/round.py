"""A market round as people deal with it: opened by a service centre, entered by firms, published with its certificate.

A round never reserves anything: at the application guarantee decides, as for a plan.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.loan_terms import ProductKind
from services.matching.domain.answer import MatchRequest, Plan
from services.matching.domain.rounds.compare import RoundFigures

MOST_WISHES = 20
MOST_QUOTAS = 2_000
_LONGEST_NAME = 100
_LONGEST_ID = 80
NOTICE = "本轮次只排定先后，不占用任何额度；申请时以银行审批和担保机构的实时额度为准。"
NOTICE_EN = "A round reserves nothing: at the application the bank decides, and the guarantor on the room it has then."


class RoundStatus(StrEnum):
    OPEN = "OPEN"
    PUBLISHED = "PUBLISHED"
    CANCELLED = "CANCELLED"


class RoundRule(StrEnum):
    """What an order goes by, before the lottery. LIKELIHOOD makes another order at each product."""

    FIRST_TIME = "FIRST_TIME"
    LIKELIHOOD = "LIKELIHOOD"


class PlaceOutcome(StrEnum):
    PLACED = "PLACED"
    NOT_PLACED = "NOT_PLACED"
    NO_PLAN = "NO_PLAN"  # nothing in the round fits it


class Shortage(StrEnum):
    PLACES = "PLACES"
    MONEY = "MONEY"
    GUARANTEE = "GUARANTEE"
    CEILING = "CEILING"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoundQuota(Shape):
    """What a bank is asked to give to a round. `amount_fen` 0: only places are limited."""

    product_id: str
    bank: str
    places: int
    amount_fen: int = 0

    def __post_init__(self) -> None:
        _check_id("product_id", self.product_id)
        _check_id("bank", self.bank)
        if not 0 < self.places <= 1_000_000:
            raise Violation("places", f"{self.places} places are no quota.", "Give 1 to 1,000,000.")
        if not 0 <= self.amount_fen < 2**53:
            raise Violation("amount_fen", f"{self.amount_fen} fen are no quota.", "Give the amount in fen.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundQuota(Shape):
    """`confirmed_at` None: the bank has not agreed, and the product takes no part."""

    product_id: str
    bank: str
    places: int
    amount_fen: int = 0
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCeiling(Shape):
    """The most that a guarantee programme carries in a round, at all its guarantors together."""

    programme: str
    amount_fen: int

    def __post_init__(self) -> None:
        _check_id("programme", self.programme)
        if not 0 <= self.amount_fen < 2**53:
            raise Violation("amount_fen", f"{self.amount_fen} fen are no ceiling.", "Give the amount in fen.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRound(Shape):
    """`closes_on`: the last day on which firms enter. `rule`: what goes first in the order, before the lottery."""

    name: str
    campaign: str = ""
    closes_on: date
    rule: tuple[RoundRule, ...] = ()
    quotas: tuple[NewRoundQuota, ...]
    ceilings: tuple[RoundCeiling, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= _LONGEST_NAME or len(self.campaign) > _LONGEST_NAME:
            raise Violation("name", "A round needs a name.", f"Give 1 to {_LONGEST_NAME} characters.")
        if not (self.name + self.campaign).isprintable():
            raise Violation(
                "name", "It has signs that cannot be shown.", "Write name and campaign in one line."
            )
        _once("quotas", [one.product_id for one in self.quotas])
        _once("ceilings", [one.programme for one in self.ceilings])
        _once("rule", list(self.rule))
        if not 0 < len(self.quotas) <= MOST_QUOTAS:
            raise Violation("quotas", "A round needs products.", f"Name 1 to {MOST_QUOTAS} of them.")
        if len(self.ceilings) > MOST_QUOTAS:
            raise Violation("ceilings", f"{len(self.ceilings)} are too many.", f"Name at most {MOST_QUOTAS}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round(Shape):
    """`seed` of the lottery is told when the round is published; its SHA-256 from the beginning.

    `edition`, `rulebook`: the market and the rules of the lists; `certificate_sha256`: of the published certificate.
    """

    id: str
    name: str
    campaign: str = ""
    centre: str
    territory: str
    status: RoundStatus
    closes_on: date
    rule: tuple[RoundRule, ...] = ()
    quotas: tuple[RoundQuota, ...]
    ceilings: tuple[RoundCeiling, ...] = ()
    seed_sha256: str
    opened_at: datetime
    seed: str = ""
    published_at: datetime | None = None
    edition: str = ""
    rulebook: str = ""
    certificate_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPage(Shape):
    items: tuple[Round, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoundEntry(Shape):
    """`wishes`: products in the firm's own order; empty: all that fit it, as plans are ranked.

    `accepts_certificate`: the firm agrees that its amount, its wishes and its place stand in the certificate under a
    pseudonym; nobody enters without it. `show_name`: the bank that it is placed with may see who it is at once.
    """

    party: str
    amount_fen: int
    term_months: int
    kinds: tuple[ProductKind, ...] = ()
    wishes: tuple[str, ...] = ()
    accepts_certificate: bool
    show_name: bool = False

    def __post_init__(self) -> None:
        _ = self.request
        _once("wishes", list(self.wishes))
        if len(self.wishes) > MOST_WISHES:
            raise Violation(
                "wishes", f"{len(self.wishes)} wishes are too many.", f"Name at most {MOST_WISHES}."
            )
        if not self.accepts_certificate:
            raise Violation(
                "accepts_certificate",
                "The certificate shows amount, wishes and place of every entry under a pseudonym.",
                "Enter with the firm's agreement to that, or ask for plans outside a round.",
            )

    @property
    def request(self) -> MatchRequest:
        return MatchRequest(
            party=self.party, amount_fen=self.amount_fen, term_months=self.term_months, kinds=self.kinds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundEntry(Shape):
    """`pseudonym`: how the certificate names it."""

    id: str
    round_id: str
    pseudonym: str
    asked: NewRoundEntry
    entered_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundEntryPage(Shape):
    items: tuple[RoundEntry, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPassed(Shape):
    """A product that the firm would have liked better. `first_in_line`: it was the next, and its amount was too much
    for what was left; else others stand before it. `short_of`: what there was too little of."""

    product_id: str
    product_name: str
    bank_name: str
    programme_name: str = ""
    guarantor_name: str = ""
    first_in_line: bool
    short_of: Shortage


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlace(Shape):
    """What an entry got: the plan with which the firm applies as usual, and why nothing better."""

    round_id: str
    entry_id: str
    pseudonym: str
    outcome: PlaceOutcome
    wish: int | None = None
    plan: Plan | None = None
    passed: tuple[RoundPassed, ...] = ()
    notice: str = NOTICE
    notice_en: str = NOTICE_EN


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlacedFirm(Shape):
    party: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundQuotaResult(Shape):
    """What a round did with a quota. `firms`: those that show their names to the bank, as
    long as they are on the platform."""

    product_id: str
    bank: str
    places: int
    placed: int
    amount_fen: int
    firms: tuple[RoundPlacedFirm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundQuotaResultList(Shape):
    items: tuple[RoundQuotaResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCountyFigures(Shape):
    county: str
    entered: int
    placed: int
    amount_fen: int
    first_time_placed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReport(Shape):
    """The round beside first come, first served with the same firms and room. `counties`: the round, for its centre."""

    round_id: str
    entered: int
    without_plan: int
    round: RoundFigures
    first_come: RoundFigures
    counties: tuple[RoundCountyFigures, ...] = ()
    notice: str = NOTICE
    notice_en: str = NOTICE_EN


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCertificateFile(Shape):
    """A certificate as JSON, whose SHA-256 the round tells."""

    content: str


def _check_id(field: str, named: str) -> None:
    if not 0 < len(named) <= _LONGEST_ID or not named.isprintable():
        raise Violation(
            field, f"{named[:40]!r} names nothing.", f"Give the id, 1 to {_LONGEST_ID} characters."
        )


def _once(field: str, named: list[str]) -> None:
    if len(set(named)) < len(named):
        raise Violation(field, "Something is named twice.", "Name each once.")
