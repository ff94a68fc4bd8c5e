"""Loans over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.codec import load
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import lending_pb2 as pb
from rongqiao.lending.v1 import loans_pb2 as life_pb
from rongqiao.lending.v1 import loans_pb2_grpc
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.extension import Extension
from services.lending.domain.first_loan import Attestation
from services.lending.domain.loan import LoanStatus
from services.lending.domain.loan_class import Classification
from services.lending.domain.repayment import Repayment
from services.lending.domain.write_off import WriteOff
from services.lending.operations import first_loans, loan_life, loans

Context = grpc.ServicerContext
_LOAN = ("loan_id",)


@dataclass
class LoanMethods:
    """Of the service `Lending`."""

    door: RpcDoor

    def Disburse(self, request: pb.DisburseRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        disbursement = from_message(Disbursement, request, without=("application_id",))
        return to_message(pb.Loan, call.write(loans.disburse, request.application_id, disbursement))

    def ListLoans(self, request: pb.ListLoansRequest, context: Context) -> pb.LoanPage:
        asked = to_plain(request)
        status = load(LoanStatus, asked["status"]) if asked.get("status") else None
        page = self.door.call(context).read(
            loans.list_loans, asked.get("application_id"), status, asked.get("cursor"), request.limit
        )
        return to_message(pb.LoanPage, page)

    def Repay(self, request: pb.RepayRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        repayment = from_message(Repayment, request, without=_LOAN)
        return to_message(pb.Loan, call.write(loans.repay, request.loan_id, repayment))


@dataclass
class LoansServicer(loans_pb2_grpc.LoansServicer):
    door: RpcDoor

    def GetLoan(self, request: life_pb.LoanId, context: Context) -> pb.Loan:
        return to_message(pb.Loan, self.door.call(context).read(loans.get_loan, request.loan_id))

    def GetSchedule(self, request: life_pb.LoanId, context: Context) -> life_pb.Schedule:
        found = self.door.call(context).read(loans.get_schedule, request.loan_id)
        return to_message(life_pb.Schedule, found)

    def ListRepayments(
        self, request: life_pb.ListRepaymentsRequest, context: Context
    ) -> life_pb.RepaymentPage:
        cursor = to_plain(request).get("cursor")
        page = self.door.call(context).read(loans.list_repayments, request.loan_id, cursor, request.limit)
        return to_message(life_pb.RepaymentPage, page)

    def Classify(self, request: life_pb.ClassifyRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        told = from_message(Classification, request, without=_LOAN)
        return to_message(pb.Loan, call.write(loan_life.classify, request.loan_id, told))

    def Extend(self, request: life_pb.ExtendRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        told = from_message(Extension, request, without=_LOAN)
        return to_message(pb.Loan, call.write(loan_life.extend, request.loan_id, told))

    def WriteOff(self, request: life_pb.WriteOffRequest, context: Context) -> pb.Loan:
        call = self.door.call(context, writes=True)
        told = from_message(WriteOff, request, without=_LOAN)
        return to_message(pb.Loan, call.write(loan_life.write_off_loan, request.loan_id, told))

    def AttestFirstLoan(
        self, request: life_pb.AttestFirstLoanRequest, context: Context
    ) -> life_pb.FirstLoanFinding:
        call = self.door.call(context, writes=True)
        told = from_message(Attestation, request, without=("application_id",))
        found = call.write(first_loans.attest, request.application_id, told)
        return to_message(life_pb.FirstLoanFinding, found)
