"""Deliveries as messages: over the topic, as an outside platform writes it to a real broker, and over gRPC."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from app.engines import Kafka
from libs.chassis.database import WriteTx
from libs.chassis.principal import Role
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.kafka import KafkaTransport
from libs.eventing.outage import Outage
from libs.eventing.parking import parked
from libs.eventing.reader import Reader
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import deliveries_pb2 as pb
from rongqiao.credit.v1 import deliveries_pb2_grpc
from services.credit.handlers import HANDLERS
from services.credit.rpc.deliveries import DeliveriesServicer
from tests.support import patience
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client
from tests.unit.credit.doors import client
from tests.unit.credit.world import FARMER, FIRM, OFFICER, OPERATOR, World, firm, values

Send = Callable[[str, int, Any], None]


@pytest.fixture
def send(kafka_broker: Kafka) -> Iterator[Send]:
    """As the operators' page says that it is done."""
    KafkaTransport(kafka_broker.bootstrap).ensure_topics([topics.CREDIT_DELIVERY])
    page = (Path(__file__).parents[3] / "docs" / "operators.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(def send.*?)```", page, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = {"datetime": datetime, "UTC": UTC}
    exec(found[1], told)  # our own page
    producer = KafkaProducer(bootstrap_servers=kafka_broker.bootstrap)
    yield partial(told["send"], producer)
    producer.close()


def listen(world: World, broker: Kafka, *senders: str) -> None:
    """All of these senders that is in the log, and nothing twice; other tests write there too."""
    transport = KafkaTransport(broker.bootstrap)

    def hear(tx: WriteTx, event: Event) -> None:
        if event.subject in senders:
            HANDLERS[topics.CREDIT_DELIVERY](tx, event)

    heard = {topics.CREDIT_DELIVERY: hear}
    reader = Reader(world.database, transport, f"credit-{uuid4().hex}", heard)
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:  # a broker makes its topic of groups when it is first asked for one
        try:
            return reader.drain()
        except Outage:
            time.sleep(0.1)
    raise AssertionError("The broker does not come up.")


def grades(reference: str, *rows: tuple[str, str], **terms: Any) -> pb.DataDelivery:
    source = terms.pop("source", credit.SOURCE_TAX)
    facts = [
        pb.FactRow(party=party, fact=credit.NewFact(fact="tax_grade", value=value, observed_on="2026-04-30"))
        for party, value in rows
    ]
    return pb.DataDelivery(
        reference=reference, kind=pb.DELIVERY_KIND_FACTS, source=source, facts=facts, **terms
    )


def told(operator: Client, reference: str) -> Any:
    (delivery,) = operator.get("/v1/deliveries", reference=reference).json()["items"]
    return delivery


def outcomes(operator: Client, delivery: Any) -> list[tuple[int, int, str, str | None]]:
    items = operator.get(f"/v1/deliveries/{delivery['id']}/outcomes").json()["items"]
    return [(span["from_row"], span["to_row"], span["state"], span["field"]) for span in items]


def test_a_platform_writes_to_the_broker_and_every_row_has_its_outcome(
    world: World, kafka_broker: Kafka, send: Send
) -> None:
    world.put()
    sender, mark = f"tax/{uuid4().hex}", uuid4().hex
    send(sender, 1, grades(mark, (FIRM, "A"), (FIRM, "Z"), ("uscc:none", "A"), (FIRM, "A")))
    send(sender, 1, grades(f"{mark}-again", (FIRM, "D")))
    send(sender, 2, grades(f"{mark}-court", (FIRM, "D"), source=credit.SOURCE_CREDIT_BUREAU))
    listen(world, kafka_broker, sender)
    operator = client(world, Role.OPERATOR, "org_platform")

    first = told(operator, mark)
    assert (first["state"], first["source"], first["organisation"]) == ("DONE", "TAX", "platform")
    assert outcomes(operator, first) == [
        (1, 1, "RECORDED", None),
        (2, 2, "REJECTED", "value"),
        (3, 3, "REJECTED", "party"),
        (4, 4, "KNOWN", None),
    ]
    refused = told(operator, f"{mark}-court")
    assert (refused["state"], refused["rows"]) == ("BROKEN", 0)
    assert "CREDIT_BUREAU does not come over the topic" in refused["problem"]
    assert operator.get("/v1/deliveries", reference=f"{mark}-again").json()["items"] == []
    assert values(world.look(firm()))["tax_grade"] == "A"


def test_what_is_no_delivery_is_parked_and_holds_up_its_sender_alone(
    small_world: World, kafka_broker: Kafka, send: Send
) -> None:
    small_world.put()
    sender, other, mark = f"tax/{uuid4().hex}", f"tax/{uuid4().hex}", uuid4().hex
    send(sender, 1, pb.DataDelivery(reference=mark))
    send(sender, 2, grades(f"{mark}-behind", (FIRM, "B")))
    send(other, 1, grades(f"{mark}-other", (FIRM, "A")))
    listen(small_world, kafka_broker, sender, other)
    operator = client(small_world, Role.OPERATOR, "org_platform")

    held = [one for one in parked(small_world.database) if one.subject == sender]
    assert [(one.sequence, one.behind) for one in held] == [(1, 1)]
    assert told(operator, f"{mark}-other")["recorded"] == 1
    assert operator.get("/v1/deliveries", reference=f"{mark}-behind").json()["items"] == []


def test_the_names_of_persons_do_not_travel_over_the_topic_and_it_forgets(
    small_world: World, kafka_broker: Kafka, send: Send
) -> None:
    sender, mark = f"farms/{uuid4().hex}", uuid4().hex
    farmer = credit.PutPartyRequest(id=FARMER, kind=common.OWNER_KIND_FARMER, name="张测试", county="640106")
    send(sender, 1, pb.DataDelivery(reference=mark, kind=pb.DELIVERY_KIND_PARTIES, parties=[farmer]))
    listen(small_world, kafka_broker, sender)
    operator = client(small_world, Role.OPERATOR, "org_platform")

    assert outcomes(operator, told(operator, mark)) == [(1, 1, "REJECTED", "party")]
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap)
    topic = ConfigResource(ConfigResourceType.TOPIC, topics.CREDIT_DELIVERY.name)
    assert str(30 * 86_400_000) in str(admin.describe_configs([topic]))
    admin.close()


@pytest.fixture
def stub(small_world: World) -> Iterator[deliveries_pb2_grpc.DeliveriesStub]:
    servicer = DeliveriesServicer(door_of(small_world.database))
    add = partial(deliveries_pb2_grpc.add_DeliveriesServicer_to_server, servicer)
    with serving(add) as channel:
        yield deliveries_pb2_grpc.DeliveriesStub(channel)


def invoke(method: Any, message: Any, token: str, key: str | None = None) -> Any:
    metadata = [("authorization", f"Bearer {token}")]
    return method(message, metadata=metadata + ([("idempotency-key", key)] if key else []))


def test_the_whole_story_over_grpc(small_world: World, stub: deliveries_pb2_grpc.DeliveriesStub) -> None:
    small_world.put()
    carrier = token_of(OPERATOR)
    message = grades("batch 7", (FIRM, "A"), (FIRM, "Z"))
    first = invoke(stub.Deliver, message, carrier, "1")

    assert invoke(stub.Deliver, message, carrier, "1") == first
    assert (first.state, first.recorded, first.rejected) == (pb.DELIVERY_STATE_DONE, 1, 1)
    page = invoke(stub.ListDeliveries, pb.ListDeliveriesRequest(reference="batch 7"), carrier)
    assert list(page.items) == [first]
    assert invoke(stub.GetDelivery, pb.DeliveryId(delivery_id=first.id), carrier) == first
    asked = pb.ListOutcomesRequest(delivery_id=first.id, state=credit.ROW_STATE_REJECTED)
    (span,) = invoke(stub.ListOutcomes, asked, carrier).items
    assert (span.from_row, span.to_row, span.field) == (2, 2, "value")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (pb.DataDelivery(), "PARTIES"),
        (
            pb.DataDelivery(
                kind=pb.DELIVERY_KIND_FACTS, invoices=[pb.InvoiceRow(party=FIRM, invoice=credit.Invoice())]
            ),
            "in `facts` alone",
        ),
        (grades("many", *[(FIRM, "A")] * 5_001), "5001 rows"),
    ],
    ids=["no kind", "another kind's rows", "too many"],
)
def test_a_message_of_which_nothing_can_be_recorded_is_refused(
    stub: deliveries_pb2_grpc.DeliveriesStub, message: pb.DataDelivery, why: str
) -> None:
    with pytest.raises(grpc.RpcError) as refusal:
        invoke(stub.Deliver, message, token_of(OPERATOR), "1")
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert why in str(refusal.value)


def test_a_bank_delivers_nothing_over_grpc(stub: deliveries_pb2_grpc.DeliveriesStub) -> None:
    with pytest.raises(grpc.RpcError) as refusal:
        invoke(stub.Deliver, grades("x"), token_of(OFFICER), "1")
    assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
