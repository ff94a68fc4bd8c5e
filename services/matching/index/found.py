"""What a search found, in terms of products."""

from dataclasses import dataclass

from libs.chassis import wire
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.answer import Family
from services.matching.domain.offer import Offer

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

    __slots__ = ("_data", "_offer", "bank", "first_loan", "product_id")

    def __init__(self, product: pb.Product) -> None:
        self.product_id = product.id
        self.bank = product.bank
        self.first_loan = pb.PRODUCT_FLAG_FIRST_LOAN in product.terms.flags
        self._data = product.SerializeToString()
        self._offer: Offer | None = None

    @property
    def offer(self) -> Offer:
        if self._offer is None:
            self._offer = wire.from_message(Offer, pb.Product.FromString(self._data), without=_UNREAD)
        return self._offer


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that fits. `value` is an estimate; masks by layout; `modes`: how it can be secured."""

    entry: Entry
    value: int
    unknown: int
    soft: int
    modes: int


@dataclass(frozen=True, slots=True)
class Miss:
    """A product and the rules that it fails; none where only its family does not suit the firm."""

    entry: Entry
    fail: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Found:
    """`best` and `by_family` best first, `near` with fewest failed rules first.

    `nearest` has an entry for each family without a hit: the product that comes closest, None where there is none.
    """

    considered: int
    eligible: int
    best: tuple[Hit, ...]
    by_family: dict[Family, tuple[Hit, ...]]
    near: tuple[Miss, ...]
    nearest: dict[Family, Miss | None]
