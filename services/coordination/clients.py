"""Coordination's calls: to matching for plans, to lending to open and withdraw applications."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc
from google.protobuf.message import Message

from libs.chassis import wire
from libs.chassis.codec import dump
from libs.chassis.database import Database
from libs.chassis.intents import Intent
from libs.chassis.problems import Problem, Unavailable
from libs.chassis.rpc import invoke
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.lending.v1 import lending_pb2_grpc
from rongqiao.matching.v1 import matching_pb2 as matching
from rongqiao.matching.v1 import matching_pb2_grpc
from services.coordination import store
from services.coordination.domain.plan import plan_of
from services.coordination.domain.request import FinancingRequest, Referral


@dataclass(frozen=True)
class MatchingClient:
    database: Database
    channel: grpc.Channel
    token: Callable[[], str]

    def match(self, intent: Intent) -> Message | Problem:
        """The match, or the Problem with which matching refused to look."""
        with self.database.read() as tx:
            request = store.request(tx, intent.subject)
        stub = matching_pb2_grpc.MatchingStub(self.channel)
        wanted = wire.to_message(matching.MatchRequest, request)
        return _answer(lambda: invoke(stub.Match, wanted, token=self.token(), key=intent.id))


@dataclass(frozen=True)
class LendingClient:
    database: Database
    channel: grpc.Channel
    token: Callable[[], str]

    def open_application(self, intent: Intent) -> Message | Problem:
        """The application, or the Problem with which lending refused it."""
        with self.database.read() as tx:
            request = store.request(tx, intent.subject)
        wanted = application(request, request.referral(intent.payload["referral_id"]))
        stub = lending_pb2_grpc.LendingStub(self.channel)
        return _answer(lambda: invoke(stub.OpenApplication, wanted, token=self.token(), key=intent.id))

    def withdraw_application(self, intent: Intent) -> Message | Problem:
        stub = lending_pb2_grpc.LendingStub(self.channel)
        wanted = lending.ApplicationId(application_id=intent.payload["application_id"])
        return _answer(lambda: invoke(stub.Withdraw, wanted, token=self.token(), key=intent.id))


def application(request: FinancingRequest, referral: Referral) -> lending.OpenApplicationRequest:
    """The chosen plan as an application, with what matching said of the firm."""
    match = request.match
    assert match is not None  # only a matched request is referred
    chosen = dump(plan_of(match, referral.plan))
    own = {
        "request_id": request.id,
        "party": request.party,
        "dimensions": match["dimensions"],
        "renewal": dump(referral.renewal) if referral.renewal else None,
        "similar": request.similar_request is not None,
    }
    return wire.from_plain(lending.OpenApplicationRequest, chosen | own)


def _answer(call: Callable[[], Message]) -> Message | Problem:
    try:
        return call()
    except Unavailable:
        raise
    except Problem as refusal:
        return refusal
