"""What a search found, in terms of products."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, TypeVar, cast

from libs.chassis import wire
from libs.criteria.evaluate import Criterion
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.answer import Family
from services.matching.domain.offer import Offer
from services.matching.index.layout import COLLATERAL, GUARANTEE, IP_PLEDGE, UNSECURED
from services.matching.index.message import Product, listed, product_of

T = TypeVar("T")

_FAMILY_OF = {
    UNSECURED: Family.OTHER,
    COLLATERAL: Family.OTHER,
    IP_PLEDGE: Family.IP_PLEDGE,
    GUARANTEE: Family.GUARANTEE,
}

_UNREAD = (
    "external_id",
    "status",
    "created_by",
    "published_by",
    "published_at",
    "checked_by",
    "checked_at",
    "rates",
)


class Entry:
    """A product on the market: its message, and the offer in it once somebody asks."""

    __slots__ = ("_made", "_offer", "bank", "data", "first_loan", "product_id")

    def __init__(self, data: bytes, product: Product | None = None) -> None:
        """`data`: the product's message; `product`: what was read of it, of who has it already."""
        product = product or product_of(data)
        self.product_id = product.id
        self.bank = product.bank
        self.first_loan = pb.PRODUCT_FLAG_FIRST_LOAN in listed(product.terms.flags)
        self.data = data
        self._offer: Offer | None = None
        self._made: dict[object, object] | None = None

    def once(self, make: Callable[[Offer], T]) -> T:
        """What `make` makes of the offer; made when it is first asked for."""
        made = self._made = self._made or {}
        known = made.get(make)
        if known is None:
            known = made[make] = make(self.offer)
        return cast(T, known)

    @property
    def offer(self) -> Offer:
        if self._offer is None:
            self._offer = _offer_of(self.data)
        return self._offer


def _offer_of(data: bytes) -> Offer:
    """Its criteria are most of the message, and banks repeat each other: each is read once."""
    message = pb.Product.FromString(data)
    message.terms.ClearField("criteria")
    offer = wire.from_message(Offer, message, without=_UNREAD)
    criteria = tuple(map(_criterion_of, listed(product_of(data).terms.criteria)))
    return replace(offer, terms=replace(offer.terms, criteria=criteria))


@lru_cache(maxsize=20_000)
def _criterion_of(data: bytes) -> Criterion:
    return wire.from_message(Criterion, pb.Criterion.FromString(data))


class Hit(NamedTuple):
    """A product that fits, secured in the way `mode`. `value` is an estimate; masks by layout.

    `soft`: wishes that the firm does not meet. `waived`: hard rules that it breaks and that the bank does not hold
    against it. `first`: it would be a first loan (0, 1).
    """

    entry: Entry
    value: int
    unknown: int
    soft: int
    waived: int
    mode: int
    first: int

    @property
    def product(self) -> str:
        return self.entry.product_id

    @property
    def bank(self) -> str:
        return self.entry.bank

    @property
    def place(self) -> tuple[int, str]:
        """What it is ordered by among all, best first."""
        return -self.value, self.entry.product_id

    @property
    def family(self) -> Family:
        return _TRAITS[self.first][self.mode][0]

    @property
    def traits(self) -> tuple[Family, ...]:
        """All families that it could stand in, its own first."""
        return _TRAITS[self.first][self.mode]


def _families(first: bool, mode: int) -> tuple[Family, ...]:
    own = _FAMILY_OF[mode]
    return ((Family.FIRST_LOAN,) if own is Family.OTHER else (Family.FIRST_LOAN, own)) if first else (own,)


# By whether it would be a first loan, and by mode.
_TRAITS = tuple({mode: _families(first, mode) for mode in _FAMILY_OF} for first in (False, True))


class Miss(NamedTuple):
    """A product and the rules that it fails; none where only its family does not suit the firm."""

    entry: Entry
    fail: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Found:
    """`best` (each product as it is worth most) and `by_family` best first, `near` with fewest failed rules first.

    `nearest` has an entry for each family without a hit: the product that comes closest, None where there is none.
    """

    considered: int
    eligible: int
    best: tuple[Hit, ...]
    by_family: dict[Family, tuple[Hit, ...]]
    near: tuple[Miss, ...]
    nearest: dict[Family, Miss | None]
