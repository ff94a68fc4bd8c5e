"""Oversight over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message
from rongqiao.oversight.v1 import oversight_pb2 as pb
from rongqiao.oversight.v1 import oversight_pb2_grpc
from services.oversight import operations
from services.oversight.domain.flows import FlowQuery


@dataclass
class OversightServicer(oversight_pb2_grpc.OversightServicer):
    door: RpcDoor

    def GetFlows(self, request: pb.FlowQuery, context: grpc.ServicerContext) -> pb.FlowTable:
        call = self.door.call(context)
        return to_message(pb.FlowTable, call.read(operations.get_flows, from_message(FlowQuery, request)))
