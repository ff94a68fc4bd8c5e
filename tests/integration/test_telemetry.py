"""What an operator sees of a running platform: one trace through doors, calls and events; measurements; logs."""

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from app.assembly import build, make_context, make_transport
from app.engines import free_port
from app.gateway import ROUTES
from app.host import Host
from app.vitals import Vitals
from libs.chassis.codec import dump
from libs.chassis.ids import new_id
from libs.chassis.migrations import upgrade
from libs.chassis.principal import Principal, Role
from libs.chassis.rpc import connect, invoke
from libs.chassis.settings import Keys
from libs.chassis.telemetry import metrics_page
from libs.chassis.tokens import issue_for_service
from libs.chassis.wire import to_message
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.outbox import emit
from libs.eventing.reader import Reader
from libs.eventing.relay import Relay
from rongqiao.guarantee.v1.events_pb2 import GuaranteeChanged
from rongqiao.lending.v1 import lending_pb2, lending_pb2_grpc
from rongqiao.lending.v1.events_pb2 import LoanDisbursed
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.lending.domain.application import NewApplication
from services.lending.domain.product import NewProduct
from tests.support import patience
from tests.support.lending import DIMENSIONS, FIRM, TERMS
from tests.support.processes import Process, peers, served
from tests.support.services import settings_of_tests

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"

OPERATOR = Principal("acc_operator", Role.OPERATOR, "platform")
OFFICER = Principal("acc_officer", Role.BANK_OFFICER, "org_bank", "64")
MANAGER = Principal("acc_manager", Role.BANK_MANAGER, "org_bank", "64")
GUARANTOR = Guarantor(
    id="org_helan",
    name="贺兰融资担保",
    net_assets_fen=50_000_000_000,
    counties=("640104",),
    banks=("org_bank",),
)
ABOVE = (
    Guarantor(id="org_province", name="宁夏再担保", tier=Tier.PROVINCIAL, net_assets_fen=200_000_000_000),
    Guarantor(id="org_fund", name="国家融资担保基金", tier=Tier.NATIONAL, net_assets_fen=200_000_000_000),
)


WAY = {
    ("rongqiao-lending", "POST /v1/applications/{application_id}/approve"),
    ("rongqiao-lending", "approve_application"),
    ("rongqiao-lending", "intent reserve_guarantee"),
    ("rongqiao-lending", "rongqiao.guarantee.v1.Guarantees/Reserve"),
    ("rongqiao-guarantee", "rongqiao.guarantee.v1.Guarantees/Reserve"),
    ("rongqiao-guarantee", "reserve"),
    ("rongqiao-lending", "handle rongqiao.guarantee.guarantee.v1"),
}


@dataclass
class Collector:
    """An OTLP/HTTP collector that keeps, of each span, its service, name and trace."""

    spans: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [(told["service.name"], span.name, span.trace_id.hex()) for span in scope.spans]

    def of(self, trace: str) -> set[tuple[str, str]]:
        return {(service, name) for service, name, its in self.spans if its == trace}


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    """A collector and the endpoint that spans are sent to."""
    kept = Collector()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            kept.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    yield kept, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_one_trace_goes_from_a_request_through_calls_and_events_to_the_handler(
    tmp_path: Path, collector: tuple[Collector, str]
) -> None:
    kept, endpoint = collector
    lending_ports, guarantee_ports = (free_port(), free_port()), (free_port(), free_port())
    told = peers(lending=f"127.0.0.1:{lending_ports[1]}", guarantee=f"127.0.0.1:{guarantee_ports[1]}")
    told |= {"RONGQIAO_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}

    with (
        served(("serve", "guarantee"), tmp_path, guarantee_ports, told) as guarantee,
        served(("serve", "lending"), tmp_path, lending_ports, told) as lending,
    ):
        for one in (*ABOVE, GUARANTOR):
            guarantee.call("PUT", f"/v1/guarantors/{one.id}", OPERATOR, dump(one))
        guarantee.call("PUT", f"/v1/admissions/{GUARANTOR.id}", OPERATOR, {"credit_line_fen": 10**12})
        application = open_application(lending)
        approval = {"amount_fen": 50_000_000, "rate_ppm": 40_000, "term_months": 12}
        lending.call("POST", f"/v1/applications/{application}/approve", OFFICER, approval, traceparent=CALLER)
        wait_for_cover(lending, application)
        wait_for_spans(kept)  # a stop gives them a moment only
        assert lending.end() == guarantee.end() == 0

    assert kept.of(TRACE) >= WAY
    assert traces_of_events(tmp_path / "guarantee.db", "rongqiao.guarantee.guarantee.v1") == {TRACE}
    for line in lending.log.read_text().splitlines():
        assert {"time", "level", "logger", "thread", "message"} <= json.loads(line).keys()


def test_measurements_tell_what_waits_and_what_is_parked(tmp_path: Path) -> None:
    host = Host(settings_of_tests(tmp_path), {"guarantee": "127.0.0.1:0"})
    host.start()
    log = make_transport(host.settings)
    broken = replace(LOAN_EVENT, subject="loan_broken", data=b"no protobuf")
    early = replace(LOAN_EVENT, subject="loan_early", sequence=3)
    try:
        log.producer("lending").send([broken, early])
        deadline = time.monotonic() + patience.SECONDS
        while measured("rongqiao_events_parked") == 0 and time.monotonic() < deadline:
            time.sleep(0.1)

        assert measured("rongqiao_events_parked") == 1
        assert measured("rongqiao_events_waiting") == 1
        assert measured("rongqiao_worker_alive", worker="reader of guarantee") == 1
        assert measured("rongqiao_worker_paused_seconds", worker="relay of guarantee") == 0
        assert measured("rongqiao_outbox_backlog") == measured("rongqiao_reader_lag") == 0
        assert measured("rongqiao_database_connections", state="used") <= 10
    finally:
        log.close()
        host.stop()


def test_what_was_committed_but_not_published_is_the_backlog(tmp_path: Path) -> None:
    context = make_context(settings_of_tests(tmp_path), lambda peer: connect(f"{peer}:1"))
    service, log = build("guarantee", context), make_transport(context.settings)
    upgrade(service.database, service.migrations)
    log.producer("lending").send([LOAN_EVENT, replace(LOAN_EVENT, sequence=2)])
    with service.database.write() as tx:
        emit(tx, topics.GUARANTEE_GUARANTEE, "gua_1", GuaranteeChanged(guarantee_id="gua_1"))
    workers = [
        Relay(service.database, log, service.name),
        Reader(service.database, log, service.name, service.handlers),
    ]

    samples = {name: value for name, _, value in Vitals(service, workers).samples()}

    assert samples["rongqiao_outbox_backlog"] == 1
    assert samples["rongqiao_reader_lag"] == 2
    assert samples["rongqiao_worker_alive"] == 0
    log.close()
    service.database.close()


def test_the_door_before_all_services_shows_no_measurements(tmp_path: Path) -> None:
    with served(("serve", "guarantee"), tmp_path) as guarantee:
        assert 'rongqiao_outbox_backlog{service="guarantee"} 0.0' in guarantee.get("/metrics").text
        routes = {ROUTES: json.dumps({"guarantee": [guarantee.url, ["guarantors"]]})}
        with served(("gateway",), tmp_path, environment=routes) as gateway:
            assert gateway.get("/metrics").status_code == 404
            assert gateway.get("/v1/guarantors").status_code == 401

            guarantee.end()

            assert gateway.wait_until("/health/ready", 503)["reasons"] == {
                "guarantee": ["it does not answer"]
            }
            assert gateway.get("/health/live").status_code == 200
            assert gateway.end() == 0


LOAN_EVENT = Event(
    topic=topics.LENDING_LOAN.name,
    subject="loan_1",
    sequence=1,
    id="evt_1",
    type=LoanDisbursed.DESCRIPTOR.full_name,
    source=topics.LENDING_LOAN.source,
    time=datetime(2026, 11, 22, tzinfo=UTC),
    data=LoanDisbursed(loan_id="loan_1").SerializeToString(),
)


def measured(name: str, **labels: str) -> float:
    """What this process' page says of guarantee."""
    families = text_string_to_metric_families(bytes(metrics_page().body).decode())
    wanted = {"service": "guarantee", **labels}
    found = [
        one.value
        for family in families
        for one in family.samples
        if one.name == name and one.labels == wanted
    ]
    return found[0]


def open_application(lending: Process) -> str:
    """An application with a guarantee at a bank whose product is on the market."""
    new = NewProduct(external_id="P-1", terms=TERMS)
    product = lending.call("POST", "/v1/products", OFFICER, dump(new))
    lending.call("POST", f"/v1/products/{product['id']}/publish", MANAGER)
    wanted = NewApplication(
        request_id="req_1",
        product_id=product["id"],
        product_version=product["version"],
        party=FIRM,
        amount_fen=50_000_000,
        term_months=12,
        repayment_method=TERMS.repayment_methods[0],
        programme="ordinary",
        guarantor=GUARANTOR.id,
        dimensions=DIMENSIONS,
    )
    stub = lending_pb2_grpc.LendingStub(connect(lending.grpc))
    token = issue_for_service(Keys.load_or_make(lending.home / "keys.json"), "coordination")
    request = to_message(lending_pb2.OpenApplicationRequest, wanted)
    return invoke(stub.OpenApplication, request, token=token, key=new_id("key")).id


def wait_for_cover(lending: Process, application: str) -> None:
    """Until the guarantee's own event has been handled: its trace is in the log of lending by then."""
    deadline = time.monotonic() + patience.SECONDS
    while lending_has_heard(lending) == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    shown = lending.call("GET", f"/v1/applications/{application}", OFFICER)
    assert shown["cover"] == "RESERVED", shown


def wait_for_spans(kept: Collector) -> None:
    deadline = time.monotonic() + patience.SECONDS
    while not kept.of(TRACE) >= WAY and time.monotonic() < deadline:
        time.sleep(0.1)


def lending_has_heard(lending: Process) -> int:
    with sqlite3.connect(lending.home / "lending.db") as database:
        count: int = database.execute("SELECT count(*) FROM inbox_sequences WHERE last > 0").fetchone()[0]
    return count


def traces_of_events(database: Path, topic: str) -> set[str]:
    with sqlite3.connect(database) as opened:
        rows = opened.execute("SELECT traceparent FROM outbox WHERE topic = ?", (topic,)).fetchall()
    return {traceparent.split("-")[1] for (traceparent,) in rows}
