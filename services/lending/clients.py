"""Lending's calls to guarantee: reserve room for an approved loan, and give it back."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc

from libs.chassis import wire
from libs.chassis.codec import dump
from libs.chassis.database import Database
from libs.chassis.intents import Intent
from libs.chassis.rpc import invoke
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from rongqiao.guarantee.v1 import guarantee_pb2_grpc
from services.lending.domain.application import Application
from services.lending.domain.cover import is_in_parts
from services.lending.store import applications as application_store
from services.lending.store import renewals


@dataclass(frozen=True)
class GuaranteeClient:
    database: Database
    channel: grpc.Channel
    token: Callable[[], str]

    def reserve(self, intent: Intent) -> pb.Guarantee:
        """The reservation; raises the Problem with which guarantee refused it."""
        with self.database.read() as tx:
            application = application_store.get(tx, intent.subject)
            renews = renewals.guarantee_to_renew(tx, application)
        stub = guarantee_pb2_grpc.GuaranteesStub(self.channel)
        return invoke(stub.Reserve, reservation(application, renews), token=self.token(), key=intent.id)

    def release(self, intent: Intent) -> pb.Guarantee | None:
        with self.database.read() as tx:
            guarantee_id = application_store.get(tx, intent.subject).guarantee_id
        if guarantee_id is None:
            return None
        stub = guarantee_pb2_grpc.GuaranteesStub(self.channel)
        request = pb.GuaranteeId(guarantee_id=guarantee_id)
        return invoke(stub.Release, request, token=self.token(), key=intent.id)


def reservation(application: Application, renews: str | None) -> pb.ReserveRequest:
    """`renews`: the guarantee of the loan that this one is to settle."""
    decision = application.decision
    assert decision is not None  # only an approved application reserves
    proposal = {
        "party": application.party,
        "bank": application.bank,
        "amount_fen": decision.amount_fen,
        "term_months": decision.term_months,
        "dimensions": dump(application.dimensions),
        "product_kind": application.product_kind,
    }
    return wire.from_plain(
        pb.ReserveRequest,
        {
            "application_id": application.id,
            "programme": application.programme,
            "guarantor": application.guarantor,
            "proposal": proposal,
            "in_parts": is_in_parts(application),
            "renews": renews,
        },
    )
