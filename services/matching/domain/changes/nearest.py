"""The least changes that let one product fit: the nearest points of the boxes in which it lends.

A product lends inside a union of boxes over amount, term and, where its amount goes by tiers of a fact, that fact; each
way to secure the loan and each tier is one box. The nearest point of a box is a set of changes. One that goes as far
or farther than another in everything that the other changes is dropped. What is left can lose no change, and none of
its changes can be a unit smaller: the smaller point would lie in a box whose nearest point had displaced it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.matching.domain.changes.moves import Moves, Situation
from services.matching.domain.firm import IpRight

Facts = tuple[tuple[str, int], ...]


def _nothing(amount_fen: int, term_months: int) -> IpRight | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Amounts and months between which something lends, all ends included.

    `pledged` says which right must come to those of the firm for an amount and a term; None: none.
    """

    least_fen: int = 0
    most_fen: int
    least_months: int = 0
    most_months: int
    pledged: Callable[[int, int], IpRight | None] = _nothing

    def within(self, other: "Room", most_fen: int) -> "Room":
        """What lies in both, below an amount."""
        return Room(
            least_fen=max(self.least_fen, other.least_fen),
            most_fen=min(self.most_fen, other.most_fen, most_fen),
            least_months=max(self.least_months, other.least_months),
            most_months=min(self.most_months, other.most_months),
            pledged=other.pledged,
        )

    @property
    def empty(self) -> bool:
        return self.least_fen > self.most_fen or self.least_months > self.most_months


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What one product asks of a firm, as far as it is not met.

    `facts`: new values that nothing spares the firm. `tiers`: the most that is lent, and the value that the fact of the
    tiers must take for it (none: the one it has). `secured`: the rooms of all ways to secure the loan, once the facts
    have changed.
    """

    lends: Room
    facts: Facts
    tiers: Sequence[tuple[Facts, int]]
    secured: Callable[[Facts], Sequence[Room]]


def least_moves(ask: Ask, asked: Situation) -> list[Moves]:
    """Every least set of changes, in no order; empty where nothing that can change would do."""
    found = dict[Moves, Mapping[str, int]]()
    for tier_facts, most_fen in ask.tiers:
        facts = tuple(sorted((dict(ask.facts) | dict(tier_facts)).items()))
        for room in ask.secured(facts):
            inside = ask.lends.within(room, most_fen)
            if not inside.empty:
                moves = _nearest(inside, facts, asked)
                found[moves] = moves.sizes(asked)
    return [moves for moves, sizes in found.items() if not _displaced(sizes, found.values())]


def _nearest(room: Room, facts: Facts, asked: Situation) -> Moves:
    request = asked.request
    amount = min(max(request.amount_fen, room.least_fen), room.most_fen)
    term = min(max(request.term_months, room.least_months), room.most_months)
    return Moves(
        facts=facts,
        amount_fen=None if amount == request.amount_fen else amount,
        term_months=None if term == request.term_months else term,
        right=room.pledged(amount, term),
    )


def _displaced(sizes: Mapping[str, int], others: Iterable[Mapping[str, int]]) -> bool:
    return any(
        other != sizes and all(name in sizes and far <= sizes[name] for name, far in other.items())
        for other in others
    )
