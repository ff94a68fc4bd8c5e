"""A table as one regulator sees it: nothing but sums of cells that were published by themselves.

Months and batches are added up here, after protection. A cell that is hidden in one of them is hidden in their sum, so
whoever asks for overlapping windows and subtracts gets only what he could have read at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from libs.criteria.violation import Violation
from libs.registry import regions
from libs.registry.industries import sections
from libs.registry.loan_terms import ProductKind
from libs.registry.regions import counties
from libs.registry.size import Size
from services.oversight.domain.cube import ROOT
from services.oversight.domain.flows import TOTAL, UNKNOWN, Cell, Dimension, FlowQuery, FlowTable, months


class Told(NamedTuple):
    """A cell of one published batch; `value` None: hidden."""

    month: str
    place: str
    dimension: str
    category: str
    value: int | None


def place_of(territory: str) -> str:
    """The place whose totals a regulator of this territory sees. Violation for one outside the region."""
    place = regions.territory(territory) or ROOT
    if not any(county.code.startswith(place) for county in counties()):
        raise Violation(
            "territory", f"{territory} is no place of this platform.", "Ask the operator for the right one."
        )
    return place


def labels(dimension: Dimension, query: FlowQuery, place: str) -> tuple[str, ...]:
    """Every label that the table can ever have, whatever there is behind it."""
    if dimension is Dimension.MONTH:
        return months(query.month_from, query.month_to)
    if dimension is Dimension.COUNTY:
        return tuple(county.code for county in counties(place))
    return _CATEGORIES[dimension]


def table_of(query: FlowQuery, place: str, told: Iterable[Told], rules: str) -> FlowTable:
    """The table with its totals over rows, over columns, and over both."""
    rows, columns = labels(query.rows, query, place), labels(query.columns, query, place)
    sums = _added_up(query, place, told)
    places = [(row, column) for row in (*rows, TOTAL) for column in (*columns, TOTAL)]
    return FlowTable(
        query=query,
        row_labels=rows,
        column_labels=columns,
        cells=tuple(_cell(row, column, sums) for row, column in places),
        rules=rules,
    )


def _added_up(query: FlowQuery, place: str, told: Iterable[Told]) -> Mapping[tuple[str, str], int | None]:
    sums: dict[tuple[str, str], int | None] = defaultdict(int)
    for cell in told:
        for key in _keys(query, place, cell):
            before = sums[key]
            sums[key] = None if before is None or cell.value is None else before + cell.value
    return sums


def _keys(query: FlowQuery, place: str, cell: Told) -> Sequence[tuple[str, str]]:
    """Where in the table a published cell counts: nowhere, in one place, or in a month and its total."""
    options = [_positions(dimension, query, place, cell) for dimension in (query.rows, query.columns)]
    crossed = {query.rows, query.columns} - {Dimension.MONTH, Dimension.COUNTY}
    if cell.dimension != TOTAL and cell.dimension not in crossed:
        return ()
    if Dimension.COUNTY not in (query.rows, query.columns) and cell.place != place:
        return ()
    return [(row, column) for row in options[0] for column in options[1]]


def _positions(dimension: Dimension, query: FlowQuery, place: str, cell: Told) -> Sequence[str]:
    if dimension is Dimension.MONTH:
        return (cell.month, TOTAL)
    if dimension is Dimension.COUNTY:
        return _county_positions(place, cell)
    return (cell.category,)


def _county_positions(place: str, cell: Told) -> Sequence[str]:
    county = (cell.place,) if len(cell.place) == _COUNTY_DIGITS else ()
    return (*county, TOTAL) if cell.place == place else county


def _cell(row: str, column: str, sums: Mapping[tuple[str, str], int | None]) -> Cell:
    value = sums.get((row, column), 0)
    return Cell(row=row, column=column, value=value, hidden=value is None)


_COUNTY_DIGITS = 6
_CATEGORIES = {
    Dimension.PRODUCT_KIND: (*ProductKind, UNKNOWN),
    Dimension.SIZE: (*Size, UNKNOWN),
    Dimension.INDUSTRY: (*(section.code for section in sections()), UNKNOWN),
}
