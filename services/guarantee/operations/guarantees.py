"""Guarantees: reserved by lending, confirmed by the guarantor, in effect with the loan, released as it is repaid.

`reserve` is where a reservation is decided: all its limits are locked, compared and taken of in one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from libs.chassis.problems import Conflict, NotFound
from libs.eventing import topics
from libs.eventing.outbox import emit
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.guarantee import messages
from services.guarantee.domain import guarantee as states
from services.guarantee.domain import quote as quote_rules
from services.guarantee.domain.guarantee import (
    Disbursement,
    Guarantee,
    GuaranteePage,
    GuaranteeStatus,
    Rejection,
    Reservation,
)
from services.guarantee.domain.limits import Chain, Hold, needs, when_drawn, when_repaid
from services.guarantee.domain.quote import RuleBreach
from services.guarantee.operations import recognitions
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import rules as rule_store

_SIDES = dict.fromkeys(GUARANTOR, "guarantor") | dict.fromkeys(BANK, "bank") | {Role.SME: "party"}
_WATCHERS = (Role.REGUARANTOR, Role.SERVICE)


def reserve(tx: WriteTx, by: Principal, wish: Reservation) -> Guarantee:
    """Take room of every limit for an approved loan, or of none; Conflict tells each rule that stands against it.

    One guarantee an application: the same wish again gets the same guarantee.
    """
    by.require(Role.SERVICE)
    rulebook, proposal = rule_store.rulebook(tx), recognitions.on_record(tx, wish.proposal)
    chain = Chain(
        programme=rulebook.programme(wish.programme, tx.today),
        guarantor=guarantor_store.to_use(tx, wish.guarantor),
        lines=rulebook.red_lines_on(tx.today),
        day=tx.today,
    )
    needed = needs(chain, proposal.party, proposal.amount_fen)
    held = limit_store.lock(tx, [need.limit for need in needed])
    known = guarantee_store.of_application(tx, wish.application_id)
    if known is not None:
        return _same(known, wish)
    _insist([*quote_rules.ineligible(chain, proposal), *quote_rules.without_room(needed, held)])
    new = states.reserved(tx.new_id("gua"), wish, chain, rulebook.policy_set)
    guarantee_store.insert(tx, new)
    limit_store.take(tx, new.id, needed)
    _tell(tx, new, tx.today)
    return new


def confirm(tx: WriteTx, by: Principal, guarantee_id: str) -> Guarantee:
    """The guarantor's yes. Its officers prepare it, a manager gives it."""
    by.require(Role.GUARANTOR_MANAGER)
    return _keep(tx, states.confirmed(_own(tx, by, guarantee_id), by.subject, tx.today), tx.today)


def reject(tx: WriteTx, by: Principal, guarantee_id: str, rejection: Rejection) -> Guarantee:
    by.require(Role.GUARANTOR_MANAGER)
    return _end(tx, states.rejected(_own(tx, by, guarantee_id), rejection), tx.today)


def release(tx: WriteTx, by: Principal, guarantee_id: str) -> Guarantee:
    """Give a reservation back before it took effect. One that has ended already stays as it is."""
    by.require(Role.SERVICE)
    guarantee = guarantee_store.to_change(tx, guarantee_id)
    cancelled = states.cancelled(guarantee)
    return guarantee if cancelled == guarantee else _end(tx, cancelled, tx.today)


def expire(tx: WriteTx, by: Principal, guarantee_id: str) -> None:
    """End a reservation that ran out, unless it changed meanwhile."""
    by.require(Role.SERVICE)
    guarantee = guarantee_store.to_change(tx, guarantee_id)
    if states.is_due(guarantee, tx.today, rule_store.rulebook(tx).red_lines_on(tx.today).report_days):
        _end(tx, states.expired(guarantee), tx.today)


def take_effect(tx: WriteTx, told: lending_events.LoanDisbursed) -> None:
    """A loan was paid out on a guarantee, as lending says. The same news again changes nothing."""
    loan = messages.disbursement(told)
    guarantee = guarantee_store.to_change(tx, told.guarantee_id)
    if guarantee.loan_id == loan.loan_id:
        return
    drawn = states.drawn(guarantee, loan, _fee_at(tx, guarantee, loan))
    if drawn.status is not GuaranteeStatus.EFFECTIVE:
        _end(tx, drawn, loan.disbursed_on)
        return
    _shrink(tx, drawn, when_drawn, drawn.amount_fen)
    _keep(tx, drawn, loan.disbursed_on)
    ahead = guarantee_store.repayment_ahead(tx, drawn.id)
    if ahead is not None:
        _repay(tx, drawn, *ahead)


def follow_repayment(tx: WriteTx, told: lending_events.RepaymentReceived) -> None:
    """So much is left of a loan, as lending says. News that overtook the disbursement waits for it."""
    guarantee = guarantee_store.to_change(tx, told.guarantee_id)
    paid_on = date.fromisoformat(told.business_date)
    if guarantee.loan_id is None:
        guarantee_store.remember_repayment(tx, guarantee.id, told.outstanding_fen, paid_on)
    elif guarantee.loan_id == told.loan_id and guarantee.status is GuaranteeStatus.EFFECTIVE:
        _repay(tx, guarantee, told.outstanding_fen, paid_on)


def get_guarantee(tx: ReadTx, by: Principal, guarantee_id: str) -> Guarantee:
    """For its guarantor, its bank, its firm, and those who watch over all. Nobody else learns that it exists."""
    by.require(*_SIDES, *_WATCHERS)
    guarantee = guarantee_store.get(tx, guarantee_id)
    if by.role in _SIDES and getattr(guarantee, _SIDES[by.role]) != by.organisation:
        raise NotFound(f"There is no guarantee {guarantee_id}.", field="guarantee_id")
    return guarantee


def list_guarantees(
    tx: ReadTx,
    by: Principal,
    status: GuaranteeStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> GuaranteePage:
    """The caller's own guarantees, newest first; all of them for those who watch over all."""
    by.require(*_SIDES, *_WATCHERS)
    side = (_SIDES[by.role], by.organisation) if by.role in _SIDES else None
    return guarantee_store.page_of(tx, side, status, cursor, limit)


def _own(tx: WriteTx, by: Principal, guarantee_id: str) -> Guarantee:
    guarantee = guarantee_store.to_change(tx, guarantee_id)
    by.require_organisation(guarantee.guarantor)
    return guarantee


def _same(known: Guarantee, wish: Reservation) -> Guarantee:
    if not states.answers(known, wish):
        raise Conflict(
            f"Application {wish.application_id} has guarantee {known.id} with other content.",
            field="application_id",
            mend="Release that one; another loan is another application.",
        )
    return known


def _insist(breaches: Sequence[RuleBreach]) -> None:
    if breaches:
        raise Conflict(
            f"The loan cannot be covered: {'; '.join(map(str, breaches))}.",
            field=breaches[0].rule,
            mend="Choose a feasible structure of POST /v1/quotes.",
            source=breaches[0].source,
        )


def _fee_at(tx: ReadTx, guarantee: Guarantee, loan: Disbursement) -> int:
    """The fee by the rules of the day of disbursement; as quoted where they no longer know the programme."""
    programme = rule_store.rulebook(tx).last_version(guarantee.programme, loan.disbursed_on)
    if programme is None:
        return guarantee.fee_fen
    amount_fen = min(loan.amount_fen, guarantee.amount_fen)
    return quote_rules.fee(programme, loan.disbursed_on, amount_fen, guarantee.term_months)


def _repay(tx: WriteTx, guarantee: Guarantee, outstanding_fen: int, on: date) -> None:
    after = states.repaid(guarantee, outstanding_fen)
    if after != guarantee:
        _shrink(tx, after, when_repaid, after.outstanding_fen)
        _keep(tx, after, on)


def _shrink(tx: WriteTx, guarantee: Guarantee, rule: Callable[..., Hold], amount_fen: int) -> None:
    """Give back of each limit what the smaller amount no longer takes."""
    lines = rule_store.rulebook(tx).red_lines_on(tx.today)
    before = limit_store.lock_holds(tx, guarantee.id)
    after = [rule(hold, amount_fen, states.contract(guarantee), lines) for hold in before]
    limit_store.give_back(tx, guarantee.id, before, after)


def _end(tx: WriteTx, guarantee: Guarantee, on: date) -> Guarantee:
    """It never took effect: everything that it held is given back."""
    before = limit_store.lock_holds(tx, guarantee.id)
    limit_store.give_back(tx, guarantee.id, before, [replace(hold, amount_fen=0) for hold in before])
    return _keep(tx, guarantee, on)


def _keep(tx: WriteTx, guarantee: Guarantee, on: date) -> Guarantee:
    guarantee_store.update(tx, guarantee)
    _tell(tx, guarantee, on)
    return guarantee


def _tell(tx: WriteTx, guarantee: Guarantee, on: date) -> None:
    """`on`: the business date of the change, which for news from lending is lending's."""
    emit(tx, topics.GUARANTEE_GUARANTEE, guarantee.id, messages.guarantee_changed(guarantee, on))
