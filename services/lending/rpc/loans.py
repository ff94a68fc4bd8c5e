"""Loans over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.application import Disbursement
from services.lending.domain.loan import Repayment
from services.lending.operations import loans

Context = grpc.ServicerContext


@dataclass
class LoanMethods:
    door: RpcDoor

    def Disburse(self, request: pb.DisburseRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        disbursement = from_message(Disbursement, request, without=("application_id",))
        return to_message(pb.Loan, call.write(loans.disburse, request.application_id, disbursement))

    def ListLoans(self, request: pb.ListLoansRequest, context: Context) -> pb.LoanPage:
        asked = to_plain(request)
        page = self.door.call(context).read(
            loans.list_loans, asked.get("application_id"), asked.get("cursor"), request.limit
        )
        return to_message(pb.LoanPage, page)

    def Repay(self, request: pb.RepayRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        repayment = from_message(Repayment, request, without=("loan_id",))
        return to_message(pb.Loan, call.write(loans.repay, request.loan_id, repayment))
