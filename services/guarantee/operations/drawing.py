"""Loans paid out under guarantees: taken into cover, repaid, and out of it.

Functions that move liability return the movements: whoever posts more writes all of them at once, and last.
"""

from collections.abc import Callable, Sequence
from datetime import date

from libs.chassis.database import WriteTx
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.guarantee import messages
from services.guarantee.domain import drawdown as lines
from services.guarantee.domain import drawing as states
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus
from services.guarantee.domain.guarantee import OPEN, Disbursement, Guarantee
from services.guarantee.domain.ledger import Kind, Movement
from services.guarantee.domain.positions import Moment, guarantee_fee, movements
from services.guarantee.domain.programme import Programme
from services.guarantee.operations import caps, checks, filings, holding, ledger, versions
from services.guarantee.operations.telling import keep
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import filings as filing_store
from services.guarantee.store import guarantees as guarantee_store


def take_effect(tx: WriteTx, told: lending_events.LoanDisbursed) -> None:
    """A loan was paid out on a guarantee, as lending says. The same news again changes nothing."""
    guarantee = guarantee_store.to_change(tx, told.guarantee_id)
    if drawdown_store.if_any(tx, told.loan_id) is None:
        ledger.post(tx, draw(tx, guarantee, messages.disbursement(told)))


def follow_repayment(tx: WriteTx, told: lending_events.RepaymentReceived) -> None:
    """So much is left of a loan, as lending says. News that overtook the loan's cover waits for it."""
    guarantee = guarantee_store.to_change(tx, told.guarantee_id)
    drawdown, paid_on = drawdown_store.if_any(tx, told.loan_id), date.fromisoformat(told.business_date)
    if drawdown is None or drawdown.status is DrawdownStatus.LISTED:
        left_fen = told.outstanding_fen
        drawdown_store.remember_repayment(tx, guarantee.id, told.loan_id, left_fen, paid_on)
    elif drawdown.guarantee_id == guarantee.id and told.outstanding_fen < drawdown.outstanding_fen:
        paid_fen = drawdown.outstanding_fen - told.outstanding_fen
        ledger.post(tx, release(tx, guarantee, drawdown, paid_fen, paid_on, by_claim=False))


def draw(tx: WriteTx, guarantee: Guarantee, loan: Disbursement) -> list[Movement]:
    """A loan under a locked guarantee: in effect, in batch business listed for the check; or told that it is not."""
    known = drawdown_store.of_guarantee(tx, guarantee.id) if guarantee.loan_id else ()
    missed = states.missed(guarantee, loan)
    if missed is not None:
        _miss(tx, guarantee, missed, states.uncovered(missed, loan, len(known) + 1))
        return []
    programme = versions.of(tx, guarantee, loan.disbursed_on)
    line = states.line(guarantee, loan, len(known) + 1, programme, tx.today)
    after = states.with_line(guarantee, line)
    if after.amount_fen != guarantee.amount_fen:
        holding.shrink(tx, after, (*known, line), annual=True)
    if not programme.batch:
        return _cover(tx, after, line, programme, loan.disbursed_on, drawdown_store.insert)
    drawdown_store.insert(tx, line)
    refusal = checks.at_once(tx, guarantee, loan, programme)
    if refusal is not None:
        keep_out(tx, after, line, refusal)
    else:
        keep(tx, after, loan.disbursed_on)
        holding.hand_back(tx, after)
    return []


def cover(
    tx: WriteTx, guarantee: Guarantee, listed: Drawdown, programme: Programme, on: date
) -> list[Movement]:
    """A listed loan comes under cover, with filings to be made; what was repaid before goes at once."""
    return _cover(tx, guarantee, listed, programme, on, drawdown_store.update)


def _cover(
    tx: WriteTx,
    guarantee: Guarantee,
    listed: Drawdown,
    programme: Programme,
    on: date,
    save: Callable[[WriteTx, Drawdown], None],
) -> list[Movement]:
    line = lines.effective(listed)
    save(tx, line)
    guarantee = states.summed(guarantee, _loans_with(tx, guarantee, line))
    opened = filings.open_for(tx, line, programme, on)
    keep(tx, guarantee, on, opened)
    moved = [
        *movements(guarantee, Moment(drawdown=listed), Moment(drawdown=line), on),
        *guarantee_fee(guarantee, line, on),
        *_take_over(tx, guarantee, line, on),
    ]
    if programme.batch:
        moved += filings.imply(tx, guarantee, line)
    return moved + _repaid_ahead(tx, line.loan_id)


def keep_out(tx: WriteTx, guarantee: Guarantee, listed: Drawdown, reason: str) -> Guarantee:
    """A listed loan that fails never enters cover: its room is given back and it stays with the bank."""
    line = lines.refused(listed, reason)
    drawdown_store.update(tx, line)
    drawdowns = drawdown_store.of_guarantee(tx, guarantee.id)
    after = states.without_line(guarantee, drawdowns, line)
    if after.status is guarantee.status:
        holding.shrink(tx, after, drawdowns, annual=True)
    else:
        holding.free(tx, after)
    return keep(tx, after, tx.today)


def release(
    tx: WriteTx, guarantee: Guarantee, drawdown: Drawdown, principal_fen: int, on: date, *, by_claim: bool
) -> list[Movement]:
    """So much principal of a loan leaves cover: what it held comes back, and counts for the cap."""
    after = lines.reduced(drawdown, principal_fen)
    if after == drawdown:
        return []
    drawdown_store.update(tx, after)
    drawdowns = _loans_with(tx, guarantee, after)
    left = states.summed(guarantee, drawdowns)
    holding.shrink(tx, left, drawdowns, annual=False)
    days = max(0, (on - drawdown.drawn_on).days)
    programme = versions.of(tx, guarantee, on)
    caps.note_release(tx, programme, guarantee.bank, principal_fen, days, on, by_claim=by_claim)
    filed = filing_store.of_loan(tx, drawdown.loan_id)
    keep(tx, left, on, filed)
    before, now = Moment(drawdown=drawdown, filings=filed), Moment(drawdown=after, filings=filed)
    out = Kind.LIABILITY_CLAIMED if by_claim else Kind.LIABILITY_RELEASED
    return movements(guarantee, before, now, on, out)


def _loans_with(tx: WriteTx, guarantee: Guarantee, kept: Drawdown) -> Sequence[Drawdown]:
    """All loans of a guarantee, one of which was just kept: most have no other."""
    return drawdown_store.of_guarantee(tx, guarantee.id) if guarantee.in_parts else (kept,)


def _miss(tx: WriteTx, before: Guarantee, guarantee: Guarantee, loan: Drawdown) -> None:
    """A loan without cover. Where that ends the guarantee, everything that it held is given back."""
    drawdown_store.insert(tx, loan)
    if before.status in OPEN and guarantee.status not in OPEN:
        holding.free(tx, guarantee)
    keep(tx, guarantee, loan.drawn_on)


def _repaid_ahead(tx: WriteTx, loan_id: str) -> list[Movement]:
    """What was heard of a loan's repayment before it came under cover."""
    ahead = drawdown_store.repayment_ahead(tx, loan_id)
    if ahead is None:
        return []
    line, (left_fen, paid_on) = drawdown_store.get(tx, loan_id), ahead
    guarantee = guarantee_store.get(tx, line.guarantee_id)
    paid_fen = max(0, line.outstanding_fen - left_fen)
    return release(tx, guarantee, line, paid_fen, paid_on, by_claim=False)


def _take_over(tx: WriteTx, guarantee: Guarantee, line: Drawdown, on: date) -> list[Movement]:
    """A renewal took effect: the loan of the guarantee that it renews is repaid by it, as far as it goes."""
    if guarantee.renews is None:
        return []
    moved, left_fen = list[Movement](), line.amount_fen
    for old in drawdown_store.of_guarantee(tx, guarantee.renews):
        paid_fen = min(left_fen, old.outstanding_fen)
        if paid_fen:
            renewed = guarantee_store.to_change(tx, guarantee.renews)
            moved += release(tx, renewed, old, paid_fen, on, by_claim=False)
            left_fen -= paid_fen
    holding.restore(tx, guarantee_store.get(tx, guarantee.renews))
    return moved
