"""Why, what if, and what to change, over gRPC: the service `WhatIfs`."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message
from rongqiao.matching.v1 import whatifs_pb2 as pb
from rongqiao.matching.v1 import whatifs_pb2_grpc
from services.matching import imagining
from services.matching.desk import Desk
from services.matching.domain.changes.whatif import ChangesRequest, WhatIfRequest

Context = grpc.ServicerContext


@dataclass
class WhatIfsServicer(whatifs_pb2_grpc.WhatIfsServicer):
    door: RpcDoor
    desk: Desk

    def Explain(self, request: pb.MatchProductId, context: Context) -> pb.ProductWhy:
        call = self.door.call(context)
        found = imagining.explain(self.desk, call, request.match_id, request.product_id)
        return to_message(pb.ProductWhy, found)

    def Ask(self, request: pb.WhatIfRequest, context: Context) -> pb.WhatIf:
        call = self.door.call(context, writes=True)
        return to_message(pb.WhatIf, imagining.ask(self.desk, call, from_message(WhatIfRequest, request)))

    def FindChanges(self, request: pb.ChangesRequest, context: Context) -> pb.ChangesAnswer:
        call = self.door.call(context, writes=True)
        found = imagining.find_changes(self.desk, call, from_message(ChangesRequest, request))
        return to_message(pb.ChangesAnswer, found)
