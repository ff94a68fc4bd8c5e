"""Products from files, over gRPC."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.intake.report import ImportProducts
from services.lending.operations import intake

Context = grpc.ServicerContext


@dataclass
class ImportMethods:
    door: RpcDoor

    def ImportProducts(self, request: pb.ImportProductsRequest, context: Context) -> pb.ImportReport:
        call = self.door.call(context, writes=True)
        sent = intake.text(from_message(ImportProducts, request))
        with intake.judged(call.principal, sent, call.today) as judged:
            return to_message(pb.ImportReport, call.write(intake.import_products, judged))
