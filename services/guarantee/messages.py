"""Domain values as protobuf states and facts."""

from collections.abc import Sequence
from datetime import date

from libs.chassis import wire
from libs.chassis.codec import dump
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.guarantee.v1 import events_pb2 as events
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.guarantee.domain.batch_list import EXTERNAL
from services.guarantee.domain.claim import Claim
from services.guarantee.domain.filing import Filing
from services.guarantee.domain.guarantee import Disbursement, Guarantee, GuaranteeStatus
from services.guarantee.domain.guarantor import Headroom
from services.guarantee.domain.measures import Level, RedLine
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.quote import RECOGNITIONS
from services.guarantee.domain.recovery import Recovery
from services.guarantee.store.red_lines import Key


def programme_state(programme: Programme) -> pb.Programme:
    return wire.to_message(pb.Programme, programme)


def withdrawn(data: bytes) -> pb.Programme:
    """The state of a programme that the rules no longer know, from what was last said of it."""
    state = pb.Programme.FromString(data)
    state.status = pb.STATUS_WITHDRAWN
    return state


def headroom_state(headroom: Headroom) -> pb.Headroom:
    return wire.to_message(pb.Headroom, headroom)


def guarantee_changed(
    guarantee: Guarantee, on: date, filings: Sequence[Filing] = (), note: str | None = None
) -> events.GuaranteeChanged:
    """`filings`: of the loan that the change is about. In effect, the amount is that of the loans that were drawn."""
    in_effect = guarantee.status in (GuaranteeStatus.EFFECTIVE, GuaranteeStatus.RELEASED)
    amount_fen = guarantee.amount_fen - (guarantee.undrawn_fen if in_effect else 0)
    own = {"guarantee_id": guarantee.id, "business_date": on.isoformat(), "amount_fen": amount_fen}
    if guarantee.application_id.startswith(EXTERNAL):
        own["application_id"] = ""
    said = {"filings": [dump(one) for one in filings], "note": note or guarantee.note}
    return wire.from_plain(events.GuaranteeChanged, dump(guarantee) | own | said)


def red_line_changed(
    key: Key, line: RedLine, before: Level, on: date, policy_set: str
) -> events.RedLineChanged:
    told = dump(line) | key._asdict() | {"before": before, "business_date": on.isoformat()}
    known = {name: value for name, value in told.items() if value != ""}
    return wire.from_plain(events.RedLineChanged, known | {"policy_set": policy_set})


def disbursement(told: lending_events.LoanDisbursed) -> Disbursement:
    return Disbursement(
        loan_id=told.loan_id,
        application_id=told.application_id,
        amount_fen=told.amount_fen,
        term_months=told.term_months,
        disbursed_on=date.fromisoformat(told.business_date),
    )


def recognitions(summary: credit.PartySummary) -> tuple[str, ...]:
    """The recognitions that are known of a party without its consent being needed."""
    public = (item for item in summary.items if not item.HasField("valid_until"))
    held = {item.fact for item in public if item.state == credit.ITEM_STATE_KNOWN and item.value == "true"}
    return tuple(label for label in RECOGNITIONS if label in held)


def claim_changed(claim: Claim, guarantee: Guarantee, on: date) -> events.ClaimChanged:
    plain = {name: value for name, value in dump(claim).items() if name in _OF_CLAIM}
    return wire.from_plain(events.ClaimChanged, plain | _about(claim, guarantee, on))


def recovery_booked(
    recovery: Recovery, claim: Claim, guarantee: Guarantee, on: date
) -> events.RecoveryBooked:
    plain = {name: value for name, value in dump(recovery).items() if name in _OF_RECOVERY}
    return wire.from_plain(
        events.RecoveryBooked, plain | {"recovery_id": recovery.id} | _about(claim, guarantee, on)
    )


def _about(claim: Claim, guarantee: Guarantee, on: date) -> dict[str, object]:
    return {
        "claim_id": claim.id,
        "guarantee_id": claim.guarantee_id,
        "loan_id": claim.loan_id,
        "bank": claim.bank,
        "guarantor": claim.guarantor,
        "programme": guarantee.programme,
        "dimensions": dump(guarantee.dimensions),
        "business_date": on.isoformat(),
        "policy_set": claim.policy_set,
    }


_OF_CLAIM = ("status", "claimed_fen", "covered_fen", "parts", "cut_fen", "pending_fen", "payer", "grounds")
_OF_RECOVERY = ("gross_fen", "costs_fen", "net_fen", "surplus_fen", "parts", "lead", "status")
