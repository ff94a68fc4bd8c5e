"""An independent look at the outcome of a round: plain loops over what anybody may read, nothing of the solver in it.

Firm f BLOCKS with lane L when it likes L better than what it has, and either somebody in L stands behind f in L's
order, or f is the first of those who like L better than what they have and fits in what is left of all that L needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.matching.domain.rounds.market import RoundInput, lane_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """`passed_over`: somebody behind it is in the lane; else there is room for it."""

    firm: int
    lane: int
    passed_over: bool


def blocking_pairs(market: RoundInput, held: Sequence[int | None]) -> list[Blocking]:
    """Every firm and lane that block an outcome."""
    last, first, left = _last_member(market, held), _first_claimant(market, held), _left(market, held)
    found: list[Blocking] = []
    for firm, rank, lane in _claims(market, held):
        standing = market.standings[firm][rank]
        if last[lane] > standing:
            found.append(Blocking(firm=firm, lane=lane, passed_over=True))
        elif first[lane] == standing and _fits(market, held, left, firm, lane):
            found.append(Blocking(firm=firm, lane=lane, passed_over=False))
    return found


def overfull(market: RoundInput, held: Sequence[int | None]) -> list[int]:
    """The resources of which an outcome gives away more than there is."""
    return [resource for resource, left in enumerate(_left(market, held)) if left < 0]


def _claims(market: RoundInput, held: Sequence[int | None]) -> Iterator[tuple[int, int, int]]:
    """Firm, which of its wishes, lane: of all that it likes better than what it has."""
    for firm, wishes in enumerate(market.wishes):
        got = held[firm]
        for rank in range(len(wishes) if got is None else got):
            yield firm, rank, wishes[rank]


def _last_member(market: RoundInput, held: Sequence[int | None]) -> list[int]:
    last = [-1] * len(market.lanes)
    for firm, rank in enumerate(held):
        if rank is not None:
            lane = market.wishes[firm][rank]
            last[lane] = max(last[lane], market.standings[firm][rank])
    return last


def _first_claimant(market: RoundInput, held: Sequence[int | None]) -> list[int | None]:
    first: list[int | None] = [None] * len(market.lanes)
    for firm, rank, lane in _claims(market, held):
        standing, known = market.standings[firm][rank], first[lane]
        if known is None or standing < known:
            first[lane] = standing
    return first


def _left(market: RoundInput, held: Sequence[int | None]) -> list[int]:
    left = list(market.capacities)
    for firm, rank in enumerate(held):
        lane = lane_of(market, firm, rank)
        if lane is not None:
            for resource, used in _taken(market, lane, market.amounts[firm]):
                left[resource] -= used
    return left


def _taken(market: RoundInput, lane: int, amount_fen: int) -> list[tuple[int, int]]:
    """Resource and how much of it a firm takes that is in a lane."""
    of_each = [(resource, 1) for resource in market.lanes[lane].places]
    return of_each + [(resource, amount_fen) for resource in market.lanes[lane].sums]


def _fits(market: RoundInput, held: Sequence[int | None], left: Sequence[int], firm: int, lane: int) -> bool:
    """Whether there is room in the lane once the firm has left what it holds."""
    amount, own = market.amounts[firm], lane_of(market, firm, held[firm])
    freed = {} if own is None else dict(_taken(market, own, amount))
    return all(
        left[resource] + freed.get(resource, 0) >= used for resource, used in _taken(market, lane, amount)
    )
