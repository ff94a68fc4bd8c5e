"""The index of one process: products come and go by state events, requests are answered from planes and columns.

Products that come wait for the next question, or for some thousand others: together they cost a tenth.
"""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar, cast

import numpy as np

from libs.criteria.violation import Violation
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.answer import NAMED, Family
from services.matching.domain.likelihood import LikelihoodModel
from services.matching.index import reference
from services.matching.index.alone import Alone, alone
from services.matching.index.columns import Columns, Row
from services.matching.index.engine import (
    CompiledEngine,
    Engine,
    Kernels,
    Members,
    NumpyEngine,
    Work,
    members_of,
)
from services.matching.index.found import Entry, Found, Hit, Miss
from services.matching.index.message import product_of
from services.matching.index.planes import Planes
from services.matching.index.query import (
    COUNT_ELIGIBLE,
    COUNT_NEAR,
    COUNT_POOLS,
    EVERY_FACT,
    POOL_ROWS,
    Out,
    Pool,
    Query,
)

T = TypeVar("T")

SHORT_LIST = 40
_MOST_WAITING = 4_096
_PLANES_A_REQUEST = 256  # more than one request can make

_hit: Callable[[Iterable[object]], Hit] = partial(cast(Any, tuple.__new__), Hit)  # Hit._make, thrice as fast

_POOL_OF = {
    Family.FIRST_LOAN: Pool.FIRST_LOAN,
    Family.IP_PLEDGE: Pool.IP_PLEDGE,
    Family.GUARANTEE: Pool.GUARANTEE,
}


class Index:
    """Products by id in one set of columns. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._columns = Columns()
        self._planes = Planes(self._columns)
        self._engine: Engine = NumpyEngine()
        self._slots: dict[str, int] = {}
        self._entries: list[Entry] = []
        self._waiting: dict[int, Row] = {}  # what was put since the last question, by slot
        self._active = 0
        self._members: dict[Family, Members] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many products are on the market."""
        self.settle()
        return self._active

    @property
    def compiled(self) -> bool:
        return isinstance(self._engine, CompiledEngine)

    def use(self, kernels: Kernels) -> None:
        """From now on let the compiled kernels answer."""
        with self._lock:
            self._engine = CompiledEngine(kernels, self._planes)

    def put(self, product: pb.Product) -> None:
        """Take a product in, or a newer version in place of the older.

        Raises Violation for rules that the vocabulary does not know; the product is then off the market.
        """
        self.take(product.SerializeToString())

    def take(self, data: bytes) -> None:
        """The same from the product's message."""
        product = product_of(data)
        with self._lock:
            try:
                row = self._columns.read(product)
            except Violation:
                self._withdraw(product.id)
                raise
            self._waiting[self._slot(Entry(data, product))] = row
            if len(self._waiting) == _MOST_WAITING:
                self._settle()

    def settle(self) -> None:
        """Take in what was put since the last question; the next one would see to it too."""
        with self._lock:
            self._settle()

    def withdraw(self, product_id: str) -> None:
        """Take a product off the market; one that is not there changes nothing."""
        with self._lock:
            self._withdraw(product_id)

    def search(self, query: Query, short_list: int = SHORT_LIST) -> Found:
        """What fits best, `short_list` products of all and of each family, and what nearly fits."""
        with self._lock:
            self._settle()
            if not self._planes.has_room(_PLANES_A_REQUEST):
                self._planes.forget()
            self._weigh(query.model)
            work = Work(self._columns, query, short_list, self._waived(query))
            engine = self._engine if query.real is None else NumpyEngine()
            engine.search(work)
            return self._found(work, engine)

    def products(self) -> list[bytes]:
        """Every product on the market, as its message."""
        with self._lock:
            self._settle()
            return [self._entries[slot].data for slot in np.flatnonzero(self._columns.active)]

    def bank_of(self, product_id: str) -> str | None:
        """Whose a product on the market is; None for one that is not there."""
        with self._lock:
            self._settle()
            slot = self._slots.get(product_id)
            return None if slot is None or not self._columns.active[slot] else self._entries[slot].bank

    def weigh(self, model: LikelihoodModel) -> None:
        """Be ready for requests under this model; the first of them would see to it too."""
        with self._lock:
            self._settle()
            self._weigh(model)

    def judge(self, query: Query) -> dict[str, tuple[int, int]]:
        """FAIL and UNKNOWN mask of every product on the market, from the columns."""
        with self._lock:
            self._settle()
            work = Work(self._columns, query, 1, self._waived(query))
            judged = reference.judge(self._columns, query, work.numbers, work.reached, work.fees, work.waived)
            return {
                self._entries[slot].product_id: (int(judged.fail[slot]), int(judged.unknown[slot]))
                for slot in np.flatnonzero(self._columns.active)
            }

    def look(self, query: Query, read: Callable[[Work, reference.Judged], T], *, wishes: bool = True) -> T:
        """What `read` makes of every product as this query judges it; nothing changes meanwhile.

        Without `wishes`, soft rules are not judged, which halves the work.
        """
        with self._lock:
            self._settle()
            work = Work(self._columns, query, 1, self._waived(query))
            judged = reference.judge(
                self._columns, query, work.numbers, work.reached, work.fees, work.waived, wishes=wishes
            )
            return read(work, judged)

    def alone(self, slot: int, query: Query) -> Alone:
        """One product cut out of the market, with what is waived of it."""
        with self._lock:
            self._settle()
            return alone(self._columns, slot, query.waived.get(self._entries[slot].product_id, 0))

    def entry(self, slot: int) -> Entry:
        return self._entries[slot]

    def slot(self, product_id: str) -> int | None:
        """Where a product of the market stands; None where it is not on it."""
        slot = self._slots.get(product_id)
        there = slot is not None and (slot in self._waiting or self._columns.active[slot])
        return slot if there else None

    def _settle(self) -> None:
        if self._waiting:
            slots = list(self._waiting)
            self._columns.write(slots, list(self._waiting.values()))
            self._active = int(np.count_nonzero(self._columns.active))
            self._waiting.clear()
            self._planes.learn()
            self._planes.patch(slots)
            self._members.clear()

    def _withdraw(self, product_id: str) -> None:
        slot = self._slots.get(product_id)
        if slot is None:
            return
        self._waiting.pop(slot, None)
        if self._columns.active[slot]:
            self._columns.active[slot] = False
            self._active -= 1
            self._planes.patch_active(slot)
            self._members.clear()

    def _weigh(self, model: LikelihoodModel) -> None:
        held = self._columns.model
        if held is not model and held != model:
            self._columns.weigh(model, self._slots)

    def _waived(self, query: Query) -> list[tuple[int, int]]:
        known = ((self._slots.get(product_id), mask) for product_id, mask in query.waived.items())
        return [(slot, mask & EVERY_FACT) for slot, mask in known if slot is not None]

    def _slot(self, entry: Entry) -> int:
        known = self._slots.get(entry.product_id)
        if known is not None:
            self._entries[known] = entry
            return known
        capacity = self._columns.capacity
        slot = self._slots[entry.product_id] = self._columns.new_slot()
        self._entries.append(entry)
        if self._columns.capacity != capacity:
            self._planes.forget()
        return slot

    def _found(self, work: Work, engine: Engine) -> Found:
        counts: list[int] = work.out[Out.COUNTS].tolist()
        near: list[list[int]] = work.out[Out.NEAR_SLOT : Out.POOLS, : counts[COUNT_NEAR]].T.tolist()
        by_family = {family: self._hits(work, pool, counts) for family, pool in _POOL_OF.items()}
        return Found(
            considered=self._active,
            eligible=counts[COUNT_ELIGIBLE],
            best=self._hits(work, Pool.ALL, counts),
            by_family=by_family,
            near=tuple(Miss(self._entries[slot], fail, unknown) for slot, fail, unknown in near),
            nearest={
                family: self._nearest(work, engine, family) for family in NAMED if not by_family[family]
            },
        )

    def _hits(self, work: Work, pool: Pool, counts: list[int]) -> tuple[Hit, ...]:
        first, held = Out.POOLS + POOL_ROWS * pool, counts[COUNT_POOLS + pool]
        slots, *rest = work.out[first : first + POOL_ROWS, :held].tolist()
        return tuple(map(_hit, zip(map(self._entries.__getitem__, slots), *rest, strict=True)))

    def _nearest(self, work: Work, engine: Engine, family: Family) -> Miss | None:
        found: list[int] = engine.nearest(work, family, self._of_family(family)).tolist()
        slot, fail, unknown = found
        return None if slot < 0 else Miss(self._entries[slot], fail, unknown)

    def _of_family(self, family: Family) -> Members:
        known = self._members.get(family)
        if known is None:
            known = self._members[family] = members_of(self._columns, family)
        return known
