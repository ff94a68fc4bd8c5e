"""Batches of requests over gRPC; their files come and go over HTTP."""

from dataclasses import dataclass

import grpc

from libs.chassis import codec
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import to_message, to_plain
from rongqiao.matching.v1 import batches_pb2 as pb
from rongqiao.matching.v1 import batches_pb2_grpc
from services.matching.domain.batch import BatchRowState
from services.matching.operations.batches import batches

Context = grpc.ServicerContext


@dataclass
class BatchesServicer(batches_pb2_grpc.BatchesServicer):
    door: RpcDoor

    def ListBatches(self, request: pb.ListBatchesRequest, context: Context) -> pb.BatchPage:
        asked = to_plain(request)
        page = self.door.call(context).read(
            batches.list_batches, asked.get("reference"), asked.get("cursor"), request.limit
        )
        return to_message(pb.BatchPage, page)

    def GetBatch(self, request: pb.BatchId, context: Context) -> pb.Batch:
        found = self.door.call(context).read(batches.get_batch, request.batch_id)
        return to_message(pb.Batch, found)

    def ListBatchRows(self, request: pb.ListBatchRowsRequest, context: Context) -> pb.BatchRowPage:
        asked = to_plain(request)
        state = codec.load(BatchRowState, asked["state"]) if asked.get("state") else None
        page = self.door.call(context).read(
            batches.list_rows, request.batch_id, state, asked.get("cursor"), request.limit
        )
        return to_message(pb.BatchRowPage, page)

    def CancelBatch(self, request: pb.BatchId, context: Context) -> pb.Batch:
        call = self.door.call(context, writes=True)
        return to_message(pb.Batch, call.write(batches.cancel_batch, request.batch_id))
