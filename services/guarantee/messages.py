"""Domain values as protobuf states and facts."""

from datetime import date

from libs.chassis import wire
from libs.chassis.codec import dump
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.guarantee.v1 import events_pb2 as events
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.guarantee.domain.guarantee import Disbursement, Guarantee
from services.guarantee.domain.guarantor import Headroom
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.quote import RECOGNITIONS


def programme_state(programme: Programme) -> pb.Programme:
    return wire.to_message(pb.Programme, programme)


def withdrawn(data: bytes) -> pb.Programme:
    """The state of a programme that the rules no longer know, from what was last said of it."""
    state = pb.Programme.FromString(data)
    state.status = pb.STATUS_WITHDRAWN
    return state


def headroom_state(headroom: Headroom) -> pb.Headroom:
    return wire.to_message(pb.Headroom, headroom)


def guarantee_changed(guarantee: Guarantee, on: date) -> events.GuaranteeChanged:
    return wire.from_plain(
        events.GuaranteeChanged,
        dump(guarantee) | {"guarantee_id": guarantee.id, "business_date": on.isoformat()},
    )


def disbursement(told: lending_events.LoanDisbursed) -> Disbursement:
    return Disbursement(
        loan_id=told.loan_id,
        application_id=told.application_id,
        amount_fen=told.amount_fen,
        disbursed_on=date.fromisoformat(told.business_date),
    )


def recognitions(summary: credit.PartySummary) -> tuple[str, ...]:
    """The recognitions that are known of a party without its consent being needed."""
    public = (item for item in summary.items if not item.HasField("valid_until"))
    held = {item.fact for item in public if item.state == credit.ITEM_STATE_KNOWN and item.value == "true"}
    return tuple(label for label in RECOGNITIONS if label in held)
