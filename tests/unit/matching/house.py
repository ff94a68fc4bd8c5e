"""Matching with its database and desk, and the events that it hears."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from google.protobuf.message import Message

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role, service
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.topics import Topic
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.credit.v1 import credit_pb2 as credit
from services.matching.desk import Desk
from services.matching.handlers import HANDLERS, states
from services.matching.http import routers
from tests.support.services import Client, client_of
from tests.unit.matching.world import PARTY

BODY = {"party": PARTY, "amount_fen": 100_000_000, "term_months": 12}
SME = Principal("acc_sme", Role.SME, PARTY, "64")
COORDINATION = service("coordination")
ROUTER = APIRouter()
for part in routers:
    ROUTER.include_router(part)


def event(topic: Topic, subject: str, message: Message, sequence: int = 1) -> Event:
    return Event(
        topic=topic.name,
        subject=subject,
        sequence=sequence,
        id="evt_1",
        type=message.DESCRIPTOR.full_name,
        source=topic.source,
        time=datetime(2026, 11, 22, tzinfo=UTC),
        data=message.SerializeToString(),
    )


@dataclass
class House:
    database: Database
    desk: Desk

    def client(self, role: Role, organisation: str, subject: str = "acc_1") -> Client:
        return client_of(self.database, ROUTER, role, organisation, subject, parts=self.desk)

    @property
    def sme(self) -> Client:
        return self.client(Role.SME, PARTY)

    def summary(self, **changed: Any) -> credit.PartySummary:
        known = {"score": "640", "months_since_registration": "40", "bank_loan_record": "false"}
        given: dict[str, Any] = {
            "party": PARTY,
            "status": credit.PARTY_STATUS_ACTIVE,
            "recipient": "platform",
            "industry": "1351",
            "dimensions": common.Dimensions(
                county="640104",
                industry_division="13",
                size=common.SIZE_SMALL,
                owner_kind=common.OWNER_KIND_ENTERPRISE,
                firm_key="key",
            ),
            "items": [
                credit.SummaryItem(
                    fact=fact, value=value, state=credit.ITEM_STATE_KNOWN, valid_until="2026-12-31"
                )
                for fact, value in known.items()
            ],
        }
        return credit.PartySummary(**(given | changed))

    def tell(self, summary: credit.PartySummary) -> None:
        """What credit says of a party arrives."""
        with self.database.write() as tx:
            HANDLERS[topics.CREDIT_PARTY](tx, event(topics.CREDIT_PARTY, summary.party, summary))

    def show(self, topic: Topic, subject: str, message: Message) -> None:
        """A state arrives at this process' memory."""
        states(self.desk.catalogue)[topic](event(topic, subject, message))
