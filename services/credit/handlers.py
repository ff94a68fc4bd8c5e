"""What credit does when others tell it something."""

from collections.abc import Mapping

from libs.chassis.database import WriteTx
from libs.chassis.principal import service
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.topics import Topic
from rongqiao.credit.v1 import deliveries_pb2 as pb
from rongqiao.identity.v1 import identity_pb2 as identity
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.credit.intake.messages import delivered
from services.credit.operations import deliveries, outcomes, readers


def on_organisation(tx: WriteTx, event: Event) -> None:
    readers.follow_organisation(tx, event.decode(identity.Organisation))


def on_loan(tx: WriteTx, event: Event) -> None:
    outcomes.follow_loan(tx, event.decode(lending_events.LoanChanged))


def on_delivery(tx: WriteTx, event: Event) -> None:
    """What was recorded, and what was not, stands at the doors of deliveries; only what is no delivery is parked."""
    deliveries.receive_message(tx, service("credit"), delivered(event.decode(pb.DataDelivery)))


HANDLERS: Mapping[Topic, Handler] = {
    topics.CREDIT_DELIVERY: on_delivery,
    topics.IDENTITY_ORGANISATION: on_organisation,
    topics.LENDING_LOAN_STATE: on_loan,
}
