"""The services that the portal speaks to, always with the token of the user."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import grpc

from rongqiao.coordination.v1 import coordination_pb2_grpc
from rongqiao.credit.v1 import credit_pb2_grpc
from rongqiao.guarantee.v1 import filings_pb2_grpc, guarantee_pb2_grpc
from rongqiao.identity.v1 import identity_pb2_grpc
from rongqiao.lending.v1 import costs_pb2_grpc, intake_pb2_grpc, lending_pb2_grpc
from rongqiao.oversight.v1 import oversight_pb2_grpc


@dataclass(frozen=True)
class Clients:
    identity: identity_pb2_grpc.IdentityStub
    credit: credit_pb2_grpc.CreditStub
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
            coordination=coordination_pb2_grpc.CoordinationStub(channel("coordination")),
            lending=lending_pb2_grpc.LendingStub(channel("lending")),
            costs=costs_pb2_grpc.CostsStub(channel("lending")),
            intake=intake_pb2_grpc.IntakeStub(channel("lending")),
            guarantee=guarantee_pb2_grpc.GuaranteesStub(channel("guarantee")),
            filings=filings_pb2_grpc.FilingsStub(channel("guarantee")),
            oversight=oversight_pb2_grpc.OversightStub(channel("oversight")),
        )
