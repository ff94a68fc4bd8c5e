"""What lending does when others tell it something."""

from collections.abc import Mapping

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.topics import Topic
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from services.lending.operations import covers


def on_guarantee(tx: WriteTx, event: Event) -> None:
    changed = event.decode(guarantee_events.GuaranteeChanged)
    if changed.application_id:
        covers.follow_guarantee(tx, changed)


HANDLERS: Mapping[Topic, Handler] = {
    topics.GUARANTEE_GUARANTEE: on_guarantee,
}
