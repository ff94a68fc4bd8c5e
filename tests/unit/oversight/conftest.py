from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from libs import policy
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import lending_pb2 as lending
from services.oversight import operations, store
from services.oversight.http import router
from services.oversight.operations.release import QUIET
from tests.support.services import Client, client_of, opened

POLICIES = policy.load()
Table = dict[tuple[str, str], Any]


@dataclass
class Bureau:
    """Oversight as its tests use it: report facts, let batches ripen, read tables as a regulator."""

    database: Database
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def lend(self, firm: str, **change: Any) -> str:
        """A loan of one firm, reported by lending. Returns its id."""
        loan_id = f"loan_{next(self.numbers)}"
        facts = {
            "county": "640104",
            "bank": "org_spring",
            "amount_fen": 100_000_000,
            "kind": lending.PRODUCT_KIND_WORKING_CAPITAL,
            "on": "2026-10-15",
            "first": None,
            "guarantee_id": None,
        } | change
        fact = lending_events.LoanDisbursed(
            loan_id=loan_id,
            product_kind=facts["kind"],
            bank=facts["bank"],
            amount_fen=facts["amount_fen"],
            business_date=facts["on"],
            guarantee_id=facts["guarantee_id"],
            dimensions=dimensions(firm, facts["county"]),
            first_loan=facts["first"],
        )
        self.database.transact(lambda tx: operations.count_loan(tx, fact))
        return loan_id

    def move(self, loan_id: str, firm: str, counted: str | None) -> None:
        """Lending says that this loan was not the firm's first, and which counts instead."""
        fact = lending_events.LoanChanged(
            loan_id=loan_id,
            change=lending_events.LOAN_CHANGE_FIRST_LOAN_MOVED,
            dimensions=dimensions(firm, "640104"),
            counted_loan_id=counted,
        )
        self.database.transact(lambda tx: operations.move_first_loan(tx, fact))

    def lend_many(self, firms: int, **change: Any) -> None:
        """Like loans of so many firms, by two banks in turn."""
        for number in range(firms):
            bank = ("org_spring", "org_ridge")[number % 2]
            self.lend(f"firm_{change.get('county', '640104')}_{number}", **{"bank": bank} | change)

    def guarantee(self, guarantee_id: str, status: Any, amount_fen: int = 100_000_000) -> None:
        changed = guarantee_events.GuaranteeChanged(
            guarantee_id=guarantee_id, status=status, amount_fen=amount_fen
        )
        self.database.transact(lambda tx: operations.follow_guarantee(tx, changed))

    def release(self) -> int:
        self.database.clock.instant += QUIET + timedelta(seconds=1)
        return operations.release_ripe(self.database, POLICIES)

    def client(self, territory: str = "64", role: Role = Role.REGULATOR) -> Client:
        client = client_of(self.database, router, role, "org_bureau")
        client.principal = Principal("acc_1", role, "org_bureau", territory)
        return client

    def table(self, territory: str = "64", **change: str) -> Table:
        """The cells by (row, column); a hidden one is "*"."""
        answer = self.client(territory).get("/v1/flows", **asked(**change))
        assert answer.status_code == 200, answer.text
        cells = answer.json()["cells"]
        return {(cell["row"], cell["column"]): "*" if cell["hidden"] else cell["value"] for cell in cells}


def dimensions(firm: str, county: str) -> common.Dimensions:
    return common.Dimensions(
        county=county,
        industry_division="34",
        size=common.SIZE_SMALL,
        owner_kind=common.OWNER_KIND_ENTERPRISE,
        firm_key=firm,
    )


def asked(**change: str) -> dict[str, str]:
    usual = {"month_from": "2026-10", "month_to": "2026-10", "rows": "COUNTY", "columns": "PRODUCT_KIND"}
    return usual | {"measure": "LOANS"} | change


@pytest.fixture(scope="session")
def tables() -> sa.MetaData:
    return store.metadata


@pytest.fixture
def bureau(database_url: str) -> Iterator[Bureau]:
    with opened(database_url, store.metadata) as database:
        yield Bureau(database)


COUNTED = lending.FIRST_LOAN_STATE_COUNTED
EFFECTIVE = guarantee.GUARANTEE_STATUS_EFFECTIVE
RESERVED = guarantee.GUARANTEE_STATUS_RESERVED
CANCELLED = guarantee.GUARANTEE_STATUS_CANCELLED
