"""What lending tells the others of its pledges: never the right itself, nor whose it is."""

from libs.chassis import wire
from libs.chassis.codec import dump
from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.outbox import emit
from rongqiao.lending.v1 import events_pb2 as pb
from services.lending.domain.application import Application
from services.lending.domain.pledge import Pledge
from services.lending.operations import feed


def tell(tx: WriteTx, pledge: Pledge, application: Application) -> Pledge:
    """Say how the pledge stands, to its bank and, unless it is made up, to statistics."""
    noted = {
        "application_id": pledge.application_id,
        "status": pledge.status.value,
        "lendable_fen": pledge.lendable_fen,
        "reason": pledge.reason,
    }
    feed.note(tx, pledge.bank, f"pledge.{pledge.status.lower()}", pledge.id, noted)
    if not pledge.sandbox:
        emit(tx, topics.LENDING_PLEDGE, pledge.id, pledge_changed(tx, pledge, application))
    return pledge


def pledge_changed(tx: WriteTx, pledge: Pledge, application: Application) -> pb.PledgeChanged:
    return wire.from_plain(
        pb.PledgeChanged,
        {
            "pledge_id": pledge.id,
            "application_id": pledge.application_id,
            "bank": pledge.bank,
            "kind": pledge.kind.value,
            "product_kind": application.product_kind.value,
            "status": pledge.status.value,
            "value_fen": pledge.valuation.amount_fen,
            "cap_bp": pledge.cap_bp,
            "lendable_fen": pledge.lendable_fen,
            "business_date": tx.today.isoformat(),
            "dimensions": dump(application.dimensions),
        },
    )
