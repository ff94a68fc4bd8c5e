"""Which implementation answers: numpy at first, the compiled kernels once they are loaded.

Loading them imports numba, which takes a while: a thread does it beside the first requests, and start-up does not
wait. Where their cache is not warm yet, the first load compiles them.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.answer import Family
from services.matching.index import reference
from services.matching.index.columns import Columns, Price
from services.matching.index.layout import BITS, GUARANTEE, IP_PLEDGE, Bit
from services.matching.index.planes import Planes
from services.matching.index.query import CURVE_TABLE, OUT_ROWS, Query, find_places
from services.matching.index.sets import tier_verdicts
from services.matching.index.terms import FIRST_LOAN

log = logging.getLogger(__name__)

CACHE_VARIABLE = "NUMBA_CACHE_DIR"
_FEWEST_PLACES = 16  # in a row of the answer
_NO_WAIVERS = np.zeros((0, 2), np.int64)

# What a family lives on: a mode and the bit that fails without it. A first loan needs neither.
LIVES_ON = {
    Family.FIRST_LOAN: (0, 0),
    Family.IP_PLEDGE: (IP_PLEDGE, int(Bit.IP_PLEDGE)),
    Family.GUARANTEE: (GUARANTEE, int(Bit.GUARANTEE)),
}

Int64s = NDArray[np.int64]


class Work:
    """One request on its way through an engine, and the room it needs. `waived`: slots and masks of facts."""

    def __init__(
        self, columns: Columns, query: Query, pool: int, waived: Sequence[tuple[int, int]] = ()
    ) -> None:
        self.columns = columns
        self.query = query
        self.held, self.numbers = query.in_numbers(columns.count, pool)
        self.reached = columns.settings.reached(query.reaches)
        self.fees = columns.settings.fees(query.fees)
        self.waived = np.array(waived, np.int64).reshape(-1, 2) if waived else _NO_WAIVERS
        self.tiers = tier_verdicts(columns.tiers, query.amount_fen, query.facts)
        self.out = np.empty((OUT_ROWS, max(_FEWEST_PLACES, pool)), np.int64)


class Members(NamedTuple):
    """The products that a family could consist of: their slots, and the same as a plane."""

    slots: Int64s
    plane: NDArray[np.uint64]


def members_of(columns: Columns, family: Family) -> Members:
    """Those on the market."""
    mode = LIVES_ON[family][0]
    modes = columns.settings.table[columns.prices[:, Price.SETTING], 0]
    of_family = modes & mode if mode else columns.prices[:, Price.FLAGS] & FIRST_LOAN
    flags = columns.active & (of_family != 0)
    return Members(np.flatnonzero(flags), np.packbits(flags, bitorder="little").view(np.uint64))


class Engine(Protocol):
    def search(self, work: Work) -> None:
        """Fill `work.out`."""
        ...

    def nearest(self, work: Work, family: Family, members: Members) -> Int64s:
        """After `search`, of the family's members the nearest to fitting: slot (-1: none), FAIL and UNKNOWN mask."""
        ...


class NumpyEngine:
    """`reference`, as an engine."""

    def __init__(self) -> None:
        self._judged: reference.Judged | None = None

    def search(self, work: Work) -> None:
        self._judged = reference.search(
            work.columns, work.query, work.numbers, work.reached, work.fees, work.waived, work.out
        )

    def nearest(self, work: Work, family: Family, members: Members) -> Int64s:
        assert self._judged is not None
        return reference.nearest(work.columns, work.numbers, self._judged, members.slots, *LIVES_ON[family])


class Kernels(Protocol):
    """The functions of `kernels`."""

    search: Callable[..., int]
    nearest: Callable[..., None]


class CompiledEngine:
    """`kernels` over bit planes."""

    def __init__(self, kernels: Kernels, planes: Planes) -> None:
        self._kernels = kernels
        self._planes = planes
        self._rows = np.zeros(2 * BITS, np.int64)
        self._counters = np.zeros((3, 0), np.uint64)

    def search(self, work: Work) -> None:
        self._make_room(work.columns)
        find_places(self._planes, work.query, work.tiers, work.numbers)
        if self._search(work):
            self._planes.make(work.query.values())
            self._search(work)

    def _search(self, work: Work) -> int:
        return self._kernels.search(
            self._planes.words,
            self._rows,
            *self._planes.guide(),
            work.held,
            *_market(work),
            work.numbers,
            CURVE_TABLE,
            work.waived,
            self._counters,
            work.out,
        )

    def nearest(self, work: Work, family: Family, members: Members) -> Int64s:
        found = np.zeros(3, np.int64)
        self._kernels.nearest(
            self._planes.words,
            self._rows,
            *_market(work),
            self._counters,
            work.numbers,
            work.waived,
            members.plane,
            *LIVES_ON[family],
            found,
        )
        return found

    def _make_room(self, columns: Columns) -> None:
        if self._counters.shape[1] != columns.capacity // 64:
            self._counters = np.zeros((3, columns.capacity // 64), np.uint64)


def _market(work: Work) -> tuple[Int64s, ...]:
    """What the kernels read of the products beside their planes."""
    columns = work.columns
    settings = columns.settings.table
    return columns.prices, columns.scan, columns.least, settings, work.reached, work.fees


def load_kernels() -> Kernels:
    """The compiled kernels, from numba's cache or compiled into it. ImportError where there is no numba."""
    from services.matching.index import kernels

    return cast(Kernels, kernels)


def load_in_background(take: Callable[[Kernels], None]) -> None:
    """Load the kernels in a thread of their own and hand them over; without numba, numpy goes on answering."""

    def load() -> None:
        try:
            take(load_kernels())
        except ImportError as error:
            log.warning("the compiled kernels are not to be had: %s", error)

    threading.Thread(target=load, name="kernels", daemon=True).start()


def keep_compiled_under(home: Path) -> None:
    """Let numba keep what it compiles under `home`; to be called before anything imports it."""
    os.environ.setdefault(CACHE_VARIABLE, str(home / "numba"))
