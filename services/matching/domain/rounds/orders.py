"""From entrants with their lists to a round in whole numbers: who stands where, what there is, and the lottery.

The number of an entry is SHA-256 of the seed, of all entries and of its own pseudonym: the seed is fixed before anybody
enters (its hash is published), the entries before anybody but the platform knows the seed, so neither chooses numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from services.matching.domain.answer import Band
from services.matching.domain.rounds.market import Lane, RoundInput
from services.matching.domain.rounds.round import RoundCeiling, RoundQuota, RoundRule, Shortage

_BANDS = (Band.HIGH, Band.MEDIUM, Band.LOW)
_NO_LIMIT = 1 << 60

Rooms = Mapping[tuple[str, str], int]  # programme and guarantor: fen of loans


@dataclass(frozen=True, slots=True, order=True)
class LaneName:
    """A product, and for one that is guaranteed the programme and the guarantor."""

    product: str
    programme: str = ""
    guarantor: str = ""


@dataclass(frozen=True, slots=True, order=True)
class ResourceName:
    """`of`: a product, a programme, or a guarantor with the programme that it is about, if it is about one."""

    kind: Shortage
    of: str


@dataclass(frozen=True, slots=True)
class Wish:
    lane: LaneName
    band: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """`wishes` best first."""

    pseudonym: str
    amount_fen: int
    first_time: bool
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A market with the names of what is numbered in it; entrants in the order of their pseudonyms.

    `groups`: where the rule puts each entrant before the lottery, 0 first.
    """

    market: RoundInput
    entrants: tuple[Entrant, ...]
    groups: tuple[int, ...]
    lanes: tuple[LaneName, ...]
    resources: tuple[ResourceName, ...]


def build(
    rule: Sequence[RoundRule],
    quotas: Sequence[RoundQuota],
    ceilings: Sequence[RoundCeiling],
    rooms: Rooms,
    entrants: Sequence[Entrant],
    seed: str,
) -> Built:
    """The round of these entrants. What could not be had even if nobody else wished for it is no wish."""
    stock = _stock(quotas, ceilings, rooms)
    known = sorted((_feasible(one, stock) for one in entrants), key=lambda one: one.pseudonym)
    lanes = sorted({wish.lane for one in known for wish in one.wishes})
    resources = sorted({name for lane in lanes for name in (_place(lane), *_sums(lane, stock))})
    lane_at, resource_at = _places(lanes), _places(resources)
    groups = [_group(rule, one) for one in known]
    turns = _turns(groups, [one.pseudonym for one in known], seed)
    market = RoundInput(
        amounts=[one.amount_fen for one in known],
        turns=turns,
        wishes=[[lane_at[wish.lane] for wish in one.wishes] for one in known],
        standings=[
            [_code(rule, one, wish) * len(known) + turn for wish in one.wishes]
            for one, turn in zip(known, turns, strict=True)
        ],
        lanes=[
            Lane((resource_at[_place(lane)],), tuple(resource_at[name] for name in _sums(lane, stock)))
            for lane in lanes
        ],
        capacities=[stock[name] for name in resources],
        by_turn=[name.kind in (Shortage.GUARANTEE, Shortage.CEILING) for name in resources],
    )
    return Built(
        market=market,
        entrants=tuple(known),
        groups=tuple(groups),
        lanes=tuple(lanes),
        resources=tuple(resources),
    )


def lottery_number(seed: str, entries_sha256: str, pseudonym: str) -> str:
    return sha256(f"{seed}\n{entries_sha256}\n{pseudonym}".encode()).hexdigest()


def entries_hash(pseudonyms: Sequence[str]) -> str:
    return sha256("\n".join(sorted(pseudonyms)).encode()).hexdigest()


def _stock(
    quotas: Sequence[RoundQuota], ceilings: Sequence[RoundCeiling], rooms: Rooms
) -> dict[ResourceName, int]:
    """What there is of everything. A guarantor has over all its programmes what it has in the roomiest of them: its
    leverage counts for all, and is not told by itself."""
    stock = {ResourceName(Shortage.PLACES, one.product_id): one.places for one in quotas}
    for one in quotas:
        stock[ResourceName(Shortage.MONEY, one.product_id)] = one.amount_fen or _NO_LIMIT
    for (programme, guarantor), room in rooms.items():
        own, whole = _room(programme, guarantor), _guarantor(guarantor)
        stock[own] = max(room, 0)
        stock[whole] = max(stock.get(whole, 0), room)
    for ceiling in ceilings:
        stock[ResourceName(Shortage.CEILING, ceiling.programme)] = ceiling.amount_fen
    return stock


def _place(lane: LaneName) -> ResourceName:
    return ResourceName(Shortage.PLACES, lane.product)


def _room(programme: str, guarantor: str) -> ResourceName:
    return ResourceName(Shortage.GUARANTEE, f"{guarantor}/{programme}")


def _guarantor(guarantor: str) -> ResourceName:
    return ResourceName(Shortage.GUARANTEE, guarantor)


def _sums(lane: LaneName, stock: Mapping[ResourceName, int]) -> list[ResourceName]:
    money = ResourceName(Shortage.MONEY, lane.product)
    found = [money] if stock.get(money, _NO_LIMIT) < _NO_LIMIT else []
    if lane.guarantor:
        ceiling = ResourceName(Shortage.CEILING, lane.programme)
        found += [_room(lane.programme, lane.guarantor), _guarantor(lane.guarantor)]
        found += [ceiling] if ceiling in stock else []
    return found


def _feasible(entrant: Entrant, stock: Mapping[ResourceName, int]) -> Entrant:
    def fits(lane: LaneName) -> bool:
        enough = all(stock.get(name, 0) >= entrant.amount_fen for name in _sums(lane, stock))
        return enough and stock.get(_place(lane), 0) > 0

    return Entrant(
        pseudonym=entrant.pseudonym,
        amount_fen=entrant.amount_fen,
        first_time=entrant.first_time,
        wishes=tuple(wish for wish in entrant.wishes if fits(wish.lane)),
    )


def _places(names: Sequence[LaneName] | Sequence[ResourceName]) -> dict[object, int]:
    return {name: place for place, name in enumerate(names)}


def _group(rule: Sequence[RoundRule], entrant: Entrant) -> int:
    return int(RoundRule.FIRST_TIME in rule and not entrant.first_time)


def _turns(groups: Sequence[int], pseudonyms: Sequence[str], seed: str) -> list[int]:
    of_all = entries_hash(pseudonyms)
    numbers = [lottery_number(seed, of_all, one) for one in pseudonyms]
    order = sorted(range(len(groups)), key=lambda firm: (groups[firm], numbers[firm]))
    turns = [0] * len(groups)
    for turn, firm in enumerate(order):
        turns[firm] = turn
    return turns


def _code(rule: Sequence[RoundRule], entrant: Entrant, wish: Wish) -> int:
    """What goes before the turn at a product, as one number."""
    code = 0
    for one in rule:
        digit = _BANDS.index(wish.band) if one is RoundRule.LIKELIHOOD else int(not entrant.first_time)
        code = code * len(_BANDS) + digit
    return code
