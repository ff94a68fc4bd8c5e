"""The demo's users are patient: with a service that is away, and with one that is slower than they waited."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import grpc
import pytest

from app.demo.doors import Account, Doors, Refused
from libs.chassis.problems import Conflict, InFlight, Problem, Unavailable
from libs.contracts.rongqiao.lending.v1 import lending_pb2 as pb
from libs.contracts.rongqiao.lending.v1.lending_pb2_grpc import (
    LendingServicer,
    LendingStub,
    add_LendingServicer_to_server,
)
from tests.support.rpc import serving


@contextmanager
def web(*refusals: Problem) -> Iterator[tuple[str, list[str]]]:
    """A server that refuses so, one after the other, then answers; its address, and the keys that came."""
    left = list(refusals)
    keys: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            keys.append(self.headers["Idempotency-Key"])
            refusal = left.pop(0) if left else None
            body = json.dumps(refusal.document() if refusal else {"id": "app_1"}).encode()
            self.send_response(refusal.status if refusal else 201)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", keys
        server.shutdown()
        thread.join()


class Slow(LendingServicer):
    """Refuses so, one after the other, then answers."""

    refusals: ClassVar[list[Problem]] = []

    def Disburse(self, request: pb.DisburseRequest, context: grpc.ServicerContext) -> pb.Loan:
        if self.refusals:
            raise self.refusals.pop(0)
        return pb.Loan(id="loan_1")


PASSING = [
    pytest.param([Unavailable("It is being restarted.")], id="away"),
    pytest.param([InFlight("It is being worked on.")], id="in-flight"),
    pytest.param([Unavailable("Too slow."), InFlight("Worked on."), InFlight("Worked on.")], id="both"),
]


@pytest.mark.parametrize("refusals", PASSING)
def test_a_call_is_repeated_with_its_key_until_its_answer_is_there(refusals: list[Problem]) -> None:
    with web(*refusals) as (url, keys):
        doors = Doors(url, {})
        assert Account(doors, "a", "t").post("/v1/applications", {}) == {"id": "app_1"}
        doors.close()
    assert len(keys) == len(refusals) + 1
    assert len(set(keys)) == 1


@pytest.mark.parametrize("refusals", PASSING)
def test_so_is_a_call_over_grpc(refusals: list[Problem], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Slow, "refusals", list(refusals))
    with serving(lambda server: add_LendingServicer_to_server(Slow(), server)) as channel:
        doors = Doors("http://127.0.0.1", {})
        monkeypatch.setattr(doors, "channel", lambda service: channel)
        loan = Account(doors, "a", "t").rpc("lending", LendingStub, "Disburse", pb.DisburseRequest())
    assert loan.id == "loan_1"
    assert Slow.refusals == []


def test_a_conflict_is_told_at_once() -> None:
    with web(Conflict("The product is closed.")) as (url, keys):
        doors = Doors(url, {})
        with pytest.raises(Refused, match="The product is closed"):
            Account(doors, "a", "t").post("/v1/applications", {})
        doors.close()
    assert len(keys) == 1
