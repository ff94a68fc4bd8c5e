"""Lending over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.codec import load
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import lending_pb2 as pb
from rongqiao.lending.v1 import lending_pb2_grpc
from services.lending import operations
from services.lending.domain.application import (
    ApplicationStatus,
    Approval,
    Declination,
    Disbursement,
    NewApplication,
)
from services.lending.domain.intake import ImportProducts
from services.lending.domain.loan import Repayment
from services.lending.domain.product import NewProduct, ProductStatus

Context = grpc.ServicerContext


@dataclass
class LendingServicer(lending_pb2_grpc.LendingServicer):
    door: RpcDoor

    def RegisterProduct(self, request: pb.RegisterProductRequest, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(
            pb.Product, call.write(operations.register_product, from_message(NewProduct, request))
        )

    def ImportProducts(self, request: pb.ImportProductsRequest, context: Context) -> pb.ImportReport:
        call = self.door.call(context, writes=True)
        return to_message(
            pb.ImportReport, call.write(operations.import_products, from_message(ImportProducts, request))
        )

    def PublishProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(pb.Product, call.write(operations.publish_product, request.product_id))

    def WithdrawProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(pb.Product, call.write(operations.withdraw_product, request.product_id))

    def GetProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        return to_message(
            pb.Product, self.door.call(context).read(operations.get_product, request.product_id)
        )

    def ListProducts(self, request: pb.ListProductsRequest, context: Context) -> pb.ProductPage:
        asked = to_plain(request)
        status = load(ProductStatus, asked["status"]) if asked.get("status") else None
        page = self.door.call(context).read(
            operations.list_products, asked.get("bank"), status, asked.get("cursor"), request.limit
        )
        return to_message(pb.ProductPage, page)

    def OpenApplication(self, request: pb.OpenApplicationRequest, context: Context) -> pb.Application:
        call = self.door.call(context, writes=True)
        return to_message(
            pb.Application, call.write(operations.open_application, from_message(NewApplication, request))
        )

    def GetApplication(self, request: pb.ApplicationId, context: Context) -> pb.Application:
        call = self.door.call(context)
        return to_message(pb.Application, call.read(operations.get_application, request.application_id))

    def ListApplications(self, request: pb.ListApplicationsRequest, context: Context) -> pb.ApplicationPage:
        asked = to_plain(request)
        status = load(ApplicationStatus, asked["status"]) if asked.get("status") else None
        page = self.door.call(context).read(
            operations.list_applications, status, asked.get("cursor"), request.limit
        )
        return to_message(pb.ApplicationPage, page)

    def Approve(self, request: pb.ApproveRequest, context: Context) -> pb.Application:
        call = self.door.call(context, writes=True)
        approval = from_message(Approval, request, without=("application_id",))
        return to_message(
            pb.Application, call.write(operations.approve_application, request.application_id, approval)
        )

    def Decline(self, request: pb.DeclineRequest, context: Context) -> pb.Application:
        call = self.door.call(context, writes=True)
        declination = from_message(Declination, request, without=("application_id",))
        return to_message(
            pb.Application, call.write(operations.decline_application, request.application_id, declination)
        )

    def Withdraw(self, request: pb.ApplicationId, context: Context) -> pb.Application:
        call = self.door.call(context, writes=True)
        return to_message(pb.Application, call.write(operations.withdraw_application, request.application_id))

    def Disburse(self, request: pb.DisburseRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        disbursement = from_message(Disbursement, request, without=("application_id",))
        return to_message(pb.Loan, call.write(operations.disburse, request.application_id, disbursement))

    def ListLoans(self, request: pb.ListLoansRequest, context: Context) -> pb.LoanPage:
        asked = to_plain(request)
        page = self.door.call(context).read(
            operations.list_loans, asked.get("application_id"), asked.get("cursor"), request.limit
        )
        return to_message(pb.LoanPage, page)

    def Repay(self, request: pb.RepayRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        repayment = from_message(Repayment, request, without=("loan_id",))
        return to_message(pb.Loan, call.write(operations.repay, request.loan_id, repayment))
