"""Quotes: whether a programme with a local guarantor can cover a loan, at what shares and fee, and why not."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months, days_between
from libs.finance.money import yuan_text
from libs.finance.split import Share, annual_fee, split
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.regions import county_of
from services.guarantee.domain.guarantor import Tier
from services.guarantee.domain.limits import Chain, Need, needs
from services.guarantee.domain.programme import Programme, Status

# The facts of the vocabulary that a programme may name as labels: recognitions on public lists.
RECOGNITIONS = ("little_giant", "srdi", "high_tech", "technology_sme", "innovative_sme")

COVERAGE = "《关于健全支持中小企业发展制度的实施意见》（十三）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Shape):
    """A loan that a bank would give if it were covered.

    `labels`: recognitions of the firm, as facts name them, beside those that the platform has on record.
    """

    party: str
    bank: str
    amount_fen: int
    term_months: int
    dimensions: Dimensions
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("amount_fen", "term_months"):
            if getattr(self, name) < 1:
                raise Violation(name, f"{name} is {getattr(self, name)}.", "Give a whole number from 1.")
        county_of(self.dimensions.county, "dimensions/county")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAmount(Shape):
    party: str
    bp: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRoom(Shape):
    """How a limit stands: `limit` is its key, `rule` the policy parameter that sets it."""

    limit: str
    limit_fen: int
    used_fen: int
    needed_fen: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBreach(Shape):
    """One way in which a proposal misses a rule, in words that can be shown."""

    rule: str
    figure: str
    limit: str
    source: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.figure}, allowed: {self.limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure(Shape):
    """One programme with one guarantor. Feasible when `breaches` is empty."""

    programme: str
    programme_name: str
    guarantor: str
    guarantor_name: str
    shares: tuple[ShareAmount, ...]
    fee_fen: int
    rooms: tuple[LimitRoom, ...]
    breaches: tuple[RuleBreach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Shape):
    structures: tuple[Structure, ...]


def structure(chain: Chain, proposal: Proposal, held: Mapping[str, int]) -> Structure:
    """The proposal under one chain, where `held` tells what each limit holds by its key."""
    needed = needs(chain, proposal.party, proposal.amount_fen)
    return Structure(
        programme=chain.programme.id,
        programme_name=chain.programme.name,
        guarantor=chain.guarantor.id,
        guarantor_name=chain.guarantor.name,
        shares=share_amounts(proposal.amount_fen, chain.programme.shares),
        fee_fen=fee(chain.programme, chain.day, proposal.amount_fen, proposal.term_months),
        rooms=tuple(_room(need, held.get(need.limit.key, 0)) for need in needed),
        breaches=(*ineligible(chain, proposal), *without_room(needed, held)),
    )


def share_amounts(amount_fen: int, shares: Sequence[Share]) -> tuple[ShareAmount, ...]:
    """Each party's part of the loan, exact to the fen."""
    parts = split(amount_fen, shares)
    return tuple(ShareAmount(party=one.party, bp=one.bp, amount_fen=parts[one.party]) for one in shares)


def fee(programme: Programme, day: date, amount_fen: int, term_months: int) -> int:
    """The guarantee fee of the whole term of a loan drawn on a day, by days of 365, in fen."""
    days = days_between(day, add_months(day, term_months))
    return annual_fee(amount_fen, programme.fee_rate_ppm, days)


def ineligible(chain: Chain, proposal: Proposal) -> tuple[RuleBreach, ...]:
    """The rules about firm, loan and guarantor that the proposal misses."""
    found = (check(chain, proposal) for check in _CHECKS)
    return tuple(breach for breach in found if breach is not None)


def without_room(needed: Sequence[Need], held: Mapping[str, int]) -> tuple[RuleBreach, ...]:
    """The limits that the proposal would go beyond. Nothing needed is no breach, however little room there is."""
    return tuple(
        _beyond(need, held.get(need.limit.key, 0))
        for need in needed
        if need.amount_fen > 0 and held.get(need.limit.key, 0) + need.amount_fen > need.limit.limit_fen
    )


def _beyond(need: Need, held_fen: int) -> RuleBreach:
    return RuleBreach(
        rule=need.source.parameter,
        figure=f"{yuan_text(held_fen)} held and {yuan_text(need.amount_fen)} more, in yuan",
        limit=f"{yuan_text(need.limit.limit_fen)} yuan",
        source=need.source.source,
    )


def _room(need: Need, held_fen: int) -> LimitRoom:
    return LimitRoom(
        limit=need.limit.key,
        limit_fen=need.limit.limit_fen,
        used_fen=held_fen,
        needed_fen=need.amount_fen,
        rule=need.source.parameter,
    )


def _of_programme(chain: Chain, figure: str, found: str, allowed: str) -> RuleBreach:
    source = chain.programme.source_of(figure)
    return RuleBreach(rule=source.parameter, figure=found, limit=allowed, source=source.source)


def _loan_limit(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    limit_fen = chain.programme.loan_limit_fen
    if proposal.amount_fen <= limit_fen:
        return None
    found, allowed = f"{yuan_text(proposal.amount_fen)} yuan", f"{yuan_text(limit_fen)} yuan"
    return _of_programme(chain, "loan_limit_fen", found, allowed)


def _term(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    longest = chain.programme.term_max_months
    if proposal.term_months <= longest:
        return None
    return _of_programme(chain, "term_max_months", f"{proposal.term_months} months", f"{longest} months")


def _owner_kind(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    kinds, kind = chain.programme.owner_kinds, proposal.dimensions.owner_kind
    if not kinds or kind in kinds:
        return None
    return _of_programme(chain, "borrowers", kind, ", ".join(kinds))


def _size(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    """Sizes bind enterprises whose size can be judged: the official rule leaves some industries out."""
    sizes, size = chain.programme.sizes, proposal.dimensions.size
    if (
        proposal.dimensions.owner_kind is not OwnerKind.ENTERPRISE
        or size is None
        or not sizes
        or size in sizes
    ):
        return None
    return _of_programme(chain, "borrowers", size, ", ".join(sizes))


def _labels(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    wanted = chain.programme.labels
    if not wanted or set(wanted) & set(proposal.labels):
        return None
    return _of_programme(chain, "labels", _listed(proposal.labels), f"one of {', '.join(wanted)}")


def _labels_excluded(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    better = [label for label in proposal.labels if label in chain.programme.labels_excluded]
    if not better:
        return None
    return _of_programme(
        chain, "labels", ", ".join(better), "a firm takes the highest tier that it belongs to"
    )


def _coverage(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    county, counties = proposal.dimensions.county, chain.guarantor.counties
    if county in counties:
        return None
    return RuleBreach(rule="guarantor.counties", figure=county, limit=_listed(counties), source=COVERAGE)


def _partnership(chain: Chain, proposal: Proposal) -> RuleBreach | None:
    banks = chain.guarantor.banks
    if not banks or proposal.bank in banks:
        return None
    source = "partnership agreements of the guarantor"
    return RuleBreach(
        rule="guarantor.banks", figure=proposal.bank, limit="banks with a partnership", source=source
    )


def _standing(chain: Chain, _proposal: Proposal) -> RuleBreach | None:
    guarantor = chain.guarantor
    if guarantor.status is Status.ACTIVE and guarantor.tier is Tier.LOCAL:
        return None
    found = f"{guarantor.tier} {guarantor.status}"
    return RuleBreach(
        rule="guarantor.status", figure=found, limit="LOCAL ACTIVE", source="register of guarantors"
    )


def _listed(texts: Collection[str]) -> str:
    return ", ".join(texts) or "none"


_CHECKS: tuple[Callable[[Chain, Proposal], RuleBreach | None], ...] = (
    _standing,
    _coverage,
    _partnership,
    _owner_kind,
    _size,
    _labels,
    _labels_excluded,
    _loan_limit,
    _term,
)
