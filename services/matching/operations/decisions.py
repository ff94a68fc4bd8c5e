"""What banks decide, as lending tells it: each application once, with what we had said of it before it was made."""

from datetime import date, datetime, timedelta

from libs.chassis import codec, wire
from libs.chassis.database import WriteTx
from libs.registry.dimensions import Dimensions
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import lending_pb2 as lending
from services.matching.domain.decision import Decision
from services.matching.domain.learning import Learning
from services.matching.operations.rulebook import LEARNING
from services.matching.store import answer_features, decisions

_WORDS = {lending.APPLICATION_STATUS_APPROVED: True, lending.APPLICATION_STATUS_DECLINED: False}


def follow_application(tx: WriteTx, told: lending_events.ApplicationChanged, at: datetime) -> None:
    """`at`: when it happened. What the firm withdraws is no label; that an offer lapsed takes no yes back. Nor is what
    was decided on a firm for which the bank set rules aside: it says nothing of others."""
    if told.by_waiver:
        return
    on = date.fromisoformat(told.business_date)
    if told.status == lending.APPLICATION_STATUS_SUBMITTED:
        _open(tx, told, on, at)
    elif told.status in _WORDS:
        decisions.set_word(tx, told.application_id, _WORDS[told.status], on)
    elif told.status == lending.APPLICATION_STATUS_WITHDRAWN:
        decisions.set_word(tx, told.application_id, None, None)


def _open(tx: WriteTx, told: lending_events.ApplicationChanged, on: date, at: datetime) -> None:
    """An application for what we had not recommended to the firm before teaches nothing."""
    firm = wire.from_message(Dimensions, told.dimensions)
    plan = answer_features.last_before(tx, firm.firm_key, told.product_id, at)
    if plan is None:
        return
    opened = Decision(
        application=told.application_id,
        product=told.product_id,
        bank=told.bank,
        applied_on=on,
        number=plan.number,
        said_ppm=plan.likelihood_ppm,
        features=plan.features,
        county=firm.county,
        size=firm.size,
        first_time=firm.first_time_borrower,
    )
    decisions.open_decision(tx, opened)


def forget_features(tx: WriteTx) -> int:
    """Of answers so old that no application will follow; how many."""
    learning = codec.load(Learning, tx.policies.record_on(LEARNING, tx.today))
    return answer_features.forget_before(tx, tx.now - timedelta(days=learning.features_kept_days))
