"""The register of scorecards: its shapes, and what may be served. How a version comes into force: libs/registry."""

from dataclasses import dataclass
from datetime import date, datetime

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, FactType, Kind, encode
from libs.registry.promotion import Key, VersionAction, VersionDecision, VersionState
from services.credit.domain.card import Card, CardKind, Scale, Variable

_TRUTH = ("false", "true")
_SCORE = "score"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProposal(Shape):
    """`decided_by` is never who proposed, where it was approved."""

    id: str
    card: str
    version: int
    action: VersionAction
    effective_on: date
    reason: str
    proposed_by: str
    proposed_at: datetime
    decision: VersionDecision = VersionDecision.OPEN
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def key(self) -> Key:
        return self.card, self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard(Shape):
    """A version in the register. The expert card has no `uploaded_by`: it comes with the policy set."""

    id: str
    version: int
    kind: CardKind
    segment: str
    state: VersionState
    sha256: str
    zh: str
    en: str
    uploaded_by: str | None = None
    uploaded_at: datetime | None = None
    proposals: tuple[CardProposal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardFile(Shape):
    """`content`: the canonical file, as it is uploaded."""

    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardList(Shape):
    items: tuple[Scorecard, ...]


def check_servable(card: Card) -> None:
    """Violation unless every fact of the card is one that we hold, of its scale, with codes that occur."""
    if card.kind is CardKind.LEARNED and not card.needs:
        raise Violation(
            "card/needs",
            "The card does not say of which firms it speaks.",
            "Name the facts that must be known of a firm, as `needs`.",
        )
    for variable in card.variables:
        _check_variable(variable)
    for place, need in enumerate(card.needs):
        kind = _held(need.fact, f"card/needs/{place}")
        if need.at_least is not None and kind.kind is not Kind.INTEGER:
            raise Violation(f"card/needs/{place}", f"`{need.fact}` is no number.", "Leave `at_least` out.")
    if card.kind is CardKind.EXPERT:
        _check_complete(card)


def _check_variable(variable: Variable) -> None:
    field = f"card/variables/{variable.fact}"
    kind = _held(variable.fact, field)
    if (variable.scale is Scale.NUMBER) != (kind.kind is Kind.INTEGER):
        raise Violation(field, f"`{variable.fact}` is no {variable.scale}.", f"It is of kind {kind.kind}.")
    special = [value for answer in variable.special for value in answer.values]
    for value in [value for answer in variable.bins for value in answer.values] + special:
        try:
            encode(variable.fact, value)
        except Violation as unknown:
            raise Violation(field, unknown.message, unknown.mend) from unknown


def _held(fact: str, field: str) -> FactType:
    if fact not in FACTS or fact == _SCORE:
        raise Violation(field, f"`{fact:.60}` is no fact that the platform holds.", "Train without it.")
    return FACTS[fact]


def _check_complete(card: Card) -> None:
    """People set this card: they thought of every code."""
    for variable in card.variables:
        if variable.scale is Scale.CODE:
            every = FACTS[variable.fact].codes or _TRUTH
            taken = [value for answer in variable.bins for value in answer.values]
            if sorted(taken) != sorted(every):
                raise Violation(
                    f"{variable.fact}/bins",
                    f"The values are {taken}.",
                    f"Use each of {', '.join(every)} once.",
                )
