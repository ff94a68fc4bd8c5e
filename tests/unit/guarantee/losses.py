"""Short ways to lend, claim, pay and recover in a guarantee business, and to see whether its books are right."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.rows import from_row
from libs.eventing.tables import outbox
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.guarantee import store
from services.guarantee.domain.audit import Difference
from services.guarantee.domain.cap import CapStanding
from services.guarantee.domain.claim import Claim, Notice, Refusal, RefusalGround
from services.guarantee.domain.compliance import Compliance
from services.guarantee.domain.drawdown import Drawdown
from services.guarantee.domain.due import Due, DueStatus, Payment, Reason
from services.guarantee.domain.filing import Acceptance
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.ledger import Account
from services.guarantee.domain.procedure import Check
from services.guarantee.domain.programme import Programme, Rulebook
from services.guarantee.domain.recovery import NewRecovery, Recovery
from services.guarantee.operations import (
    claims,
    compliance,
    drawing,
    filings,
    payments,
    recoveries,
    rules,
    settlements,
)
from services.guarantee.operations.audit import audit
from services.guarantee.store import claims as claim_store
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import tables
from tests.unit.guarantee.chain import MANAGER, MILLION, SELF, confirm, house_rules, reserve, wish

BANK = Principal("acc_bank", Role.BANK_MANAGER, "org_bank")
PROVINCE = Principal("acc_province", Role.REGUARANTOR, "org_province")
FUND = Principal("acc_fund", Role.REGUARANTOR, "org_fund")
PAYERS = {one.organisation: one for one in (BANK, PROVINCE, FUND, MANAGER)}
DOCUMENTS = next(one.claim_documents for one in house_rules().programmes if one.id == "ordinary")
BOTH = ("provincial", "national")
STORY_FEN = 241_876_543


def go_to(database: Database, day: date) -> None:
    """Noon in China on a day."""
    clock = database.clock
    assert isinstance(clock, SettableClock)
    clock.instant = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def wait(database: Database, days: int = 0, seconds: int = 0) -> None:
    clock = database.clock
    assert isinstance(clock, SettableClock)
    clock.instant += timedelta(days=days, seconds=seconds)


def today(database: Database) -> date:
    with database.read() as tx:
        return tx.today


def with_terms(
    rulebook: Rulebook, programme: str, cap: dict[str, Any] | None = None, **terms: Any
) -> Rulebook:
    """The rulebook with other terms, and other terms of the cap, in all versions of a programme."""

    def changed(one: Programme) -> Programme:
        return replace(one, **(terms | {"cap": replace(one.cap, **(cap or {}))}))

    return replace(
        rulebook,
        programmes=tuple(changed(one) if one.id == programme else one for one in rulebook.programmes),
    )


ROOMY = with_terms(house_rules(), "ordinary", claim_cap_bp=10_000)


def make_room(database: Database) -> None:
    """The business under rules whose cap for the fund is all that was released, and ten million released."""
    go_by(database, ROOMY)
    release(database, 10 * MILLION)


def go_by(database: Database, rulebook: Rulebook) -> None:
    database.transact(lambda tx: rules.load(tx, SELF, rulebook))


def release(database: Database, amount_fen: int, programme: str = "ordinary", number: int = 100) -> None:
    """A loan that was lent and repaid on one day, which gives a cap that much to be measured by."""
    repay(database, lend(database, amount_fen, programme, (), number), 0)


def lend(
    database: Database,
    amount_fen: int = STORY_FEN,
    programme: str = "ordinary",
    filed: tuple[str, ...] = BOTH,
    number: int = 1,
    **other: Any,
) -> str:
    """A loan under cover, drawn today, and filed with these tiers; its id."""
    guarantee = reserve(database, wish(f"app_{number}", amount_fen, f"uscc:{number}", programme, **other))
    if programme == "batch":
        loan_id = draw(database, guarantee, number)
        passed = Compliance(passed=True, checks=(Check(item="BORROWER_KIND", done=True),))
        database.transact(lambda tx: compliance.check_compliance(tx, MANAGER, guarantee.id, passed))
    else:
        loan_id = draw(database, confirm(database, guarantee), number)
        if filed:
            database.transact(lambda tx: filings.submit_filing(tx, MANAGER, loan_id))
    for layer in filed:
        accept_filing(database, loan_id, layer)
    return loan_id


def list_batch(database: Database, amount_fen: int, number: int = 1) -> str:
    """A loan of batch business that waits for the guarantor's check."""
    wanted = wish(f"app_{number}", amount_fen, f"uscc:{number}", "batch")
    return draw(database, reserve(database, wanted), number)


def draw(database: Database, guarantee: Guarantee, number: int) -> str:
    told = lending_events.LoanDisbursed(
        loan_id=f"loan_{number}",
        application_id=guarantee.application_id,
        amount_fen=guarantee.amount_fen,
        term_months=guarantee.term_months,
        business_date=today(database).isoformat(),
        guarantee_id=guarantee.id,
    )
    database.transact(lambda tx: drawing.take_effect(tx, told))
    return told.loan_id


def accept_filing(database: Database, loan_id: str, layer: str) -> None:
    by = {"provincial": PROVINCE, "national": FUND}.get(layer) or upper(layer)
    number = Acceptance(number=f"{layer}-{loan_id}")
    database.transact(lambda tx: filings.accept_filing(tx, by, loan_id, layer, number))


def upper(layer: str) -> Principal:
    """Whoever speaks for a tier above the direct guarantor."""
    return Principal(f"acc_{layer}", Role.REGUARANTOR, f"org_{layer}")


def repay(database: Database, loan_id: str, left_fen: int) -> None:
    """Lending tells how much is left of a loan."""
    told = lending_events.RepaymentReceived(
        loan_id=loan_id,
        outstanding_fen=left_fen,
        business_date=today(database).isoformat(),
        guarantee_id=drawdown(database, loan_id).guarantee_id,
    )
    database.transact(lambda tx: drawing.follow_repayment(tx, told))


def notice(database: Database, loan_id: str, principal_fen: int, number: str = "1", **other: Any) -> Notice:
    plain = {"noticed_on": today(database), "documents": DOCUMENTS}
    return Notice(loan_id=loan_id, notice_number=number, principal_fen=principal_fen, **(plain | other))


def notify(database: Database, loan_id: str, principal_fen: int, number: str = "1", **other: Any) -> Claim:
    told = notice(database, loan_id, principal_fen, number, **other)
    return database.transact(lambda tx: claims.notify(tx, BANK, told))


def accept(database: Database, claim: Claim) -> Claim:
    return database.transact(lambda tx: claims.accept(tx, MANAGER, claim.id))


def refuse(database: Database, claim: Claim) -> Claim:
    refusal = Refusal(grounds=(RefusalGround.PURPOSE_BREACHED,), reason="挪作他用")
    return database.transact(lambda tx: claims.refuse(tx, MANAGER, claim.id, refusal))


def claimed(database: Database, loan_id: str, principal_fen: int, number: str = "1") -> Claim:
    return accept(database, notify(database, loan_id, principal_fen, number))


def settled(database: Database, loan_id: str, principal_fen: int, number: str = "1") -> Claim:
    """A claim that everybody has paid its part of."""
    claim = claimed(database, loan_id, principal_fen, number)
    pay_all(database)
    return claim_of(database, claim)


def pay(database: Database, due: Due, by: Principal | None = None, **other: Any) -> Due:
    payment = Payment(**({"paid_on": today(database), "reference": f"PAY-{due.id}"} | other))
    return database.transact(
        lambda tx: payments.pay(tx, by or PAYERS.get(due.debtor) or _payer(due), due.id, payment)
    )


def pay_all(database: Database) -> None:
    """Every open due, and those that follow from it, each by its debtor."""
    while found := open_dues(database):
        pay(database, found[0])


def take_back_payment(database: Database, due: Due, by: Principal | None = None) -> Due:
    reason = Reason(reason="退票")
    return database.transact(
        lambda tx: payments.take_back(tx, by or PAYERS.get(due.debtor) or _payer(due), due.id, reason)
    )


def recover(
    database: Database,
    claim: Claim,
    gross_fen: int,
    costs_fen: int = 0,
    reference: str = "R1",
    by: Principal = MANAGER,
) -> Recovery:
    new = NewRecovery(
        reference=reference, gross_fen=gross_fen, costs_fen=costs_fen, received_on=today(database)
    )
    return database.transact(lambda tx: recoveries.record(tx, by, claim.id, new))


def take_back_recovery(database: Database, recovery: Recovery, by: Principal = MANAGER) -> Recovery:
    reason = Reason(reason="入错账")
    return database.transact(lambda tx: recoveries.take_back(tx, by, recovery.id, reason))


def settle(database: Database, key: str, by: Principal = PROVINCE) -> CapStanding:
    return database.transact(lambda tx: settlements.settle(tx, by, key))


def claim_of(database: Database, claim: Claim) -> Claim:
    with database.read() as tx:
        return claim_store.get(tx, claim.id)


def bears(claim: Claim) -> dict[str, int]:
    return {part.party: part.bears_fen for part in claim.parts}


def received(recovery: Recovery) -> dict[str, int]:
    return {part.party: part.amount_fen for part in recovery.parts}


def drawdown(database: Database, loan_id: str) -> Drawdown:
    with database.read() as tx:
        return drawdown_store.get(tx, loan_id)


def dues(database: Database, *statuses: DueStatus) -> list[Due]:
    """All dues, or those in one of these states, oldest first."""
    with database.read() as tx:
        rows = tx.rows(sa.select(tables.dues).order_by(tables.dues.c.id))
        return [from_row(Due, row) for row in rows if not statuses or row.status in statuses]


def open_dues(database: Database) -> list[Due]:
    return dues(database, DueStatus.OPEN)


def owed(database: Database) -> dict[tuple[str, str], int]:
    """What is open between each debtor and creditor, without the names' common beginning."""
    sums: dict[tuple[str, str], int] = {}
    for due in open_dues(database):
        pair = (due.debtor.removeprefix("org_"), due.creditor.removeprefix("org_"))
        sums[pair] = sums.get(pair, 0) + due.amount_fen
    return sums


def cash(database: Database, book: str, other: str) -> int:
    """What came into a book from somebody, less what went to it."""
    with database.read() as tx:
        return ledger_store.balance(tx, book, Account.CASH, other)


def loss(database: Database, book: str, claim: Claim) -> int:
    with database.read() as tx:
        return ledger_store.balance(tx, book, Account.CLAIMS, claim.id)


def difference(database: Database) -> Difference | None:
    with database.read() as tx:
        return audit(tx).difference


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of guarantee, and all that it said."""
    with database.read() as tx:
        return {
            table.name: sorted((tuple(row) for row in tx.rows(sa.select(table))), key=repr)
            for table in (*store.metadata.sorted_tables, outbox)
        }


def _payer(due: Due) -> Principal:
    """A tier that has no principal of its own here."""
    return Principal(f"acc_{due.debtor}", Role.REGUARANTOR, due.debtor)
