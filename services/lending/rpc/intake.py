"""Products from files, and how good their records are, over gRPC."""

from dataclasses import dataclass

import grpc

from libs.chassis.codec import load
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import intake_pb2, intake_pb2_grpc
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.intake.report import ImportFile, ImportProducts
from services.lending.domain.product_report import NewProductReport, ReportAnswer, ReportStatus
from services.lending.operations import intake, quality

Context = grpc.ServicerContext


@dataclass
class ImportMethods:
    door: RpcDoor

    def ImportProducts(self, request: pb.ImportProductsRequest, context: Context) -> pb.ImportReport:
        call = self.door.call(context, writes=True)
        sent = intake.text(from_message(ImportProducts, request))
        with intake.judged(call.principal, sent, call.today) as judged:
            return to_message(pb.ImportReport, call.write(intake.import_products, judged))


@dataclass
class IntakeServicer(intake_pb2_grpc.IntakeServicer):
    door: RpcDoor

    def ImportFile(self, request: intake_pb2.ImportFileRequest, context: Context) -> pb.ImportReport:
        call = self.door.call(context, writes=True)
        sent = intake.message(from_message(ImportFile, request))
        with intake.judged(call.principal, sent, call.today) as judged:
            return to_message(pb.ImportReport, call.write(intake.import_products, judged))

    def GetQuality(self, request: pb.ProductId, context: Context) -> intake_pb2.ProductQuality:
        call = self.door.call(context)
        return to_message(intake_pb2.ProductQuality, call.read(quality.get_quality, request.product_id))

    def ReportProduct(
        self, request: intake_pb2.ReportProductRequest, context: Context
    ) -> intake_pb2.ProductReport:
        call = self.door.call(context, writes=True)
        new = from_message(NewProductReport, request, without=("product_id",))
        return to_message(
            intake_pb2.ProductReport, call.write(quality.report_product, request.product_id, new)
        )

    def ListReports(
        self, request: intake_pb2.ListReportsRequest, context: Context
    ) -> intake_pb2.ProductReportPage:
        asked = to_plain(request)
        status = load(ReportStatus, asked["status"]) if asked.get("status") else None
        page = self.door.call(context).read(quality.list_reports, status, asked.get("cursor"), request.limit)
        return to_message(intake_pb2.ProductReportPage, page)

    def AnswerReport(
        self, request: intake_pb2.AnswerReportRequest, context: Context
    ) -> intake_pb2.ProductReport:
        call = self.door.call(context, writes=True)
        answer = from_message(ReportAnswer, request, without=("report_id",))
        return to_message(
            intake_pb2.ProductReport, call.write(quality.answer_report, request.report_id, answer)
        )
