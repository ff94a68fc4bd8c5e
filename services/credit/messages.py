"""Domain values as protobuf states and facts."""

from datetime import date

from libs.chassis import wire
from libs.chassis.codec import dump
from libs.chassis.vault import firm_key
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import events_pb2 as events
from services.credit.domain.consent import Consent
from services.credit.domain.view import PartySummary


def party_state(summary: PartySummary) -> pb.PartySummary:
    return wire.to_message(pb.PartySummary, summary)


def consent_changed(consent: Consent, on: date) -> events.ConsentChanged:
    """Without party and signer: a fact is kept for ever, and names nobody."""
    return wire.from_plain(
        events.ConsentChanged,
        dump(consent)
        | {
            "consent_id": consent.id,
            "revoked": consent.revoked_at is not None,
            "business_date": on.isoformat(),
            "firm_key": firm_key(consent.party),
        },
    )
