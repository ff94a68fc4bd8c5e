"""What oversight does when others tell it something: it counts."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from google.protobuf.message import Message

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.topics import Topic
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.matching.v1 import events_pb2 as matching_events
from services.oversight import operations

M = TypeVar("M", bound=Message)


def _decoded(kind: type[M], operation: Callable[[WriteTx, M], None]) -> Handler:
    def handle(tx: WriteTx, event: Event) -> None:
        operation(tx, event.decode(kind))

    return handle


HANDLERS: Mapping[Topic, Handler] = {
    topics.LENDING_LOAN: _decoded(lending_events.LoanDisbursed, operations.count_loan),
    topics.LENDING_LOAN_STATE: _decoded(lending_events.LoanChanged, operations.move_first_loan),
    topics.LENDING_APPLICATION: _decoded(lending_events.ApplicationChanged, operations.count_application),
    topics.LENDING_REPAYMENT: _decoded(lending_events.RepaymentReceived, operations.count_repayment),
    topics.MATCHING_RECOMMENDATION: _decoded(
        matching_events.RecommendationGiven, operations.count_recommendation
    ),
    topics.GUARANTEE_GUARANTEE: _decoded(guarantee_events.GuaranteeChanged, operations.follow_guarantee),
}
