"""A bank's book and figures, for the tests of returns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from libs.chassis.principal import Principal
from libs.registry.uscc import complete
from services.lending.domain.returns.book import COLUMNS
from services.lending.domain.returns.figures import Figures
from services.lending.domain.returns.returned import LoadReport, NewReturn, Return
from services.lending.operations import returns
from tests.unit.lending.desk import MANAGER, OFFICER, Desk

Row = dict[str, str]


def firm(number: int) -> str:
    return complete(f"91640100MA{number:07}").code


def row(number: int, **changes: str) -> Row:
    """A loan of 300,000 yuan to a small firm with a line of 500,000."""
    sound = {
        "number": f"L-{number}",
        "borrower": firm(number),
        "kind": "WORKING_CAPITAL",
        "county": "640104",
        "industry": "C1411",
        "size": "SMALL",
        "owner_kind": "ENTERPRISE",
        "balance": "300,000.00",
        "credit_line": "500000",
        "rate": "4.35",
        "granted_on": "2026-03-02",
        "first_loan": "no",
        "unsecured": "no",
        "medium_long": "否",
        "class": "NORMAL",
        "days_past_due": "0",
    }
    return sound | changes


def csv_of(rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> str:
    quoted = [",".join(f'"{one[name]}"' for name in columns) for one in rows]
    return "\n".join([",".join(columns), *quoted])


BOOK = (
    row(1),
    row(2, balance="700000", credit_line="10000000", unsecured="是", first_loan="yes"),
    row(3, balance="50000", owner_kind="INDIVIDUAL_BUSINESS", size="", medium_long="yes"),
    row(4, balance="100000", **{"class": "SUBSTANDARD", "days_past_due": "91"}),
    row(5, balance="100000.01", credit_line="10000000.01"),  # a fen above the limit: not inclusive
    row(6, balance="300000", size="MEDIUM"),  # neither small nor micro
)

FIGURES = Figures(
    all_loans_fen=110_800_000_000,
    all_npl_fen=1_994_400_000,
    inclusive_fen=115_000_000,
    inclusive_npl_fen=10_000_000,
    inclusive_unsecured_fen=70_000_000,
    inclusive_medium_long_fen=5_000_000,
    households=4,
    granted_fen=90_000_000,
    granted_rate_ppm=43_500,
    repaid_fen=20_000_000,
    written_off_fen=0,
    first_loan_households=1,
)


def new_return(rows: Sequence[Row] = BOOK, period: str = "2026-10", **changes: Any) -> NewReturn:
    dry_run = changes.pop("dry_run", False)
    return NewReturn(period=period, figures=replace(FIGURES, **changes), csv=csv_of(rows), dry_run=dry_run)


def granted(day: str) -> list[Row]:
    """The same book, of loans of another day."""
    return [one | {"granted_on": day} for one in BOOK]


@dataclass
class Returner:
    """A bank's two persons: one loads, the other accepts."""

    desk: Desk
    officer: Principal = OFFICER
    manager: Principal = MANAGER

    def told(self, new: NewReturn) -> LoadReport:
        return self.desk.act(returns.load_return, self.officer, new)

    def loaded(self, new: NewReturn | None = None) -> Return:
        found = self.told(new or new_return()).loaded
        assert found is not None
        return found

    def accepted(self, new: NewReturn | None = None) -> Return:
        return self.desk.act(returns.accept_return, self.manager, self.loaded(new).id)

    def seen(self, found: Return) -> Return:
        return self.desk.ask(returns.get_return, self.officer, found.id)

    def differences(self, found: Return) -> list[tuple[str, str, bool]]:
        """Kind, place and whether it blocks."""
        page = self.desk.ask(returns.list_differences, self.officer, found.id)
        return [(one.kind.value, one.place, one.blocking) for one in page.items]
