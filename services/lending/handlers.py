"""What lending does when others tell it something."""

from collections.abc import Mapping

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.topics import Topic
from rongqiao.credit.v1 import events_pb2 as credit_events
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from services.lending.operations import covers, first_loans, loan_life


def on_guarantee(tx: WriteTx, event: Event) -> None:
    changed = event.decode(guarantee_events.GuaranteeChanged)
    if changed.application_id:
        covers.follow_guarantee(tx, changed)


def on_claim(tx: WriteTx, event: Event) -> None:
    loan_life.follow_claim(tx, event.decode(guarantee_events.ClaimChanged))


def on_consent(tx: WriteTx, event: Event) -> None:
    first_loans.follow_consent(tx, event.decode(credit_events.ConsentChanged))


HANDLERS: Mapping[Topic, Handler] = {
    topics.GUARANTEE_GUARANTEE: on_guarantee,
    topics.GUARANTEE_CLAIM: on_claim,
    topics.CREDIT_CONSENT: on_consent,
}
