"""The rules of disclosure control, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from libs import policy
from services.oversight.domain.additive import Sum, Table
from services.oversight.domain.intervals import Reader
from services.oversight.domain.sensitivity import Contributions, is_sensitive
from services.oversight.operations.release import rules_on

_POLICIES = policy.load()

Place = tuple[str, str]


def hides(firms: dict[str, int], banks: int, on: str) -> bool:
    """Whether a cell with these amounts by firm, from so many banks, is hidden by itself."""
    cell = Contributions(firms=firms, banks=frozenset(f"bank {number}" for number in range(banks)))
    return is_sensitive(cell, rules_on(_POLICIES, date.fromisoformat(on)), has_banks=True)


def known(table: dict[str, dict[str, int]], hidden: list[str]) -> dict[str, list[int]]:
    """From how little to how much each hidden cell (`row column`) can be, when all totals are published."""
    places = {(row, column): value for row, columns in table.items() for column, value in columns.items()}
    secret = [(row, column) for row, column in places if f"{row} {column}" in hidden]
    reader = Reader(_with_totals(places), secret)
    return {" ".join(cell): [round(end) for end in reader.interval(cell)] for cell in secret}


def _with_totals(places: dict[Place, int]) -> Table[Place]:
    """The table with its row, column and grand totals, under empty labels."""
    rows = {(row, ""): [cell for cell in places if cell[0] == row] for row, _ in places}
    columns = {("", column): [cell for cell in places if cell[1] == column] for _, column in places}
    lines = [Sum(total, tuple(parts)) for total, parts in (rows | columns).items()]
    sums = {line.total: sum(places[part] for part in line.parts) for line in lines}
    both = (Sum(("", ""), tuple(rows)), Sum(("", ""), tuple(columns)))
    return Table(places | sums | {("", ""): sum(places.values())}, [*lines, *both])


RULES: dict[str, Callable[..., object]] = {
    "oversight.hides": hides,
    "oversight.known": known,
}
