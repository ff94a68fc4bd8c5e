"""The room that a guarantee holds, as its loans change, and as a renewal takes it over."""

from collections.abc import Sequence
from dataclasses import replace

from libs.chassis.database import WriteTx
from services.guarantee.domain import drawing
from services.guarantee.domain import guarantee as states
from services.guarantee.domain.drawdown import Drawdown
from services.guarantee.domain.guarantee import OPEN, Guarantee, Reservation
from services.guarantee.operations import rooms
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import guarantees as guarantee_store


def shrink(tx: WriteTx, guarantee: Guarantee, drawdowns: Sequence[Drawdown], *, annual: bool) -> None:
    """Hold what the guarantee stands for now. `annual`: what gives way was never drawn."""
    amount_fen = drawing.stands_for(guarantee, drawdowns, _handed_on(tx, guarantee))
    shares = states.contract(guarantee)
    rooms.shrink(tx, guarantee.id, guarantee.guarantor, guarantee.party, amount_fen, shares, annual=annual)


def free(tx: WriteTx, guarantee: Guarantee) -> None:
    """It never took effect: everything that it held is given back, and to the guarantee that it was to renew."""
    rooms.free(tx, guarantee.id, guarantee.guarantor, guarantee.party)
    if guarantee.renews is not None:
        old = replace(guarantee_store.to_change(tx, guarantee.renews), renewed_by=None)
        guarantee_store.update(tx, old)
        restore(tx, old)


def lock_renewed(tx: WriteTx, wish: Reservation) -> None:
    """Guarantees are locked before their rooms."""
    if wish.renews is not None:
        guarantee_store.to_change(tx, wish.renews)


def hand_on(tx: WriteTx, wish: Reservation, new_id: str) -> None:
    """Let the guarantee that is renewed hold only what the renewal does not take over; Violation where it may not."""
    if wish.renews is None:
        return
    old = states.renewed(guarantee_store.to_change(tx, wish.renews), wish, new_id)
    guarantee_store.update(tx, old)
    left_fen = drawing.stands_for(old, _drawdowns(tx, old), wish.proposal.amount_fen)
    shares = states.contract(old)
    rooms.shrink(tx, old.id, old.guarantor, old.party, left_fen, shares, annual=False)


def hand_back(tx: WriteTx, renewal: Guarantee) -> None:
    """A renewal was paid out for less than was reserved, and is not in effect yet: the old one stands for the rest."""
    if renewal.renews is not None:
        restore(tx, guarantee_store.to_change(tx, renewal.renews))


def restore(tx: WriteTx, guarantee: Guarantee) -> None:
    """Let a guarantee hold again what it stands for, after a renewal took less of it over than it had reserved."""
    amount_fen = drawing.stands_for(guarantee, _drawdowns(tx, guarantee), _handed_on(tx, guarantee))
    shares = states.contract(guarantee)
    rooms.restore(tx, guarantee.id, guarantee.guarantor, guarantee.party, amount_fen, shares)


def _handed_on(tx: WriteTx, guarantee: Guarantee) -> int:
    """What a renewal holds in this one's place until it takes effect."""
    if guarantee.renewed_by is None:
        return 0
    renewal = guarantee_store.get(tx, guarantee.renewed_by)
    return renewal.amount_fen if renewal.status in OPEN else 0


def _drawdowns(tx: WriteTx, guarantee: Guarantee) -> tuple[Drawdown, ...]:
    return drawdown_store.of_guarantee(tx, guarantee.id)
