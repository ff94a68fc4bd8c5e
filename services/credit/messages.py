"""Domain values as protobuf states and facts."""

from datetime import date

from libs.chassis import wire
from libs.chassis.codec import dump
from libs.chassis.vault import firm_key
from libs.registry.dimensions import Dimensions
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import events_pb2 as events
from services.credit.domain.card import CardKind
from services.credit.domain.consent import Consent, Purpose
from services.credit.domain.notices import NoticeCause
from services.credit.domain.score import Score
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


def item_stopped(item: str, party: str, cause: NoticeCause, on: date) -> events.ItemStopped:
    """Neither whose item, nor what it said."""
    plain = {"item": item, "cause": cause, "business_date": on.isoformat(), "firm_key": firm_key(party)}
    return wire.from_plain(events.ItemStopped, plain)


def score_given(
    score: Score, kind: CardKind, purpose: Purpose | None, dimensions: Dimensions
) -> events.ScoreGiven:
    """The grade and by which card; neither of whom, nor points or reasons."""
    return wire.from_plain(
        events.ScoreGiven,
        {
            "score_id": score.score_id,
            "card": score.scorecard,
            "kind": kind,
            "grade": score.grade,
            "purpose": purpose,
            "business_date": score.as_of.isoformat(),
            "dimensions": dump(dimensions),
        },
    )
