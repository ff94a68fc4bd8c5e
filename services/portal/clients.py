"""The services that the portal speaks to, always with the token of the user."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import grpc

from rongqiao.coordination.v1 import coordination_pb2_grpc
from rongqiao.credit.v1 import (
    credit_pb2_grpc,
    documents_pb2_grpc,
    repairs_pb2_grpc,
    reports_pb2_grpc,
    scores_pb2_grpc,
)
from rongqiao.guarantee.v1 import filings_pb2_grpc, guarantee_pb2_grpc
from rongqiao.identity.v1 import identity_pb2_grpc
from rongqiao.lending.v1 import costs_pb2_grpc, intake_pb2_grpc, lending_pb2_grpc
from rongqiao.oversight.v1 import oversight_pb2_grpc


@dataclass(frozen=True)
class Clients:
    identity: identity_pb2_grpc.IdentityStub
    credit: credit_pb2_grpc.CreditStub
    documents: documents_pb2_grpc.DocumentsStub
    reports: reports_pb2_grpc.ReportsStub
    scores: scores_pb2_grpc.ScoresStub
    repairs: repairs_pb2_grpc.RepairsStub
    coordination: coordination_pb2_grpc.CoordinationStub
    lending: lending_pb2_grpc.LendingStub
    costs: costs_pb2_grpc.CostsStub
    intake: intake_pb2_grpc.IntakeStub
    guarantee: guarantee_pb2_grpc.GuaranteesStub
    filings: filings_pb2_grpc.FilingsStub
    oversight: oversight_pb2_grpc.OversightStub

    @classmethod
    def over(cls, channel: Callable[[str], grpc.Channel]) -> Self:
        return cls(
            identity=identity_pb2_grpc.IdentityStub(channel("identity")),
            credit=credit_pb2_grpc.CreditStub(channel("credit")),
            documents=documents_pb2_grpc.DocumentsStub(channel("credit")),
            reports=reports_pb2_grpc.ReportsStub(channel("credit")),
            scores=scores_pb2_grpc.ScoresStub(channel("credit")),
            repairs=repairs_pb2_grpc.RepairsStub(channel("credit")),
            coordination=coordination_pb2_grpc.CoordinationStub(channel("coordination")),
            lending=lending_pb2_grpc.LendingStub(channel("lending")),
            costs=costs_pb2_grpc.CostsStub(channel("lending")),
            intake=intake_pb2_grpc.IntakeStub(channel("lending")),
            guarantee=guarantee_pb2_grpc.GuaranteesStub(channel("guarantee")),
            filings=filings_pb2_grpc.FilingsStub(channel("guarantee")),
            oversight=oversight_pb2_grpc.OversightStub(channel("oversight")),
        )
