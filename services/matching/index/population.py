"""Many firms as whole-number columns: what a sweep reads of each, one place a firm.

Facts stand as rules compare them. Counties and industries are numbers of a table, because few differ. What a firm needs
stands with it: a sweep asks for every firm as a request of its own would.
"""
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.loan_terms import IpRightKind
from libs.registry.size import Size
from services.matching.domain.firm import Firm
from services.matching.index.layout import FACT_BIT, FACT_NAMES
from services.matching.index.sweep_kernels import number
from services.matching.index.terms import OWNER_NUMBER, SIZE_NUMBER

RIGHT_NUMBER = {kind: number for number, kind in enumerate(IpRightKind)}
_OWNERS = {number: kind for kind, number in OWNER_NUMBER.items()}
_SIZES = {number: size for size, number in SIZE_NUMBER.items()}
_NO_SIZE = 0
_BLOCK = 4_096  # firms that are held as rows
_TRAITS = 8  # columns behind those of the facts

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    amount_fen: int
    term_months: int


@dataclass(frozen=True, slots=True)
class Rights:
    """Rights that may be pledged: unencumbered, of known worth. A place a right."""

    firm: Int64s
    kind: Int64s
    expires: Int64s  # ordinal of the day
    worth_fen: Int64s


def no_rights() -> Rights:
    return Rights(*(np.zeros(0, np.int64) for _ in range(4)))


@dataclass(frozen=True, slots=True)
class Population:
    """`facts` has a row a fact, at its bit; `known` the bits of those that are known. `size` 0: cannot be judged.

    `record_keys`: what disclosure draws from. `parties` may be empty where nobody is ever named.
    """

    facts: Int64s
    known: Int64s
    county: Int64s
    industry: Int64s
    owner: Int64s
    size: Int64s
    first_time: Int64s
    amount_fen: Int64s
    term_months: Int64s
    record_keys: NDArray[np.uint64]
    counties: tuple[str, ...]
    industries: tuple[str, ...]
    rights: Rights = field(default_factory=no_rights)
    parties: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.known)

    def firm(self, place: int) -> Firm:
        """As one request would see it, without its rights."""
        bits = int(self.known[place])
        county, industry = self.counties[int(self.county[place])], self.industries[int(self.industry[place])]
        return Firm(
            party=self.parties[place] if self.parties else "",
            dimensions=Dimensions(
                county=county,
                owner_kind=self.owner_kind(place),
                size=self.size_of(place),
                firm_key="",
                first_time_borrower=bool(self.first_time[place]),
            ),
            industry=industry,
            facts={
                name: int(self.facts[row, place]) for row, name in enumerate(FACT_NAMES) if bits >> row & 1
            },
        )

    def owner_kind(self, place: int) -> OwnerKind:
        return _OWNERS[int(self.owner[place])]

    def size_of(self, place: int) -> Size | None:
        number = int(self.size[place])
        return None if number == _NO_SIZE else _SIZES[number]


class PopulationBuilder:
    """Takes firms one by one, so that no more than one is in memory as an object."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, ...]] = []
        self._tables: list[Int64s] = []
        self._count = 0
        self._rights: list[tuple[int, int, int, int]] = []
        self._keys: list[int] = []
        self._parties: list[str] = []
        self._counties: dict[str, int] = {}
        self._industries: dict[str, int] = {}

    def add(self, firm: Firm, need: Need, record_key: int) -> None:
        place, bits = self._count, 0
        values = [0] * len(FACT_NAMES)
        for name, value in firm.facts.items():
            if (row := FACT_BIT.get(name)) is not None:
                values[row] = value
                bits |= 1 << row
        self._rows.append((*values, bits, *self._traits(firm), need.amount_fen, need.term_months))
        self._count += 1
        if len(self._rows) == _BLOCK:
            self._pack()
        self._rights += [(place, *right) for right in _pledgeable(firm)]
        self._keys.append(record_key)
        self._parties.append(firm.party)

    def build(self) -> Population:
        self._pack()
        table = np.concatenate(self._tables, axis=1)
        of_rights = np.array(self._rights, np.int64).reshape(-1, 4).T.copy()
        known, county, industry, owner, size, first, amount, term = table[len(FACT_NAMES) :]
        return Population(
            facts=table[: len(FACT_NAMES)],
            known=known,
            county=county,
            industry=industry,
            owner=owner,
            size=size,
            first_time=first,
            amount_fen=amount,
            term_months=term,
            record_keys=np.array(self._keys, np.uint64),
            counties=tuple(self._counties),
            industries=tuple(self._industries),
            rights=Rights(*of_rights),
            parties=tuple(self._parties),
        )

    def _pack(self) -> None:
        """Rows as columns, which take a tenth of the room."""
        rows = np.array(self._rows, np.int64).reshape(len(self._rows), len(FACT_NAMES) + _TRAITS)
        self._tables.append(np.ascontiguousarray(rows.T))
        self._rows.clear()

    def _traits(self, firm: Firm) -> tuple[int, ...]:
        dimensions = firm.dimensions
        county = self._counties.setdefault(dimensions.county, len(self._counties))
        industry = self._industries.setdefault(firm.industry, len(self._industries))
        size = _NO_SIZE if dimensions.size is None else SIZE_NUMBER[dimensions.size]
        return county, industry, OWNER_NUMBER[dimensions.owner_kind], size, int(firm.first_time_borrower)


def population_of(firms: Iterable[tuple[Firm, Need, int]]) -> Population:
    """Firms with what each needs and its record key."""
    builder = PopulationBuilder()
    for firm, need, record_key in firms:
        builder.add(firm, need, record_key)
    return builder.build()


def _pledgeable(firm: Firm) -> list[tuple[int, int, int]]:
    return [
        (RIGHT_NUMBER[right.kind], right.expires_on.toordinal(), right.appraised_fen)
        for right in firm.rights
        if not right.encumbered and right.appraised_fen is not None
    ]


def classes(columns: Sequence[Int64s]) -> tuple[Int64s, Int64s]:
    """Places that agree in all columns are of one class: the class of each place, and the first place of each class."""
    held = np.stack(columns).astype(np.int64)
    places = held.shape[1]
    found, first = np.empty(places, np.int64), np.empty(places, np.int64)
    count = number(held, np.full(2 << places.bit_length(), -1, np.int32), found, first)
    return found, first[:count].copy()
