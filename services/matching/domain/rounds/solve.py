"""THE decision of a round: an outcome that no firm can call unjust (decision record 0021).

Firms propose first, the better turn first; what a lane lacks for one is taken from those behind it there. Then
vacancies go up: a lane whose first claimant fits takes it, until none does. Who is in a lane outranks who claims it at
every moment of the second part, and firms only improve in it: it ends, and where it ends nobody blocks.
"""

from heapq import heapify, heappop, heappush

from services.matching.domain.rounds.market import Closure, Lane, Outcome, RoundInput

Claim = tuple[int, int, int]  # standing, firm, which of its wishes

_NEVER = 1 << 62


def solve(market: RoundInput) -> Outcome:
    """The outcome of a round. The same input, its firms and lanes in whatever order, has the same outcome."""
    board = _Board(market)
    _Proposals(board).run()
    vacancies = _Vacancies(board)
    vacancies.run()
    held = (
        rank if rank < len(wishes) else None for rank, wishes in zip(board.rank, market.wishes, strict=True)
    )
    return Outcome(
        held=tuple(held), closures=tuple(vacancies.closure(lane) for lane in range(len(market.lanes)))
    )


class _Board:
    """Who holds what. `rank` by firm: which of its wishes it holds, as many as it has: none.

    `now` by firm: that lane, or -1. `left` by resource.
    """

    def __init__(self, market: RoundInput) -> None:
        self.market = market
        self.left = list(market.capacities)
        self.rank = [len(wishes) for wishes in market.wishes]
        self.now = [-1] * len(market.wishes)

    def take(self, firm: int, rank: int) -> None:
        lane, amount, left = self.market.wishes[firm][rank], self.market.amounts[firm], self.left
        self.rank[firm], self.now[firm] = rank, lane
        for resource in self.market.lanes[lane].places:
            left[resource] -= 1
        for resource in self.market.lanes[lane].sums:
            left[resource] -= amount

    def leave(self, firm: int) -> Lane | None:
        """Give up what it holds, if anything; the lane that it left."""
        if self.now[firm] < 0:
            return None
        lane, amount, left = self.market.lanes[self.now[firm]], self.market.amounts[firm], self.left
        for resource in lane.places:
            left[resource] += 1
        for resource in lane.sums:
            left[resource] += amount
        self.rank[firm], self.now[firm] = len(self.market.wishes[firm]), -1
        return lane

    def lacks(self, firm: int, lane: Lane) -> int:
        """The first resource of which too little is left for a firm, beside what it holds itself; -1: it fits."""
        left, amount = self.left, self.market.amounts[firm]
        for resource in lane.places:
            if left[resource] < 1 and not self.would_free(firm, resource):
                return resource
        for resource in lane.sums:
            if left[resource] < amount and left[resource] + self.would_free(firm, resource) < amount:
                return resource
        return -1

    def would_free(self, firm: int, resource: int) -> int:
        if self.now[firm] < 0:
            return 0
        held = self.market.lanes[self.now[firm]]
        return dict(held.uses(self.market.amounts[firm])).get(resource, 0)


class _Proposals:
    """Each firm asks down its list. A lane that refused a firm refuses all behind it from then on (its cut-off)."""

    def __init__(self, board: _Board) -> None:
        market = board.market
        self.board, self.market = board, market
        self.cut_off = [_NEVER] * len(market.lanes)
        self.following = [0] * len(market.wishes)  # which wish a firm asks for next
        self.members: list[list[tuple[int, int]]] = [[] for _ in market.lanes]  # (-standing, firm)
        self.waiting = [(turn, firm) for firm, turn in enumerate(market.turns)]

    def run(self) -> None:
        heapify(self.waiting)
        while self.waiting:
            self._ask(heappop(self.waiting)[1])

    def _ask(self, firm: int) -> None:
        wishes, standings = self.market.wishes[firm], self.market.standings[firm]
        for rank in range(self.following[firm], len(wishes)):
            lane, standing = wishes[rank], standings[rank]
            if standing < self.cut_off[lane]:
                if self._make_room(firm, lane, standing):
                    self._hold(firm, rank, lane, standing)
                    return
                self._refuse(lane, standing)
        self.following[firm] = len(wishes)

    def _hold(self, firm: int, rank: int, lane: int, standing: int) -> None:
        self.board.take(firm, rank)
        self.following[firm] = rank + 1
        heappush(self.members[lane], (-standing, firm))

    def _make_room(self, firm: int, lane: int, standing: int) -> bool:
        """From those behind it in the lane, who must give way to it in any case; whether that is enough."""
        way = self.market.lanes[lane]
        while self.board.lacks(firm, way) >= 0:
            if not self._drop_last(lane, standing):
                return False
        return True

    def _drop_last(self, lane: int, standing: int) -> bool:
        """Refuse the last of a lane if it stands behind; whether one did."""
        members = self.members[lane]
        if not members or -members[0][0] <= standing:
            return False
        behind, firm = heappop(members)
        self.cut_off[lane] = -behind
        self.board.leave(firm)
        heappush(self.waiting, (self.market.turns[firm], firm))
        return True

    def _refuse(self, lane: int, standing: int) -> None:
        self.cut_off[lane] = min(self.cut_off[lane], standing)
        while self._drop_last(lane, standing):
            pass


class _Vacancies:
    """Lanes and their claimants, who like them better than what they hold, in the order of the lane."""

    def __init__(self, board: _Board) -> None:
        self.board, self.market = board, board.market
        self.claims: list[list[Claim]] = [[] for _ in self.market.lanes]
        for firm, wishes in enumerate(self.market.wishes):
            standings = self.market.standings[firm]
            for rank in range(board.rank[firm]):
                self.claims[wishes[rank]].append((standings[rank], firm, rank))
        for claims in self.claims:
            claims.sort(reverse=True)  # the first stands last, to be popped
        self.watchers: list[list[int]] = [[] for _ in self.market.capacities]
        self.open: list[tuple[int, int, int]] = []  # (turn, rank, lane) of first claimants to be looked at

    def run(self) -> None:
        for lane in range(len(self.market.lanes)):
            self._look_again(lane)
        while self.open:
            _, _, lane = heappop(self.open)
            claim = self._first(lane)
            if claim is not None:
                self._serve(lane, claim)

    def closure(self, lane: int) -> Closure | None:
        claim = self._first(lane)
        if claim is None:
            return None
        standing, firm, _ = claim
        way = self.market.lanes[lane]
        resource = self.board.lacks(firm, way)
        needed = dict(way.uses(self.market.amounts[firm]))[resource]
        left = self.board.left[resource] + self.board.would_free(firm, resource)
        return Closure(standing=standing, resource=resource, left=left, needed=needed)

    def _first(self, lane: int) -> Claim | None:
        claims, rank = self.claims[lane], self.board.rank
        while claims and claims[-1][2] >= rank[claims[-1][1]]:
            claims.pop()
        return claims[-1] if claims else None

    def _look_again(self, lane: int) -> None:
        claim = self._first(lane)
        if claim is not None:
            heappush(self.open, (self.market.turns[claim[1]], claim[2], lane))

    def _serve(self, lane: int, claim: Claim) -> None:
        """The first claimant moves in, or the lane waits for what it lacks."""
        _, firm, rank = claim
        resource = self.board.lacks(firm, self.market.lanes[lane])
        if resource >= 0:
            self.watchers[resource].append(lane)
        else:
            self._move(firm, rank)

    def _move(self, firm: int, rank: int) -> None:
        """Whoever waits for what the firm gives up looks again, and so do the lanes that it claims or claimed: what it
        would free itself is another now."""
        before = self.board.rank[firm]
        left_behind = self.board.leave(firm)
        self.board.take(firm, rank)
        again = set(self.market.wishes[firm][:before])
        for resource, _ in left_behind.uses(0) if left_behind is not None else ():
            again.update(self.watchers[resource])
            self.watchers[resource] = []
        for lane in again:
            self._look_again(lane)
