"""What guarantee does when lending or credit tells it something."""

from collections.abc import Mapping

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.topics import Topic
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import loans_pb2 as loans
from services.guarantee.operations import drawing, recognitions


def on_loan(tx: WriteTx, event: Event) -> None:
    told = event.decode(lending_events.LoanDisbursed)
    if told.HasField("guarantee_id"):
        drawing.take_effect(tx, told)


def on_repayment(tx: WriteTx, event: Event) -> None:
    told = event.decode(lending_events.RepaymentReceived)
    recovered = (
        told.kind == loans.REPAYMENT_KIND_RECOVERY
    )  # of what the bank wrote off, not of what is under cover
    if told.HasField("guarantee_id") and not recovered:
        drawing.follow_repayment(tx, told)


def on_party(tx: WriteTx, event: Event) -> None:
    recognitions.follow(tx, event.decode(credit.PartySummary))


HANDLERS: Mapping[Topic, Handler] = {
    topics.LENDING_LOAN: on_loan,
    topics.LENDING_REPAYMENT: on_repayment,
    topics.CREDIT_PARTY: on_party,
}
