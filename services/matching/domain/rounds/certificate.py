"""What a published round shows to everybody, so that anybody can verify it with paper, pencil and SHA-256.

No name stands in it. An entry is a pseudonym that only the platform and the firm itself can tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from libs.criteria.shape import Shape
from services.matching.domain.rounds.check import blocking_pairs, overfull
from services.matching.domain.rounds.market import Lane, Outcome, RoundInput
from services.matching.domain.rounds.orders import Built, entries_hash, lottery_number
from services.matching.domain.rounds.round import RoundRule, Shortage


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedResource(Shape):
    """`capacity`: places, or fen. `by_turn`: it serves several products."""

    kind: Shortage
    of: str
    capacity: int
    by_turn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff(Shape):
    """From `standing` on a lane takes nobody: who stands there needs more of a resource than is left."""

    standing: int
    resource: int
    left: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedLane(Shape):
    """`places`, `sums`: numbers of the resources of which one takes one, or its amount. No `cut_off`: all got in."""

    product: str
    programme: str = ""
    guarantor: str = ""
    places: tuple[int, ...]
    sums: tuple[int, ...]
    cut_off: CutOff | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedEntry(Shape):
    """`group` by the rule (0 first), then `turn` by the lottery. `wishes`: numbers of lanes, best first; `standings`
    beside them; `held`: which of its wishes it got, from 0."""

    pseudonym: str
    group: int
    turn: int
    amount_fen: int
    wishes: tuple[int, ...]
    standings: tuple[int, ...]
    held: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Shape):
    """`edition`: the market from which the lists were made."""

    round_id: str
    rule: tuple[RoundRule, ...]
    seed: str
    seed_sha256: str
    edition: str
    rulebook: str
    resources: tuple[CertifiedResource, ...]
    lanes: tuple[CertifiedLane, ...]
    entries: tuple[CertifiedEntry, ...]


def resources_of(built: Built) -> tuple[CertifiedResource, ...]:
    market = built.market
    return tuple(
        CertifiedResource(kind=name.kind, of=name.of, capacity=capacity, by_turn=by_turn)
        for name, capacity, by_turn in zip(built.resources, market.capacities, market.by_turn, strict=True)
    )


def lanes_of(built: Built, outcome: Outcome) -> tuple[CertifiedLane, ...]:
    return tuple(
        CertifiedLane(
            product=name.product,
            programme=name.programme,
            guarantor=name.guarantor,
            places=lane.places,
            sums=lane.sums,
            cut_off=None
            if closed is None
            else CutOff(
                standing=closed.standing, resource=closed.resource, left=closed.left, needed=closed.needed
            ),
        )
        for name, lane, closed in zip(built.lanes, built.market.lanes, outcome.closures, strict=True)
    )


def entries_of(built: Built, outcome: Outcome) -> tuple[CertifiedEntry, ...]:
    market = built.market
    return tuple(
        CertifiedEntry(
            pseudonym=entrant.pseudonym,
            group=built.groups[firm],
            turn=market.turns[firm],
            amount_fen=entrant.amount_fen,
            wishes=tuple(market.wishes[firm]),
            standings=tuple(market.standings[firm]),
            held=outcome.held[firm],
        )
        for firm, entrant in enumerate(built.entrants)
    )


def faults(certificate: Certificate) -> list[str]:
    """Everything that is wrong with a certificate, in words; none: it is what it says."""
    return [*_lottery_faults(certificate), *_outcome_faults(certificate), *_cut_off_faults(certificate)]


def _market_of(certificate: Certificate) -> RoundInput:
    entries = certificate.entries
    return RoundInput(
        amounts=[one.amount_fen for one in entries],
        turns=[one.turn for one in entries],
        wishes=[one.wishes for one in entries],
        standings=[one.standings for one in entries],
        lanes=[Lane(one.places, one.sums) for one in certificate.lanes],
        capacities=[one.capacity for one in certificate.resources],
        by_turn=[one.by_turn for one in certificate.resources],
    )


def _lottery_faults(certificate: Certificate) -> Iterator[str]:
    if sha256(certificate.seed.encode()).hexdigest() != certificate.seed_sha256:
        yield "The seed is not the one whose hash was published."
    of_all = entries_hash([one.pseudonym for one in certificate.entries])

    def place(pseudonym: str, group: int) -> tuple[int, str]:
        return group, lottery_number(certificate.seed, of_all, pseudonym)

    drawn = sorted(certificate.entries, key=lambda one: place(one.pseudonym, one.group))
    if [one.turn for one in drawn] != list(range(len(drawn))):
        yield "The turns are not those of the lottery."


def _outcome_faults(certificate: Certificate) -> Iterator[str]:
    market, held = _market_of(certificate), [one.held for one in certificate.entries]
    if not all(
        got is None or 0 <= got < len(one.wishes) for got, one in zip(held, certificate.entries, strict=True)
    ):
        yield "Somebody holds what it did not wish for."
        return
    for resource in overfull(market, held):
        yield f"Of resource {resource} more is given than there is."
    for pair in blocking_pairs(market, held):
        yield f"Entry {certificate.entries[pair.firm].pseudonym} and lane {pair.lane} block."


def _cut_off_faults(certificate: Certificate) -> Iterator[str]:
    """One pass: every better lane gives its reason, and takes nobody from its cut-off on."""
    for one in certificate.entries:
        for rank, lane in enumerate(one.wishes):
            cut_off = certificate.lanes[lane].cut_off
            better = one.held is None or rank < one.held
            if better and (cut_off is None or one.standings[rank] < cut_off.standing):
                yield f"Nothing says why entry {one.pseudonym} is not in lane {lane}."
            if rank == one.held and cut_off is not None and one.standings[rank] >= cut_off.standing:
                yield f"Entry {one.pseudonym} is in lane {lane} behind its cut-off."
    yield from _cut_offs_without_cause(certificate.lanes)


def _cut_offs_without_cause(lanes: Sequence[CertifiedLane]) -> Iterator[str]:
    for number, lane in enumerate(lanes):
        if lane.cut_off is not None and lane.cut_off.left >= lane.cut_off.needed:
            yield f"Lane {number} is closed though there is enough."
