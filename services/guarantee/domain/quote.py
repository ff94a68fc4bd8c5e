"""Quotes: whether a programme with a local guarantor can cover a loan, at what shares and fees, and why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape
from libs.finance.daycount import add_months, days_between
from libs.finance.money import yuan_text
from libs.finance.split import Share, annual_fee, split
from libs.finance.tiers import reguarantee_fee
from services.guarantee.domain.effects import Effect, Portfolio, effects
from services.guarantee.domain.eligibility import ineligible
from services.guarantee.domain.exposure import Borrower, Usage, stranger
from services.guarantee.domain.limits import Chain, Need, needs
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.proposal import Proposal, RuleBreach

# The facts of the vocabulary that a programme may name as labels: recognitions on public lists.
RECOGNITIONS = ("little_giant", "srdi", "high_tech", "technology_sme", "innovative_sme")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAmount(Shape):
    party: str
    bp: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReguaranteeFee(Shape):
    """What a tier above charges the local guarantor for the whole term; never the borrower."""

    payee: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRoom(Shape):
    """How a limit stands: `limit` is its key, `rule` the policy parameter that sets it.

    `returned_fen` is the part of what is used that comes from returns and not from the platform.
    """

    limit: str
    limit_fen: int
    used_fen: int
    returned_fen: int
    needed_fen: int
    left_fen: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure(Shape):
    """One programme with one guarantor. Feasible when `breaches` is empty. `fee_fen` is the guarantee fee."""

    programme: str
    programme_name: str
    guarantor: str
    guarantor_name: str
    shares: tuple[ShareAmount, ...]
    fee_fen: int
    reguarantee_fees: tuple[ReguaranteeFee, ...] = ()
    rooms: tuple[LimitRoom, ...]
    effects: tuple[Effect, ...] = ()
    breaches: tuple[RuleBreach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Shape):
    structures: tuple[Structure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What stands when a structure is judged.

    `used`: what limits hold, by key; `portfolio`: the guarantor's whole book; `against`: what stands against any
    more business of the kind, such as a cap that is used up.
    """

    borrower: Borrower
    used: Mapping[str, Usage]
    portfolio: Portfolio
    against: tuple[RuleBreach, ...] = ()


def structure(chain: Chain, proposal: Proposal, position: Position | None = None) -> Structure:
    """The proposal under one chain; without a position: as the first business of all."""
    position = position or first_of_all(chain, proposal)
    needed = needs(chain, position.borrower, proposal.amount_fen)
    missed = (*ineligible(chain, proposal), *position.against, *without_room(needed, position.used))
    return Structure(
        programme=chain.programme.id,
        programme_name=chain.programme.name,
        guarantor=chain.guarantor.id,
        guarantor_name=chain.guarantor.name,
        shares=share_amounts(proposal.amount_fen, chain.programme.shares),
        fee_fen=fee(chain.programme, chain.day, proposal.amount_fen, proposal.term_months),
        reguarantee_fees=_reguarantee_fees(chain, proposal),
        rooms=tuple(_room(need, position.used.get(need.limit.key, Usage())) for need in needed),
        effects=effects(
            chain, position.borrower, proposal.amount_fen, needed, position.used, position.portfolio
        ),
        breaches=missed,
    )


def first_of_all(chain: Chain, proposal: Proposal) -> Position:
    borrower = stranger(chain.guarantor.id, proposal.party, proposal.dimensions)
    return Position(borrower=borrower, used={}, portfolio=Portfolio())


def share_amounts(amount_fen: int, shares: Sequence[Share]) -> tuple[ShareAmount, ...]:
    """Each party's part of the loan, exact to the fen."""
    parts = split(amount_fen, shares)
    return tuple(ShareAmount(party=one.party, bp=one.bp, amount_fen=parts[one.party]) for one in shares)


def fee(programme: Programme, day: date, amount_fen: int, term_months: int) -> int:
    """The guarantee fee of the whole term of a loan drawn on a day, by days of 365, in fen."""
    return annual_fee(amount_fen, programme.fee_rate_ppm, _days(day, term_months))


def _reguarantee_fees(chain: Chain, proposal: Proposal) -> tuple[ReguaranteeFee, ...]:
    days, amount_fen = _days(chain.day, proposal.term_months), proposal.amount_fen
    return tuple(
        ReguaranteeFee(
            payee=term.payee,
            amount_fen=reguarantee_fee(term, amount_fen, chain.programme.share_bp(term.payee), days),
        )
        for term in chain.programme.reguarantee_fees
    )


def _days(day: date, term_months: int) -> int:
    return days_between(day, add_months(day, term_months))


def without_room(needed: Sequence[Need], used: Mapping[str, Usage]) -> tuple[RuleBreach, ...]:
    """The limits that the proposal would go beyond. Nothing needed is no breach, however little room there is."""
    found = ((need, used.get(need.limit.key, Usage())) for need in needed)
    return tuple(
        _beyond(need, usage)
        for need, usage in found
        if need.amount_fen > 0 and usage.held_fen + need.amount_fen > need.limit.limit_fen
    )


def _beyond(need: Need, usage: Usage) -> RuleBreach:
    more = f"{yuan_text(need.amount_fen)} more, in yuan"
    figure = f"{yuan_text(usage.held_fen)} held and {more}"
    if usage.returned_fen:
        returned = yuan_text(usage.returned_fen)
        figure = f"{yuan_text(usage.held_fen)} held, of which {returned} from returns, and {more}"
    return RuleBreach(
        rule=need.source.parameter,
        figure=figure,
        limit=f"{yuan_text(need.limit.limit_fen)} yuan",
        source=need.source.source,
    )


def _room(need: Need, usage: Usage) -> LimitRoom:
    return LimitRoom(
        limit=need.limit.key,
        limit_fen=need.limit.limit_fen,
        used_fen=usage.held_fen,
        returned_fen=usage.returned_fen,
        needed_fen=need.amount_fen,
        left_fen=need.limit.limit_fen - usage.held_fen,
        rule=need.source.parameter,
    )
