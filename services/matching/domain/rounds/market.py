"""A market round in whole numbers: who wants which lane, in which order each is served, and what there is to give.

A LANE is one way to be placed: a product with one guarantor behind it, or with none. Lanes share RESOURCES: the places
and the money of a product, the room of a guarantor, the ceiling of a programme.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """Resources of which a firm in it takes one (`places`), and those of which it takes its amount (`sums`)."""

    places: tuple[int, ...]
    sums: tuple[int, ...]

    def uses(self, amount_fen: int) -> Iterator[tuple[int, int]]:
        """Resource and how much of it a loan of this amount takes."""
        for resource in self.places:
            yield resource, 1
        for resource in self.sums:
            yield resource, amount_fen


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundInput:
    """Firms, lanes and resources are numbered from 0; whoever has the lower number in an order is served first.

    `amounts` (fen), `turns` (the round's own order, all different) by firm. `wishes` by firm: its lanes, best first;
    `standings` beside them: the firm's place in the order of that lane, no two firms alike in one lane, and one
    order for all lanes of a product. `capacities` (places, or fen) by resource; `by_turn`: whether it serves several
    products, so that among their firms turns count and not standings.
    """

    amounts: Sequence[int]
    turns: Sequence[int]
    wishes: Sequence[Sequence[int]]
    standings: Sequence[Sequence[int]]
    lanes: Sequence[Lane]
    capacities: Sequence[int]
    by_turn: Sequence[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Why a lane takes nobody from `standing` on: that firm, the first claimant, needs more of `resource` than is
    left, with what it would give up itself."""

    standing: int
    resource: int
    left: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`held` by firm: which of its wishes it got, from 0; None: none. `closures` by lane; None: nobody was refused."""

    held: tuple[int | None, ...]
    closures: tuple[Closure | None, ...]


def lane_of(market: RoundInput, firm: int, held: int | None) -> int | None:
    return None if held is None else market.wishes[firm][held]
