"""The year that `make bench` plays with 100,000 guarantees, with few: nothing in it may be a fen away."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from benchmarks.year.house import House
from benchmarks.year.life import Year
from benchmarks.year.plan import FIRST, loans, roomy
from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.chassis.tables import chassis_metadata
from libs.eventing.tables import eventing_metadata
from libs.finance.split import covered
from services.guarantee import store
from services.guarantee.domain.claim import ClaimStatus
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.ledger import Account
from services.guarantee.operations.audit import audit
from services.guarantee.store import claims as claim_store
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import tables
from tests.unit.guarantee.chain import house_rules

GUARANTEES = 200

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    clock = SettableClock(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC))
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('year') / 'year.db'}", clock=clock, ids=new_id)
    for part in (chassis_metadata, eventing_metadata, store.metadata):
        part.create_all(database.engine)
    played = Year(House(database, clock), roomy(house_rules()), loans(GUARANTEES))
    played.open()
    played.play()
    yield played
    database.close()


def test_the_audit_of_the_year_finds_no_difference(year: Year) -> None:
    with year.house.database.read() as tx:
        found = audit(tx)

    assert found.difference is None
    assert found.books == 10
    assert found.entries > 8 * GUARANTEES


def test_every_loan_has_its_guarantee_and_every_default_its_claim(year: Year) -> None:
    with year.house.database.read() as tx:
        loans_of = Counter(row.status for row in tx.rows(sa.select(tables.drawdowns.c.status)))
        claims = Counter(row.status for row in tx.rows(sa.select(tables.claims.c.status)))

    assert sum(loans_of.values()) + len(year.refused) == GUARANTEES
    assert loans_of[DrawdownStatus.RELEASED] > GUARANTEES // 4
    assert loans_of[DrawdownStatus.EFFECTIVE] > GUARANTEES // 4
    assert claims == {ClaimStatus.SETTLED: GUARANTEES * 3 // 100}


def test_the_parts_of_every_claim_sum_to_it_and_nobody_gets_back_more_than_it_bore(year: Year) -> None:
    with year.house.database.read() as tx:
        claims = [claim_store.of_row(row) for row in tx.rows(sa.select(tables.claims))]

    assert all(sum(part.bears_fen for part in claim.parts) == claim.claimed_fen for claim in claims)
    assert all(0 <= part.received_fen <= part.bears_fen for claim in claims for part in claim.parts)
    assert any(part.received_fen for claim in claims for part in claim.parts)


def test_the_books_hold_the_liability_of_what_is_outstanding(year: Year) -> None:
    with year.house.database.read() as tx:
        open_loans = tx.rows(sa.select(tables.drawdowns).where(tables.drawdowns.c.outstanding_fen > 0))
        balances = ledger_store.balances(tx)
    direct = [
        fen
        for (book, account, _), fen in balances.items()
        if account == Account.LIABILITY and book.startswith("org_local")
    ]

    assert -sum(direct) == sum(covered(row.outstanding_fen, row.shares) for row in open_loans)
