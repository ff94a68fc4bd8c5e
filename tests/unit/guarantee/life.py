"""Short ways to act on loans under guarantees: filings, extensions, releases; and the books as they should stand."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import sqlalchemy as sa

from libs.chassis.clock import SettableClock
from libs.chassis.database import Database, ReadTx
from libs.chassis.principal import Principal, Role
from libs.finance.split import split
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus
from services.guarantee.domain.filing import Acceptance, Filing, FilingStatus
from services.guarantee.domain.guarantee import Extension, Guarantee, Rejection
from services.guarantee.domain.ledger import Account
from services.guarantee.operations import filings, guarantees
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import filings as filing_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import tables
from tests.unit.guarantee.chain import FUND, MANAGER, PROVINCE

OF_LAYER = {
    "provincial": Principal("acc_province", Role.REGUARANTOR, PROVINCE.id),
    "national": Principal("acc_fund", Role.REGUARANTOR, FUND.id),
}


def officer_of(guarantee: Guarantee) -> Principal:
    return Principal("acc_officer", Role.GUARANTOR_OFFICER, guarantee.guarantor)


def loan_of(guarantee: Guarantee) -> str:
    return f"loan_of_{guarantee.application_id}"


def submit(database: Database, guarantee: Guarantee, loan_id: str | None = None) -> tuple[Filing, ...]:
    by, loan = officer_of(guarantee), loan_id or loan_of(guarantee)
    return database.transact(lambda tx: filings.submit_filing(tx, by, loan)).items


def accept(database: Database, guarantee: Guarantee, layer: str, loan_id: str | None = None) -> Filing:
    loan, word = loan_id or loan_of(guarantee), Acceptance(number=f"{layer}-1")
    return database.transact(lambda tx: filings.accept_filing(tx, OF_LAYER[layer], loan, layer, word))


def send_back(database: Database, guarantee: Guarantee, layer: str, loan_id: str | None = None) -> Filing:
    loan, word = loan_id or loan_of(guarantee), Rejection(reason="资料不全")
    return database.transact(lambda tx: filings.reject_filing(tx, OF_LAYER[layer], loan, layer, word))


def file(database: Database, guarantee: Guarantee, loan_id: str | None = None) -> tuple[Filing, ...]:
    """Submitted, and accepted by the province and the fund."""
    submit(database, guarantee, loan_id)
    accept(database, guarantee, "provincial", loan_id)
    accept(database, guarantee, "national", loan_id)
    return filings_of(database, loan_id or loan_of(guarantee))


def extend(database: Database, guarantee: Guarantee, due_on: date, loan_id: str | None = None) -> Guarantee:
    by = replace(MANAGER, organisation=guarantee.guarantor)
    later = Extension(due_on=due_on, reason="展期", loan_id=loan_id)
    return database.transact(lambda tx: guarantees.extend(tx, by, guarantee.id, later))


def reduce(database: Database, loan_id: str, principal_fen: int, on: date, *, by_claim: bool = True) -> None:
    database.transact(lambda tx: guarantees.reduce(tx, loan_id, principal_fen, on, by_claim=by_claim))


def drawdown(database: Database, loan_id: str) -> Drawdown:
    with database.read() as tx:
        return drawdown_store.get(tx, loan_id)


def filings_of(database: Database, loan_id: str) -> tuple[Filing, ...]:
    with database.read() as tx:
        return filing_store.of_loan(tx, loan_id)


def standing(found: tuple[Filing, ...]) -> dict[str, FilingStatus]:
    return {one.layer: one.status for one in found}


def let_pass(database: Database, days: int) -> date:
    clock = database.clock
    assert isinstance(clock, SettableClock)
    clock.instant += timedelta(days=days)
    with database.read() as tx:
        return tx.today


def liabilities(database: Database) -> dict[tuple[str, str], int]:
    """What every book owes for every borrower, as the ledger says."""
    with database.read() as tx:
        found = ledger_store.balances(tx)
    return {
        (book, other): -fen
        for (book, account, other), fen in found.items()
        if account == Account.LIABILITY and fen
    }


def books_out_of_order(database: Database) -> dict[tuple[str, str, str], tuple[int, int]]:
    """The balances that are not what the loans under cover make them, with what they should be."""
    with database.read() as tx:
        kept = {
            key: fen
            for key, fen in ledger_store.balances(tx).items()
            if key[1] in (Account.LIABILITY, Account.GUARANTEED, Account.BANK_SHARE)
        }
        wanted = _expected(tx)
    return {
        key: (kept.get(key, 0), wanted[key])
        for key in kept.keys() | wanted.keys()
        if kept.get(key, 0) != wanted[key]
    }


def _expected(tx: ReadTx) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for row in tx.rows(sa.select(tables.drawdowns.c.loan_id)):
        line = drawdown_store.get(tx, row.loan_id)
        if line.status is DrawdownStatus.EFFECTIVE:
            _add(
                found,
                guarantee_store.get(tx, line.guarantee_id),
                line,
                filing_store.of_loan(tx, line.loan_id),
            )
    return found


def _add(
    found: Counter[tuple[str, str, str]], guarantee: Guarantee, line: Drawdown, filed: tuple[Filing, ...]
) -> None:
    parts, book = split(line.outstanding_fen, line.shares), guarantee.guarantor
    found[book, Account.GUARANTEED, ""] += line.outstanding_fen
    found[book, Account.LIABILITY, guarantee.party] -= line.outstanding_fen - parts["bank"]
    found[book, Account.BANK_SHARE, ""] -= parts["bank"]
    for one in filed:
        if one.covers_until is not None:
            found[one.organisation, Account.GUARANTEED, book] += parts[one.layer]
            found[one.organisation, Account.LIABILITY, guarantee.party] -= parts[one.layer]
