"""What coordination does when others tell it something."""

from collections.abc import Mapping

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.topics import Topic
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.coordination import operations


def on_application(tx: WriteTx, event: Event) -> None:
    operations.follow_application(tx, event.decode(lending_events.ApplicationChanged))


HANDLERS: Mapping[Topic, Handler] = {
    topics.LENDING_APPLICATION: on_application,
}
