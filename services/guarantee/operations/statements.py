"""Monthly statements: drawn from both books, confirmed by each side for itself."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from libs.chassis.clock import SHANGHAI
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from libs.chassis.problems import Conflict, Invalid, NotFound
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from services.guarantee.domain import statement as rules
from services.guarantee.domain.ledger import Account
from services.guarantee.domain.statement import Agreement, Line, Statement
from services.guarantee.operations import dues
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import statements as statement_store

_READERS = (*BANK, *GUARANTOR, Role.REGUARANTOR)
_SIGNERS = (Role.BANK_MANAGER, Role.GUARANTOR_MANAGER, Role.REGUARANTOR)


def get_statement(tx: ReadTx, by: Principal, month: str, counterparty: str) -> Statement:
    """The month with a counterparty, from the caller's own book; a bank reads it from its counterparty's."""
    by.require(*_READERS)
    book, other = _sides(tx, by.organisation, counterparty)
    return _statement(tx, month, book, other)


def agree(tx: WriteTx, by: Principal, month: str, counterparty: str) -> Statement:
    """The caller's side confirms a month that has ended. Lines in dispute, or books that differ, stand against it."""
    by.require(*_SIGNERS)
    book, other = _sides(tx, by.organisation, counterparty)
    found = _statement(tx, month, book, other)
    _require_agreeable(tx, found)
    signed = Agreement(
        book=by.organisation,
        counterparty=counterparty,
        month=month,
        closing_fen=found.closing_fen,
        hash=found.hash,
        agreed_by=by.subject,
        agreed_at=tx.now,
    )
    statement_store.keep_agreement(tx, signed)
    return replace(found, agreed_by=statement_store.agreed_by(tx, month, book, other))


def _sides(tx: ReadTx, own: str, counterparty: str) -> tuple[str, str]:
    books = dues.books(tx)
    if own in books:
        return own, counterparty
    if counterparty not in books:
        raise NotFound(f"{counterparty} keeps no book here.", field="counterparty")
    return counterparty, own


def _statement(tx: ReadTx, month: str, book: str, other: str) -> Statement:
    since, until = _instants(month)
    lines = _lines(tx, book, other, since, until)
    theirs = _lines(tx, other, book, since, until) if other in dues.books(tx) else None
    later = sum(line.amount_fen for line in _lines(tx, book, other, until, None))
    closing_fen = _balance(tx, book, other) - later
    opening_fen = closing_fen - sum(line.amount_fen for line in lines)
    return Statement(
        book=book,
        counterparty=other,
        month=month,
        opening_fen=opening_fen,
        lines=lines,
        closing_fen=closing_fen,
        receipts=statement_store.receipts(tx, book, other, since, until),
        agrees=None if theirs is None else rules.mirrored(lines, theirs),
        hash=rules.hash_of(lines, opening_fen, closing_fen),
        agreed_by=statement_store.agreed_by(tx, month, book, other),
    )


def _lines(tx: ReadTx, book: str, other: str, since: datetime, until: datetime | None) -> tuple[Line, ...]:
    entries = ledger_store.recorded(tx, book, other, since, until)
    return rules.between(entries, other, statement_store.disputed(tx, book, other))


def _balance(tx: ReadTx, book: str, other: str) -> int:
    accounts = (Account.RECEIVABLE, Account.PAYABLE)
    return sum(ledger_store.balance(tx, book, account, other) for account in accounts)


def _instants(month: str) -> tuple[datetime, datetime]:
    """When a month begins and ends in China."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Violation("month", f"{month!r} is not a month.", 'Write it like "2026-11".') from None
    days = (first, add_months(first, 1))
    begins, ends = (datetime.combine(day, time(), SHANGHAI).astimezone(UTC) for day in days)
    return begins, ends


def _require_agreeable(tx: WriteTx, found: Statement) -> None:
    if tx.now < _instants(found.month)[1]:
        raise Invalid(f"{found.month} has not ended.", field="month", mend="Confirm it when it has.")
    disputed = [line.reference for line in found.lines if line.disputed]
    if disputed:
        raise Conflict(
            f"In dispute: {', '.join(disputed)}.",
            field="lines",
            mend="Withdraw the dispute or let the line be cancelled first.",
        )
    if found.agrees is False:
        raise Conflict(
            "The two books differ.",
            field="lines",
            mend="Let the operator run the audit: this cannot be by a payment or a dispute.",
        )
