"""The index of one process: products come and go by state events, requests are answered from planes and columns."""

import threading

import numpy as np
from numpy.typing import NDArray

from libs.criteria.violation import Violation
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.answer import NAMED, Family
from services.matching.index import reference
from services.matching.index.columns import Columns, Price
from services.matching.index.engine import LIVES_ON, CompiledEngine, Engine, Kernels, NumpyEngine, Work
from services.matching.index.found import Entry, Found, Hit, Miss
from services.matching.index.planes import Planes
from services.matching.index.query import (
    COUNT_ELIGIBLE,
    COUNT_NEAR,
    COUNT_POOLS,
    LATER,
    POOL_ROWS,
    Out,
    Pool,
    Query,
)
from services.matching.index.settings import feasible_modes
from services.matching.index.terms import FIRST_LOAN, modes_of, rules_of

SHORT_LIST = 40
_PLANES_A_REQUEST = 256  # more than one request can make

_SET_BACK = -LATER // 2  # below are only values that LATER was taken from

_POOL_OF = {
    Family.FIRST_LOAN: Pool.FIRST_LOAN,
    Family.IP_PLEDGE: Pool.IP_PLEDGE,
    Family.GUARANTEE: Pool.GUARANTEE,
}

Int64s = NDArray[np.int64]


class Index:
    """Products by id in one set of columns. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._columns = Columns()
        self._planes = Planes(self._columns)
        self._engine: Engine = NumpyEngine()
        self._slots: dict[str, int] = {}
        self._entries: list[Entry] = []
        self._active = 0
        self._members: dict[Family, Int64s] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many products are on the market."""
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
        try:
            hard, soft = rules_of(product.terms)
            modes_of(product.terms)
        except Violation:
            self.withdraw(product.id)
            raise
        with self._lock:
            slot = self._slot(product.id)
            self._active += 0 if self._columns.active[slot] else 1
            self._columns.write(slot, product.bank, product.terms, hard, soft)
            self._planes.learn(hard, soft)
            self._planes.patch(slot)
            self._entries[slot] = Entry(product)
            self._members.clear()

    def withdraw(self, product_id: str) -> None:
        """Take a product off the market; one that is not there changes nothing."""
        with self._lock:
            slot = self._slots.get(product_id)
            if slot is not None and self._columns.active[slot]:
                self._columns.active[slot] = False
                self._active -= 1
                self._planes.patch_active(slot)
                self._members.clear()

    def search(self, query: Query, short_list: int = SHORT_LIST) -> Found:
        """What fits best, `short_list` products of all and of each family, and what nearly fits."""
        with self._lock:
            if not self._planes.has_room(_PLANES_A_REQUEST):
                self._planes.forget()
            work = Work(self._columns, query, short_list)
            self._engine.search(work)
            return self._found(work)

    def judge(self, query: Query) -> dict[str, tuple[int, int]]:
        """FAIL and UNKNOWN mask of every product on the market, from the columns."""
        with self._lock:
            work = Work(self._columns, query, 1)
            judged = reference.judge(self._columns, query, work.numbers, work.reached, work.fees)
            return {
                self._entries[slot].product_id: (int(judged.fail[slot]), int(judged.unknown[slot]))
                for slot in np.flatnonzero(self._columns.active)
            }

    def _slot(self, product_id: str) -> int:
        known = self._slots.get(product_id)
        if known is not None:
            return known
        capacity = self._columns.capacity
        slot = self._slots[product_id] = self._columns.new_slot()
        self._entries.append(Entry(pb.Product(id=product_id)))
        if self._columns.capacity != capacity:
            self._planes.forget()
        return slot

    def _found(self, work: Work) -> Found:
        counts: list[int] = work.out[Out.COUNTS].tolist()
        near: list[list[int]] = work.out[Out.NEAR_SLOT : Out.POOLS, : counts[COUNT_NEAR]].T.tolist()
        by_family = {family: self._hits(work, pool, counts) for family, pool in _POOL_OF.items()}
        return Found(
            considered=self._active,
            eligible=counts[COUNT_ELIGIBLE],
            best=self._hits(work, Pool.ALL, counts),
            by_family=by_family,
            near=tuple(Miss(self._entries[slot], fail, unknown) for slot, fail, unknown in near),
            nearest={family: self._nearest(work, family) for family in NAMED if not by_family[family]},
        )

    def _hits(self, work: Work, pool: Pool, counts: list[int]) -> tuple[Hit, ...]:
        first, held = Out.POOLS + POOL_ROWS * pool, counts[COUNT_POOLS + pool]
        if not held:
            return ()
        rows = work.out[first : first + POOL_ROWS, :held]
        settings = self._columns.prices[rows[0], Price.SETTING]
        modes: list[int] = feasible_modes(
            self._columns.settings.table[settings], work.reached, work.fees
        ).tolist()
        hits: list[list[int]] = rows.T.tolist()
        return tuple(
            Hit(self._entries[slot], value + LATER if value < _SET_BACK else value, unknown, soft, mode)
            for (slot, value, unknown, soft), mode in zip(hits, modes, strict=True)
        )

    def _nearest(self, work: Work, family: Family) -> Miss | None:
        found: list[int] = self._engine.nearest(work, family, self._of_family(family)).tolist()
        slot, fail, unknown = found
        return None if slot < 0 else Miss(self._entries[slot], fail, unknown)

    def _of_family(self, family: Family) -> Int64s:
        """Slots of the products on the market that a family could consist of."""
        if family not in self._members:
            columns, mode = self._columns, LIVES_ON[family][0]
            modes = columns.settings.table[columns.prices[:, Price.SETTING], 0]
            flags = columns.prices[:, Price.FLAGS]
            of_family = modes & mode if mode else flags & FIRST_LOAN
            self._members[family] = np.flatnonzero(columns.active & (of_family != 0))
        return self._members[family]
