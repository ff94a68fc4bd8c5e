"""The fixed cube: for one batch of facts, every cell that is ever published of it, and how the cells add up.

Places are the counties, their cities and the autonomous region; columns are the product kinds, sizes and industry
sections, and the total that they share. All tables of all territories are parts of this one, so they are protected
together: a regulator of a city reads the same cells as that of the region.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.oversight.domain.additive import Sum, Table
from services.oversight.domain.flows import TOTAL, Dimension, Flow, FlowRow, Measure
from services.oversight.domain.sensitivity import Contributions, Rules, is_sensitive
from services.oversight.domain.suppression import protect

ROOT = "64"
COLUMNS = (Dimension.PRODUCT_KIND, Dimension.SIZE, Dimension.INDUSTRY)

_MEASURES: Mapping[Flow, Mapping[Measure, Callable[[FlowRow], int]]] = {
    Flow.LOAN: {
        Measure.AMOUNT: lambda row: row.amount_fen,
        Measure.LOANS: lambda row: 1,
        Measure.FIRST_LOANS: lambda row: int(row.first_loan),
        Measure.GUARANTEED_AMOUNT: lambda row: row.guaranteed_fen,
    },
    Flow.APPLICATION: {Measure.APPLICATIONS: lambda row: 1},
    Flow.REPAYMENT: {Measure.REPAID_AMOUNT: lambda row: row.amount_fen},
    Flow.RECOMMENDATION: {Measure.RECOMMENDATIONS: lambda row: 1},
}
# Of these every reader knows that the first is a part of the second.
_PARTS = ((Measure.FIRST_LOANS, Measure.LOANS), (Measure.GUARANTEED_AMOUNT, Measure.AMOUNT))
_SOLVED_TOGETHER = (
    (Measure.LOANS, Measure.FIRST_LOANS),
    (Measure.AMOUNT, Measure.GUARANTEED_AMOUNT),
    (Measure.APPLICATIONS,),
    (Measure.REPAID_AMOUNT,),
    (Measure.RECOMMENDATIONS,),
)


class CubeCell(NamedTuple):
    """`dimension` and `category` are empty for the total over columns."""

    measure: str
    place: str
    dimension: str
    category: str


@dataclass
class Cube:
    """The cells of one batch with what stands behind them."""

    rows: Sequence[FlowRow]
    contributions: Mapping[CubeCell, Contributions] = field(init=False)

    def __post_init__(self) -> None:
        self.contributions = _contributions(self.rows)

    @property
    def has_banks(self) -> bool:
        return any(row.bank for row in self.rows)

    def value(self, cell: CubeCell) -> int:
        return sum(self.contributions[cell].firms.values()) if cell in self.contributions else 0

    def sensitive(self, rules: Rules) -> set[CubeCell]:
        return {
            cell for cell, found in self.contributions.items() if is_sensitive(found, rules, self.has_banks)
        }

    def tellable(self, rules: Rules) -> bool:
        """Whether at least its own total may be told, of the measure that counts most."""
        if not self.rows:
            return False
        head = CubeCell(head_measure(self.rows[0].flow), ROOT, TOTAL, TOTAL)
        return head in self.contributions and not is_sensitive(
            self.contributions[head], rules, self.has_banks
        )

    def tables(self) -> Iterable[Table[CubeCell]]:
        """Those cells that have to be protected together, apart from the others."""
        for measures in _SOLVED_TOGETHER:
            values = {
                cell: self.value(cell) for cell in sorted(self.contributions) if cell.measure in measures
            }
            if values:
                yield Table(values, _sums(values), _limits(values))


def published(cube: Cube, rules: Rules) -> dict[CubeCell, int | None]:
    """Every cell above zero with its value, or None where it is hidden."""
    sensitive = cube.sensitive(rules)
    told: dict[CubeCell, int | None] = {}
    for table in cube.tables():
        hidden = protect(table, [cell for cell in table.values if cell in sensitive], rules.dominance_bp)
        told |= {cell: None if cell in hidden else value for cell, value in table.values.items()}
    return told


def head_measure(flow: Flow) -> Measure:
    return next(iter(_MEASURES[flow]))


def flow_of(measure: Measure) -> Flow:
    return next(flow for flow, measures in _MEASURES.items() if measure in measures)


def parent(place: str) -> str | None:
    """The place around a place: city, region, None."""
    return place[:-2] if len(place) > len(ROOT) else None


def _contributions(rows: Iterable[FlowRow]) -> Mapping[CubeCell, Contributions]:
    firms: dict[CubeCell, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    banks: dict[CubeCell, set[str]] = defaultdict(set)
    for row in rows:
        for cell, value in _cells(row):
            firms[cell][row.firm_key] += value
            banks[cell].add(row.bank)
    return {cell: Contributions(firms=found, banks=frozenset(banks[cell])) for cell, found in firms.items()}


def _cells(row: FlowRow) -> Iterable[tuple[CubeCell, int]]:
    """Every cell that a fact counts in, with what it adds there."""
    columns = [(TOTAL, TOTAL), *((dimension, _category(row, dimension)) for dimension in COLUMNS)]
    for measure, value_of in _MEASURES[row.flow].items():
        value = value_of(row)
        if value:
            for place in (row.county, row.county[:4], ROOT):
                yield from ((CubeCell(measure, place, *column), value) for column in columns)


def _category(row: FlowRow, dimension: Dimension) -> str:
    return {
        Dimension.PRODUCT_KIND: row.product_kind,
        Dimension.SIZE: row.size,
        Dimension.INDUSTRY: row.industry,
    }[dimension]


def _sums(values: Iterable[CubeCell]) -> list[Sum[CubeCell]]:
    """Columns add up to the total of their place, places to the place around them."""
    parts: dict[tuple[CubeCell, str], list[CubeCell]] = defaultdict(list)
    for cell in values:
        if cell.dimension:
            parts[cell._replace(dimension=TOTAL, category=TOTAL), cell.dimension].append(cell)
        around = parent(cell.place)
        if around is not None:
            parts[cell._replace(place=around), TOTAL].append(cell)
    return [Sum(total, tuple(found)) for (total, _), found in parts.items()]


def _limits(values: Mapping[CubeCell, int]) -> list[tuple[CubeCell, CubeCell]]:
    wholes = dict(_PARTS)
    pairs = (
        (cell, cell._replace(measure=wholes[Measure(cell.measure)]))
        for cell in values
        if cell.measure in wholes
    )
    return [pair for pair in pairs if pair[1] in values]
