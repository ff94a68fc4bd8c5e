"""Matching over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis import codec
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message
from rongqiao.matching.v1 import matching_pb2 as pb
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.desk import Desk
from services.matching.domain.answer import Match, MatchRequest
from services.matching.operations import records

Context = grpc.ServicerContext


@dataclass
class MatchingServicer(matching_pb2_grpc.MatchingServicer):
    door: RpcDoor
    desk: Desk

    def Match(self, request: pb.MatchRequest, context: Context) -> pb.Match:
        answer = self.desk.match_now(
            self.door.call(context, writes=True), from_message(MatchRequest, request)
        )
        return to_message(pb.Match, answer.match or codec.from_json(Match, answer.document))

    def GetMatch(self, request: pb.MatchId, context: Context) -> pb.Match:
        call = self.door.call(context)
        return to_message(pb.Match, call.read(records.get_match, request.match_id))
