"""No hidden cell can be worked out: checked by a linear program of this test's own, built from labels alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from services.oversight.domain.cube import Cube, CubeCell, published
from services.oversight.domain.flows import Flow, FlowRow, Measure
from services.oversight.domain.sensitivity import Rules
from services.oversight.domain.suppression import need

RULES = Rules(min_firms=3, min_banks=2, dominance_bp=1_500)
COUNTIES = ("640104", "640105", "640202", "640205")
LOOKED_AT = 12  # hidden cells an example; each costs two programs
COUPLED = {Measure.FIRST_LOANS: Measure.LOANS, Measure.GUARANTEED_AMOUNT: Measure.AMOUNT}


@st.composite
def batches(draw: st.DrawFn) -> list[FlowRow]:
    """Loans of a month: few or many firms, in few or many cells, some firms much larger than others."""
    count = draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    spread = draw(st.sampled_from((0.1, 1.0, 2.5)))
    return [_loan(number, count, random, spread) for number in range(count)]


def _loan(number: int, count: int, random: np.random.Generator, spread: float) -> FlowRow:
    amount = max(1, int(random.lognormal(18, spread)))
    return FlowRow(
        id=f"loan_{number}",
        flow=Flow.LOAN,
        month="2026-10",
        county=str(random.choice(COUNTIES)),
        product_kind=str(random.choice(("WORKING_CAPITAL", "PROJECT"))),
        size=str(random.choice(("SMALL", "MICRO"))),
        industry=str(random.choice(("C", "F"))),
        bank=f"org_{random.integers(3)}",
        firm_key=f"firm_{random.integers(count)}",
        amount_fen=amount,
        first_loan=bool(random.integers(2)),
        guaranteed_fen=int(random.choice((0, amount // 2, amount))),
    )


@settings(max_examples=8)
@given(batches())
def test_no_hidden_cell_is_narrower_than_its_protection(rows: list[FlowRow]) -> None:
    truth, told = true_values(rows), published(Cube(rows), RULES)

    for measures in ((Measure.LOANS, Measure.FIRST_LOANS), (Measure.AMOUNT, Measure.GUARANTEED_AMOUNT)):
        cells = [cell for cell in truth if cell.measure in measures]
        for cell, (lowest, highest) in intervals(cells, truth, told).items():
            margin = need(truth[cell], RULES.dominance_bp) - 1e-7 * max(truth[one] for one in cells)
            assert truth[cell] - lowest >= margin, (cell, lowest, truth[cell])
            assert highest - truth[cell] >= margin, (cell, truth[cell], highest)


@settings(max_examples=10)
@given(batches())
def test_what_is_shown_is_true_and_adds_up_with_what_is_hidden(rows: list[FlowRow]) -> None:
    truth, told = true_values(rows), published(Cube(rows), RULES)

    assert told.keys() == truth.keys()
    assert all(value in (None, truth[cell]) for cell, value in told.items())
    for total, parts in sums_of(list(truth)):
        assert truth[total] == sum(truth[part] for part in parts)
        assert sum(told[cell] is None for cell in (total, *parts)) != 1


@settings(max_examples=10)
@given(batches())
def test_few_firms_one_bank_or_one_giant_are_always_hidden(rows: list[FlowRow]) -> None:
    told = published(Cube(rows), RULES)

    for cell, value in told.items():
        behind = [row for row in rows if counts_in(row, cell)]
        by_firm: dict[str, int] = {}
        for row in behind:
            by_firm[row.firm_key] = by_firm.get(row.firm_key, 0) + amount_in(row, cell)
        largest, *others = sorted(by_firm.values(), reverse=True)
        if len(by_firm) < 3 or len({row.bank for row in behind}) < 2 or sum(others[1:]) < 0.15 * largest:
            assert value is None, cell


def amount_in(row: FlowRow, cell: CubeCell) -> int:
    return {
        Measure.LOANS: 1,
        Measure.AMOUNT: row.amount_fen,
        Measure.FIRST_LOANS: int(row.first_loan),
        Measure.GUARANTEED_AMOUNT: row.guaranteed_fen,
    }[Measure(cell.measure)]


def counts_in(row: FlowRow, cell: CubeCell) -> bool:
    category = {"PRODUCT_KIND": row.product_kind, "SIZE": row.size, "INDUSTRY": row.industry, "": ""}
    here = row.county.startswith(cell.place) and category[cell.dimension] == cell.category
    return here and amount_in(row, cell) > 0


def true_values(rows: Sequence[FlowRow]) -> dict[CubeCell, int]:
    measures = (Measure.LOANS, Measure.AMOUNT, Measure.FIRST_LOANS, Measure.GUARANTEED_AMOUNT)
    places = {row.county[:digits] for row in rows for digits in (2, 4, 6)}
    columns = {("", "")} | {
        pair
        for row in rows
        for pair in (("PRODUCT_KIND", row.product_kind), ("SIZE", row.size), ("INDUSTRY", row.industry))
    }
    cells = [
        CubeCell(measure, place, *column) for measure in measures for place in places for column in columns
    ]
    values = {cell: sum(amount_in(row, cell) for row in rows if counts_in(row, cell)) for cell in cells}
    return {cell: value for cell, value in values.items() if value}


def sums_of(cells: list[CubeCell]) -> list[tuple[CubeCell, list[CubeCell]]]:
    """What every reader knows of a table with such labels: what adds up to what."""
    found = []
    for total in cells:
        inside = [cell for cell in cells if cell.measure == total.measure and cell != total]
        for dimension in ("PRODUCT_KIND", "SIZE", "INDUSTRY"):
            parts = [cell for cell in inside if cell.place == total.place and cell.dimension == dimension]
            if total.dimension == "" and parts:
                found.append((total, parts))
        same = [cell for cell in inside if cell[2:] == total[2:] and cell.place[:-2] == total.place]
        if same:
            found.append((total, same))
    return found


def intervals(
    cells: list[CubeCell], truth: Mapping[CubeCell, int], told: Mapping[CubeCell, int | None]
) -> dict[CubeCell, tuple[float, float]]:
    """The feasible intervals of some hidden cells; every cell is a variable, and those shown are pinned."""
    hidden = [cell for cell in cells if told[cell] is None]
    scale = max((truth[cell] for cell in cells), default=1)
    place = {cell: number for number, cell in enumerate(cells)}
    system = {
        **equations(cells, place),
        "bounds": [(0, 3) if told[cell] is None else (truth[cell] / scale,) * 2 for cell in cells],
    }
    return {
        cell: (extreme(system, place[cell], 1) * scale, extreme(system, place[cell], -1) * scale)
        for cell in hidden[:: max(1, len(hidden) // LOOKED_AT)]
    }


def extreme(system: dict[str, Any], column: int, sense: int) -> float:
    goal = np.zeros(len(system["bounds"]))
    goal[column] = sense
    solved = linprog(goal, **system)
    assert solved.x is not None, solved.message
    return float(solved.x[column])


def equations(cells: list[CubeCell], place: Mapping[CubeCell, int]) -> dict[str, Any]:
    equal, less = [], []
    for total, parts in sums_of(cells):
        equal.append(np.zeros(len(cells)))
        equal[-1][place[total]] = -1
        equal[-1][[place[part] for part in parts]] = 1
    for cell in cells:
        whole = cell._replace(measure=COUPLED.get(Measure(cell.measure), cell.measure))
        if whole != cell:
            less.append(np.zeros(len(cells)))
            less[-1][place[cell]], less[-1][place[whole]] = 1, -1
    return {
        "A_eq": csr_array(np.array(equal)) if equal else None,
        "b_eq": np.zeros(len(equal)) if equal else None,
        "A_ub": csr_array(np.array(less)) if less else None,
        "b_ub": np.zeros(len(less)) if less else None,
    }
