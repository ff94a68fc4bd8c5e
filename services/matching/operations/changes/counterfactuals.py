"""What to change when nothing fits: rules, score, security and capacity together, each way matched again.

The index orders products by how near they can be; the nearest are worked out exactly, one by one, until none that is
left could come before those found. A rule that is not public gives no number: who fails one is counted and left out,
and no fact is moved on which a product has such a rule.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from libs.criteria.vocabulary import Words
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MAX_MONTHS, Family, MatchRequest
from services.matching.domain.changes.counterfactual import Changes, Way
from services.matching.domain.changes.effort import Effort, nearest_code, nearest_number
from services.matching.domain.changes.moves import Moves, Situation, moved
from services.matching.domain.changes.nearest import Ask, Facts, Room, least_moves
from services.matching.domain.changes.words import changes_of
from services.matching.domain.firm import Firm
from services.matching.index.alone import Alone, Verdict
from services.matching.index.found import Entry
from services.matching.index.layout import (
    COLLATERAL,
    FACT_BIT,
    FACT_BITS,
    FACT_NAMES,
    GUARANTEE,
    INTEGER_FACTS,
    IP_PLEDGE,
    UNSECURED,
    Bit,
    bits_of,
)
from services.matching.index.nearness import Near, Target, fixed_bits, nearest_first
from services.matching.index.query import Query
from services.matching.index.terms import HIGHEST, LOWEST
from services.matching.operations import explain
from services.matching.operations.asking import need_of, query_of
from services.matching.operations.changes.rooms import Rooms
from services.matching.operations.rulebook import Rulebook

_OF_ONE_PRODUCT = 2  # alternatives of one product among those of the market
_MOST_TRIED = 200  # products worked out exactly
_ANYWHERE = Room(most_fen=HIGHEST, most_months=MAX_MONTHS)
_FREE = UNSECURED | COLLATERAL

TARGETS = {
    Family.FIRST_LOAN: Target(first_loan=True),
    Family.IP_PLEDGE: Target(mode=IP_PLEDGE),
    Family.GUARANTEE: Target(mode=GUARANTEE),
}
ANY = Target()


@dataclass(frozen=True, slots=True)
class Found:
    """A way, what it moves, and what it is ordered by."""

    moves: Moves
    days: int
    tie: int
    way: Way

    @property
    def order(self) -> tuple[int, int, int]:
        return len(self.moves.parts), self.days, self.tie


class Search:
    """One firm and its request in one market, held still by the caller."""

    def __init__(self, catalogue: Catalogue, rules: Rulebook, firm: Firm, request: MatchRequest) -> None:
        self.catalogue = catalogue
        self.rules = rules
        self.asked = Situation(firm, request, rules.today)
        self.query = self.query_for(self.asked)
        self._rooms = Rooms(catalogue, self.asked)
        self._fixed = fixed_bits(rules.effort)

    def query_for(self, situation: Situation) -> Query:
        """As a recommendation on that day would ask."""
        rules = replace(self.rules, today=situation.today)
        return query_of(self.catalogue, need_of(self.catalogue, rules, situation.firm, situation.request))

    def near(self, target: Target) -> Near:
        read = partial(nearest_first, effort=self.rules.effort, target=target, most=_MOST_TRIED)
        return self.catalogue.index.look(self.query, read, wishes=False)

    def alone(self, slot: int) -> Alone:
        return self.catalogue.index.alone(slot, self.query)

    def ways(self, slot: int, fail: int, target: Target = ANY) -> list[Found]:
        """Every least way to the product that fails so, smallest first; none where what it fails is not public."""
        alone = self.alone(slot)
        ask = self._ask(alone, fail, target)
        if ask is None:
            return []
        entry, told = self.catalogue.index.entry(slot), list[Found]()
        for moves in least_moves(ask, self.asked):
            judged = self.judged(alone, moves)
            if fits(judged, target):
                insort(told, self._found(entry, alone, moves, judged), key=lambda one: one.order)
        return told

    def judged(self, alone: Alone, moves: Moves) -> Verdict:
        """The product, matched again for the changed firm and request."""
        return alone.judge(self.query_for(moved(self.asked, moves)), wishes=False)

    def days(self, moves: Moves) -> int:
        return _days(self.rules.effort, moves, self.asked)

    def _found(self, entry: Entry, alone: Alone, moves: Moves, judged: Verdict) -> Found:
        offer, days = entry.offer, self.days(moves)
        bound = judged.modes == COLLATERAL
        way = Way(
            product_id=offer.id,
            product_name=offer.terms.name,
            bank=offer.bank,
            bank_name=self.catalogue.name(offer.bank),
            changes=changes_of(moves, self.asked),
            effort_days=days,
            missing=explain.missing(entry, judged.unknown, bound),
        )
        return Found(moves, days, alone.tie, way)

    def _ask(self, alone: Alone, fail: int, target: Target) -> Ask | None:
        """What the product asks; None where something of it cannot change, or its bank does not say it."""
        if fail & (alone.hidden | self._fixed):
            return None
        tiers = self._tiers(alone, fail)
        facts = self._facts(alone, fail, spared=tiers[0] if tiers else "")
        if facts is None:
            return None
        amount, term = alone.interval(Bit.AMOUNT), alone.interval(Bit.TERM)
        lends = Room(
            least_fen=amount[0],
            most_fen=amount[1],
            least_months=term[0],
            most_months=min(term[1], MAX_MONTHS),
        )
        return Ask(
            lends=lends,
            facts=facts,
            tiers=tiers[1] if tiers else [((), HIGHEST)],
            secured=partial(self._secured, alone, target),
        )

    def _facts(self, alone: Alone, fail: int, spared: str) -> Facts | None:
        """The nearest values of the facts that fail, without that of the tiers."""
        found = dict[str, int]()
        for bit in bits_of(fail & (1 << FACT_BITS) - 1):
            fact = FACT_NAMES[bit]
            if fact != spared:
                value = self._nearest_value(
                    alone, bit, [alone.interval(bit)] if bit < len(INTEGER_FACTS) else []
                )
                if value is None:
                    return None
                found[fact] = value
        return tuple(sorted(found.items()))

    def _nearest_value(self, alone: Alone, bit: int, ranges: Iterable[tuple[int, int]]) -> int | None:
        fact = FACT_NAMES[bit]
        step, held = self.rules.effort.step(fact), self.asked.firm.facts[fact]
        if step is None:
            return None
        if bit < len(INTEGER_FACTS):
            return nearest_number(step, held, ranges)
        return nearest_code(fact, step, held, alone.allowed(bit))

    def _tiers(self, alone: Alone, fail: int) -> tuple[str, Sequence[tuple[Facts, int]]] | None:
        """The fact of the amount tiers, and what is lent at which value of it; None where there are no tiers."""
        _, tiers = alone.tiers
        if not tiers:
            return None
        fact = tiers[0][0]
        held = self.asked.firm.facts.get(fact)
        if held is None:
            return fact, [((), max(lent for _, _, lent in tiers))]
        told = list[tuple[Facts, int]]()
        for low, high, lent in _ranges(tiers):
            value = self._tier_value(alone, fact, held, (low, high), fail)
            if value is not None:
                told.append((((fact, value),) if value != held else (), lent))
        return fact, told

    def _tier_value(self, alone: Alone, fact: str, held: int, tier: tuple[int, int], fail: int) -> int | None:
        """The nearest value within the tier at which the rules on the fact hold too; None where it cannot get there."""
        bit = FACT_BIT.get(fact)
        if bit is None or alone.hidden >> bit & 1 or self.rules.effort.step(fact) is None:
            return held if tier[0] <= held <= tier[1] else None
        low, high = (LOWEST, HIGHEST) if alone.waived >> bit & 1 else alone.interval(bit)
        return self._nearest_value(alone, bit, [(max(low, tier[0]), min(high, tier[1]))])

    def _secured(self, alone: Alone, target: Target, facts: Facts) -> Sequence[Room]:
        """The rooms of every way to secure the loan that the product takes, once the facts have changed."""
        taken, pledged, guaranteed = alone.setting
        if taken & _FREE and not target.mode:
            return [_ANYWHERE]
        modes, then = taken & (target.mode or taken), moved(self.asked, Moves(facts=facts))
        rooms = list[Room]()
        if modes & IP_PLEDGE:
            rooms += self._rooms.pledged(pledged, then)
        if modes & GUARANTEE:
            rooms += self._rooms.guaranteed(guaranteed, then)
        return rooms


def fits(judged: Verdict, target: Target) -> bool:
    """Whether a product that was judged alone is eligible, in the way that is wanted."""
    return not judged.fail and (not target.mode or bool(judged.modes & target.mode))


def changes(
    catalogue: Catalogue, rules: Rulebook, firm: Firm, request: MatchRequest, families: Sequence[Family] = ()
) -> Changes:
    """The smallest ways over the whole market, or to what these families lack."""
    search = Search(catalogue, rules, firm, request)
    targets = [TARGETS[family] for family in families if _can_have(firm, family)] if families else [ANY]
    nears = [search.near(target) for target in targets]
    told = _merged([_best(search, near, target) for near, target in zip(nears, targets, strict=True)])
    untold = max((near.untold for near in nears), default=0)
    fixed = max((near.fixed for near in nears), default=0)
    return answer(rules, told[: rules.effort.shown], untold, fixed)


def changes_of_product(
    catalogue: Catalogue, rules: Rulebook, firm: Firm, request: MatchRequest, slot: int
) -> Changes:
    """Every least way to one product; none where it fits."""
    search = Search(catalogue, rules, firm, request)
    alone = search.alone(slot)
    fail = search.judged(alone, Moves()).fail
    fixed = bool(fail & fixed_bits(rules.effort))
    untold = not fixed and bool(fail & alone.hidden)
    return answer(rules, search.ways(slot, fail) if fail else [], int(untold), int(fixed))


def _can_have(firm: Firm, family: Family) -> bool:
    """Who had a loan before will never again have a first one."""
    return family is not Family.FIRST_LOAN or firm.first_time_borrower


def answer(rules: Rulebook, found: Iterable[Found], untold: int, fixed: int) -> Changes:
    words = _note(untold)
    return Changes(
        ways=tuple(one.way for one in found),
        untold=untold,
        fixed=fixed,
        effort=rules.effort.name,
        note=words.zh,
        note_en=words.en,
    )


def _best(search: Search, near: Near, target: Target) -> list[Found]:
    """The smallest ways of all: once enough are found, no product is tried whose least is beyond them."""
    shown, best = search.rules.effort.shown, list[Found]()
    for slot, fail, *least in _tried(near):
        if len(best) >= shown and tuple(least) > best[shown - 1].order:
            break
        for found in search.ways(slot, fail, target)[:_OF_ONE_PRODUCT]:
            insort(best, found, key=lambda one: one.order)
    return best[:shown]


def _tried(near: Near) -> Iterator[tuple[int, ...]]:
    rows = (near.slots, near.fails, near.changes, near.days, near.ties)
    return zip(*(row.tolist() for row in rows), strict=True)


def _merged(lists: Sequence[list[Found]]) -> list[Found]:
    """The best of each family first, then the best of all; each way once."""
    ahead = [found[0] for found in lists if found]
    rest = sorted((one for found in lists for one in found[1:]), key=lambda one: one.order)
    return list({(one.way.product_id, one.moves): one for one in (*ahead, *rest)}.values())


def _ranges(tiers: Sequence[tuple[str, int | None, int]]) -> Iterator[tuple[int, int, int]]:
    """From which value to which each tier goes, and what it lends: the first that holds counts."""
    above = LOWEST
    for _, up_to, lent in tiers:
        high = HIGHEST if up_to is None else up_to
        yield above, high, lent
        above = max(above, high + 1)


def _days(effort: Effort, moves: Moves, asked: Situation) -> int:
    held: Mapping[str, int] = asked.firm.facts
    days = 0
    for fact, value in moves.facts:
        step = effort.step(fact)
        days += step.days(value - held[fact]) if step else 0
    if moves.amount_fen is not None:
        days += effort.amount_days(asked.request.amount_fen, moves.amount_fen - asked.request.amount_fen)
    if moves.term_months is not None:
        days += effort.term_month * abs(moves.term_months - asked.request.term_months)
    if moves.right is not None:
        days += effort.pledge_days(asked.request.amount_fen, moves.right.appraised_fen or 0)
    return days


def _note(untold: int) -> Words:
    if not untold:
        return Words("", "")
    return Words(
        f"另有{untold}个产品未满足银行不公开的规则，平台不知如何改变，也不给出数字；请直接咨询银行",
        f"{untold} more products fail a rule that their bank does not publish: no number is given for it, ask the bank",
    )
