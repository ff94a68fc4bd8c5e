"""Guarantees: reserved by lending, confirmed by the guarantor, in effect with the loan, released as it is repaid.

`reserve` is where a reservation is decided: all its limits are locked, compared and taken of in one transaction.
"""

from dataclasses import replace
from datetime import date

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, NotFound
from libs.criteria.violation import Violation
from services.guarantee.domain import drawdown as lines
from services.guarantee.domain import drawing
from services.guarantee.domain import guarantee as states
from services.guarantee.domain.drawdown import DrawdownList
from services.guarantee.domain.guarantee import (
    Extension,
    Guarantee,
    GuaranteePage,
    GuaranteeStatus,
    Rejection,
    Reservation,
)
from services.guarantee.domain.ledger import Movement
from services.guarantee.domain.terms import Procedure
from services.guarantee.operations import drawing as loans
from services.guarantee.operations import filings, holding, ledger, recognitions, rooms, versions
from services.guarantee.operations.sides import SIDES, WATCHERS, require_sight, side_of
from services.guarantee.operations.telling import keep, tell
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import rules as rule_store


def reserve(tx: WriteTx, by: Principal, wish: Reservation) -> Guarantee:
    """Take room of every limit for an approved loan, or of none; Conflict tells each rule that stands against it.

    One guarantee an application: the same wish again gets the same guarantee.
    """
    by.require(Role.SERVICE)
    wish = replace(wish, proposal=recognitions.on_record(tx, wish.proposal))
    holding.lock_renewed(tx, wish)
    chain = rooms.chain(tx, wish.programme, wish.guarantor)
    rooms.lock(tx, chain, wish.proposal)
    known = guarantee_store.of_application(tx, wish.application_id)
    if known is not None:
        return _same(known, wish)
    new = states.reserved(tx.new_id("gua"), wish, chain, rule_store.policy_set(tx))
    holding.hand_on(tx, wish, new.id)
    rooms.reserve(tx, chain, wish.proposal, new.id)
    guarantee_store.insert(tx, new)
    tell(tx, new, tx.today)
    return new


def confirm(tx: WriteTx, by: Principal, guarantee_id: str) -> Guarantee:
    """The guarantor's yes, where its programme leaves the steps before it to the guarantor.

    Its officers prepare it, a manager gives it.
    """
    by.require(Role.GUARANTOR_MANAGER)
    guarantee = own(tx, by, guarantee_id)
    if versions.of_reservation(tx, guarantee).procedure is Procedure.FULL:
        raise Conflict(
            f"{guarantee.programme} asks for every step on record.",
            field="guarantee_id",
            mend=f"Record them at POST /v1/guarantees/{guarantee_id}/steps.",
        )
    return keep(tx, states.confirmed(guarantee, by.subject, tx.today), tx.today)


def reject(tx: WriteTx, by: Principal, guarantee_id: str, rejection: Rejection) -> Guarantee:
    by.require(Role.GUARANTOR_MANAGER)
    return end(tx, states.rejected(own(tx, by, guarantee_id), rejection), tx.today)


def release(tx: WriteTx, by: Principal, guarantee_id: str) -> Guarantee:
    """Give a reservation back before it took effect. One that has ended already stays as it is."""
    by.require(Role.SERVICE)
    guarantee = guarantee_store.to_change(tx, guarantee_id)
    cancelled = states.cancelled(guarantee)
    return guarantee if cancelled == guarantee else end(tx, cancelled, tx.today)


def expire(tx: WriteTx, by: Principal, guarantee_id: str) -> None:
    """End a reservation that ran out, or give back what of it was not drawn, unless it changed meanwhile."""
    by.require(Role.SERVICE)
    guarantee = guarantee_store.to_change(tx, guarantee_id)
    if not drawing.is_due(guarantee, tx.today, rule_store.rulebook(tx).red_lines_on(tx.today).report_days):
        return
    drawdowns = drawdown_store.of_guarantee(tx, guarantee_id)
    after = drawing.expired(guarantee, drawdowns)
    if after.status is GuaranteeStatus.EXPIRED:
        end(tx, after, tx.today)
        return
    holding.shrink(tx, after, drawdowns, annual=True)
    keep(tx, after, tx.today)


def extend(tx: WriteTx, by: Principal, guarantee_id: str, extension: Extension) -> Guarantee:
    """A loan falls due later. Its liability stays; the tiers are asked again, and cover the old term until then."""
    by.require(Role.GUARANTOR_MANAGER)
    guarantee = own(tx, by, guarantee_id)
    line = drawdown_store.get(tx, loan_of(guarantee, extension.loan_id))
    if line.guarantee_id != guarantee_id:
        raise NotFound(f"{guarantee_id} covers no loan {line.loan_id}.", field="loan_id")
    later = lines.extended(line, extension.due_on, extension.reason)
    drawdown_store.update(tx, later)
    filings.reopen(tx, guarantee, line, later)
    return guarantee


def reduce(tx: WriteTx, loan_id: str, principal_fen: int, on: date, *, by_claim: bool) -> None:
    """So much principal of a loan leaves cover, in all books: it was repaid, or paid to the bank by a claim.

    Violation where more is given than is outstanding. Locks the guarantee before the loan.
    """
    ledger.post(tx, released(tx, loan_id, principal_fen, on, by_claim=by_claim))


def released(tx: WriteTx, loan_id: str, principal_fen: int, on: date, *, by_claim: bool) -> list[Movement]:
    """The same, for whoever posts more: the entries that are still to be written."""
    guarantee = guarantee_store.to_change(tx, drawdown_store.guarantee_of(tx, loan_id))
    line = drawdown_store.to_change(tx, loan_id)
    return loans.release(tx, guarantee, line, principal_fen, on, by_claim=by_claim)


def get_guarantee(tx: ReadTx, by: Principal, guarantee_id: str) -> Guarantee:
    """For its guarantor, its bank, its firm, and those who watch over all. Nobody else learns that it exists."""
    by.require(*SIDES, *WATCHERS)
    guarantee = guarantee_store.get(tx, guarantee_id)
    require_sight(by, guarantee)
    return guarantee


def list_guarantees(
    tx: ReadTx,
    by: Principal,
    status: GuaranteeStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> GuaranteePage:
    """The caller's own guarantees, newest first; all of them for those who watch over all."""
    return guarantee_store.page_of(tx, side_of(by), status, cursor, limit)


def list_drawdowns(tx: ReadTx, by: Principal, guarantee_id: str) -> DrawdownList:
    """The loans under a guarantee, for those who see it."""
    get_guarantee(tx, by, guarantee_id)
    return DrawdownList(items=drawdown_store.of_guarantee(tx, guarantee_id))


def own(tx: WriteTx, by: Principal, guarantee_id: str) -> Guarantee:
    """The guarantee, locked; Forbidden unless the caller acts for its guarantor."""
    guarantee = guarantee_store.to_change(tx, guarantee_id)
    by.require_organisation(guarantee.guarantor)
    return guarantee


def loan_of(guarantee: Guarantee, loan_id: str | None) -> str:
    """The loan that is meant: where there is only one, it need not be named."""
    if loan_id is None and (guarantee.in_parts or guarantee.loan_id is None):
        raise Violation("loan_id", f"{guarantee.id} has not just one loan.", "Name the loan.")
    return loan_id or guarantee.loan_id or ""


def end(tx: WriteTx, guarantee: Guarantee, on: date) -> Guarantee:
    """It never took effect: everything that it held is given back."""
    holding.free(tx, guarantee)
    return keep(tx, guarantee, on)


def _same(known: Guarantee, wish: Reservation) -> Guarantee:
    if not states.answers(known, wish):
        raise Conflict(
            f"Application {wish.application_id} has guarantee {known.id} with other content.",
            field="application_id",
            mend="Release that one; another loan is another application.",
        )
    return known
