"""What the loans under a guarantee make of it: drawn in one or several parts, repaid, and at its end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus, fee_of
from services.guarantee.domain.guarantee import (
    OPEN,
    Disbursement,
    Guarantee,
    GuaranteeStatus,
    contract,
    state,
)
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.quote import share_amounts

_LIVING = (*OPEN, GuaranteeStatus.EFFECTIVE)


def missed(guarantee: Guarantee, loan: Disbursement) -> Guarantee | None:
    """The guarantee told why it does not cover a loan; None where it does.

    The loan of another application is a Violation, as is a second loan where there was to be one.
    """
    if loan.application_id != guarantee.application_id:
        message = f"Loan {loan.loan_id} belongs to application {loan.application_id}."
        raise Violation("guarantee_id", message, "Name the guarantee of the loan's own application.")
    if guarantee.loan_id is not None and not guarantee.in_parts:
        raise state(guarantee, f"It covers loan {guarantee.loan_id} already.")
    found = _why_not(guarantee, loan)
    if found is None:
        return None
    status, why = found
    note = f"Loan {loan.loan_id} was disbursed on {loan.disbursed_on}; it has no cover: {why}"
    undrawn_fen = guarantee.undrawn_fen if status in _LIVING else 0
    first = guarantee.loan_id or loan.loan_id
    return replace(guarantee, loan_id=first, status=status, undrawn_fen=undrawn_fen, note=note)


def _why_not(guarantee: Guarantee, loan: Disbursement) -> tuple[GuaranteeStatus, str] | None:
    """Why a loan gets no cover, and the state that the guarantee is left in. Loans under cover keep it."""
    if guarantee.status not in _LIVING:
        return guarantee.status, f"the guarantee was {guarantee.status}."
    if not guarantee.undrawn_fen:
        return guarantee.status, "all that was reserved is drawn."
    if loan.disbursed_on > guarantee.reserved_until:
        covers = guarantee.loan_id is not None
        status = guarantee.status if covers else GuaranteeStatus.EXPIRED
        return status, f"the reservation ended on {guarantee.reserved_until}."
    if guarantee.status is GuaranteeStatus.RESERVED:
        return GuaranteeStatus.CANCELLED, "the guarantor had not confirmed."
    return None


def line(
    guarantee: Guarantee, loan: Disbursement, number: int, programme: Programme, listed_on: date
) -> Drawdown:
    """The loan as a line that waits to be taken into cover, for at most what is left of the reservation.

    `programme`: the version of the day of disbursement, which governs the fee.
    """
    amount_fen = min(loan.amount_fen, guarantee.undrawn_fen)
    due_on = add_months(loan.disbursed_on, loan.term_months)
    return Drawdown(
        loan_id=loan.loan_id,
        guarantee_id=guarantee.id,
        number=number,
        amount_fen=amount_fen,
        shares=contract(guarantee),
        programme_effective=guarantee.programme_effective,
        fee_fen=fee_of(programme, amount_fen, loan.disbursed_on, due_on),
        drawn_on=loan.disbursed_on,
        due_on=due_on,
        listed_on=listed_on,
        status=DrawdownStatus.LISTED,
    )


def uncovered(guarantee: Guarantee, loan: Disbursement, number: int) -> Drawdown:
    """The record of a loan that the guarantee does not cover."""
    return Drawdown(
        loan_id=loan.loan_id,
        guarantee_id=guarantee.id,
        number=number,
        amount_fen=loan.amount_fen,
        shares=contract(guarantee),
        programme_effective=guarantee.programme_effective,
        fee_fen=0,
        drawn_on=loan.disbursed_on,
        due_on=add_months(loan.disbursed_on, loan.term_months),
        status=DrawdownStatus.REFUSED,
        note=guarantee.note,
    )


def with_line(guarantee: Guarantee, new: Drawdown) -> Guarantee:
    """The guarantee with a loan drawn on it; one that is drawn at once is as large as its loan."""
    undrawn_fen = guarantee.undrawn_fen - new.amount_fen
    first = guarantee.loan_id or new.loan_id
    taken = replace(guarantee, loan_id=first, undrawn_fen=undrawn_fen)
    return taken if guarantee.in_parts else _without_rest(taken)


def without_line(guarantee: Guarantee, drawdowns: Sequence[Drawdown], refused: Drawdown) -> Guarantee:
    """The guarantee after a listed loan was kept out of cover; at its end where it covers no other."""
    left = [one for one in drawdowns if one.status is not DrawdownStatus.REFUSED]
    if not left and not guarantee.undrawn_fen:
        return replace(guarantee, status=GuaranteeStatus.REJECTED, note=refused.note)
    amount_fen = guarantee.undrawn_fen + sum(one.amount_fen for one in left)
    shares = share_amounts(amount_fen, contract(guarantee))
    return summed(replace(guarantee, amount_fen=amount_fen, shares=shares, note=refused.note), drawdowns)


def is_due(guarantee: Guarantee, today: date, report_days: int) -> bool:
    """Whether a reservation has run out, and news of a disbursement within it is no longer awaited."""
    return guarantee.undrawn_fen > 0 and today > guarantee.reserved_until + timedelta(days=report_days)


def expired(guarantee: Guarantee, drawdowns: Sequence[Drawdown]) -> Guarantee:
    """The guarantee without what was not drawn in time: smaller, or at its end where nothing was."""
    if any(one.status is not DrawdownStatus.REFUSED for one in drawdowns):
        return summed(_without_rest(guarantee), drawdowns)
    note = f"Not drawn by {guarantee.reserved_until}."
    return replace(guarantee, status=GuaranteeStatus.EXPIRED, undrawn_fen=0, note=note)


def summed(guarantee: Guarantee, drawdowns: Sequence[Drawdown]) -> Guarantee:
    """The guarantee as its loans make it: in effect while one of them is, released when all is repaid."""
    covered = [one for one in drawdowns if one.status in (DrawdownStatus.EFFECTIVE, DrawdownStatus.RELEASED)]
    if not covered:
        return guarantee
    outstanding_fen = sum(one.outstanding_fen for one in covered)
    listed = any(one.status is DrawdownStatus.LISTED for one in drawdowns)
    lives = outstanding_fen > 0 or guarantee.undrawn_fen > 0 or listed
    return replace(
        guarantee,
        outstanding_fen=outstanding_fen,
        status=GuaranteeStatus.EFFECTIVE if lives else GuaranteeStatus.RELEASED,
        fee_fen=sum(one.fee_fen for one in covered),
        effective_on=min(one.drawn_on for one in covered),
    )


def filed(guarantee: Guarantee, drawdown: Drawdown) -> Guarantee:
    """With the shares under which its first loan was filed."""
    if drawdown.number != 1 or drawdown.shares == contract(guarantee):
        return guarantee
    shares = share_amounts(guarantee.amount_fen, drawdown.shares)
    return replace(guarantee, shares=shares, programme_effective=drawdown.programme_effective)


def stands_for(guarantee: Guarantee, drawdowns: Sequence[Drawdown], handed_on_fen: int = 0) -> int:
    """The loan principal that room is held for: outstanding, listed, or still to be drawn, less what was handed on."""
    listed_fen = sum(one.amount_fen for one in drawdowns if one.status is DrawdownStatus.LISTED)
    return max(0, guarantee.outstanding_fen + listed_fen + guarantee.undrawn_fen - handed_on_fen)


def _without_rest(guarantee: Guarantee) -> Guarantee:
    """Only as large as what was drawn."""
    amount_fen = guarantee.amount_fen - guarantee.undrawn_fen
    shares = share_amounts(amount_fen, contract(guarantee))
    return replace(guarantee, amount_fen=amount_fen, undrawn_fen=0, shares=shares)
