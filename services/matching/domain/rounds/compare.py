"""What a round did, beside first come, first served with the same firms and the same room."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from libs.criteria.shape import Shape
from libs.finance.money import PPM
from services.matching.domain.rounds.check import blocking_pairs
from services.matching.domain.rounds.market import RoundInput, lane_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFigures(Shape):
    """`mean_rank_ppm`: of those placed, 1,000,000 is a first wish. `blocking`: firms and lanes that block.

    `outranked`: lanes whose first claimant would fit if all who stand behind it in the order of what it lacks gave way;
    unavoidable where orders cross, and 0 where all share one.
    """

    placed: int
    amount_fen: int
    first_time_placed: int
    mean_rank_ppm: int
    blocking: int
    outranked: int


def first_come(market: RoundInput, arrivals: Sequence[int]) -> tuple[int | None, ...]:
    """Which of its wishes each firm gets when each in turn of `arrivals` takes the best that fits."""
    left = list(market.capacities)
    held: list[int | None] = [None] * len(market.wishes)
    for firm in arrivals:
        held[firm] = _best_that_fits(market, left, firm)
    return tuple(held)


def figures(market: RoundInput, held: Sequence[int | None], first_time: Sequence[bool]) -> RoundFigures:
    placed = [firm for firm, rank in enumerate(held) if rank is not None]
    ranks = sum((rank or 0) + 1 for rank in held if rank is not None)
    return RoundFigures(
        placed=len(placed),
        amount_fen=sum(market.amounts[firm] for firm in placed),
        first_time_placed=sum(first_time[firm] for firm in placed),
        mean_rank_ppm=ranks * PPM // len(placed) if placed else 0,
        blocking=len(blocking_pairs(market, held)),
        outranked=sum(1 for _ in outranked(market, held)),
    )


def outranked(market: RoundInput, held: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    """Lanes and their first claimants, where these would fit beside those who stand before them."""
    first: dict[int, tuple[int, int, int]] = {}  # lane: (standing, firm, rank)
    for firm, wishes in enumerate(market.wishes):
        got = held[firm]
        for rank in range(len(wishes) if got is None else got):
            claim = (market.standings[firm][rank], firm, rank)
            first[wishes[rank]] = min(claim, first.get(wishes[rank], claim))
    ahead = _Ahead(market, held)
    return ((firm, lane) for lane, (_, firm, rank) in first.items() if ahead.fits(firm, rank))


class _Ahead:
    """Of each resource, how much those who stand before a place in its order hold."""

    def __init__(self, market: RoundInput, held: Sequence[int | None]) -> None:
        self.market = market
        holders: list[list[tuple[int, int]]] = [[] for _ in market.capacities]  # (order, used)
        for firm, rank in enumerate(held):
            lane = lane_of(market, firm, rank)
            if lane is not None and rank is not None:
                for resource, used in market.lanes[lane].uses(market.amounts[firm]):
                    holders[resource].append((self._order(firm, rank, resource), used))
        for of_resource in holders:
            of_resource.sort()
        self.orders = [[order for order, _ in one] for one in holders]
        self.used = [[0, *accumulate(used for _, used in one)] for one in holders]

    def fits(self, firm: int, rank: int) -> bool:
        lane = self.market.lanes[self.market.wishes[firm][rank]]
        return all(
            self._before(resource, self._order(firm, rank, resource)) + used
            <= self.market.capacities[resource]
            for resource, used in lane.uses(self.market.amounts[firm])
        )

    def _before(self, resource: int, order: int) -> int:
        return self.used[resource][bisect_left(self.orders[resource], order)]

    def _order(self, firm: int, rank: int, resource: int) -> int:
        market = self.market
        return market.turns[firm] if market.by_turn[resource] else market.standings[firm][rank]


def _best_that_fits(market: RoundInput, left: list[int], firm: int) -> int | None:
    amount = market.amounts[firm]
    for rank, lane in enumerate(market.wishes[firm]):
        wanted = list(market.lanes[lane].uses(amount))
        if all(left[resource] >= used for resource, used in wanted):
            for resource, used in wanted:
                left[resource] -= used
            return rank
    return None
