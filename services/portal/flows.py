"""A table of flows as its page shows it: rows of cells, totals last."""

from dataclasses import dataclass

from rongqiao.oversight.v1 import oversight_pb2 as pb

TOTAL = ""
_MONEY = (pb.MEASURE_AMOUNT, pb.MEASURE_GUARANTEED_AMOUNT, pb.MEASURE_REPAID_AMOUNT)


@dataclass(frozen=True, slots=True)
class Row:
    label: str  # empty: the total
    cells: tuple[pb.Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    query: pb.FlowQuery
    columns: tuple[str, ...]  # the last, empty one: the total
    rows: tuple[Row, ...]
    money: bool
    hidden: int
    rules: str


def table_of(answer: pb.FlowTable) -> Table:
    """Every place of the table, those that the service left out as empty cells."""
    cells = {(cell.row, cell.column): cell for cell in answer.cells}
    columns = (*answer.column_labels, TOTAL)
    labels = (*answer.row_labels, TOTAL)
    return Table(
        query=answer.query,
        columns=columns,
        rows=tuple(
            Row(
                label,
                tuple(cells.get((label, column), pb.Cell(row=label, column=column)) for column in columns),
            )
            for label in labels
        ),
        money=answer.query.measure in _MONEY,
        hidden=sum(cell.hidden for cell in answer.cells),
        rules=answer.rules,
    )
