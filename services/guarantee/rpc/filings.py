"""The life of a guarantee over gRPC: steps, loans, checks and filings."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.guarantee.v1 import filings_pb2 as pb
from rongqiao.guarantee.v1 import filings_pb2_grpc
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee_pb
from services.guarantee.domain.compliance import Compliance, ComplianceList
from services.guarantee.domain.filing import Acceptance, FilingStatus
from services.guarantee.domain.guarantee import Extension, Rejection
from services.guarantee.domain.procedure import StepRecord
from services.guarantee.operations import compliance, filings, guarantees, procedures

Context = grpc.ServicerContext


@dataclass
class FilingsServicer(filings_pb2_grpc.FilingsServicer):
    door: RpcDoor

    def ListDrawdowns(self, request: guarantee_pb.GuaranteeId, context: Context) -> pb.DrawdownList:
        call = self.door.call(context)
        return to_message(pb.DrawdownList, call.read(guarantees.list_drawdowns, request.guarantee_id))

    def ExtendLoan(self, request: pb.ExtendRequest, context: Context) -> guarantee_pb.Guarantee:
        call = self.door.call(context, writes=True)
        extension = from_message(Extension, request, without=("guarantee_id",))
        extended = call.write(guarantees.extend, request.guarantee_id, extension)
        return to_message(guarantee_pb.Guarantee, extended)

    def ListFilings(self, request: pb.ListFilingsRequest, context: Context) -> pb.FilingPage:
        asked = to_plain(request)
        status = FilingStatus(asked["status"]) if asked.get("status") else None
        call = self.door.call(context)
        found = call.read(filings.list_filings, status, asked.get("cursor"), request.limit)
        return to_message(pb.FilingPage, found)

    def GetFilings(self, request: pb.LoanId, context: Context) -> pb.FilingList:
        return to_message(pb.FilingList, self.door.call(context).read(filings.get_filings, request.loan_id))

    def SubmitFiling(self, request: pb.LoanId, context: Context) -> pb.FilingList:
        call = self.door.call(context, writes=True)
        return to_message(pb.FilingList, call.write(filings.submit_filing, request.loan_id))

    def AcceptFiling(self, request: pb.AcceptFilingRequest, context: Context) -> pb.Filing:
        call = self.door.call(context, writes=True)
        acceptance = from_message(Acceptance, request, without=("loan_id", "layer"))
        filed = call.write(filings.accept_filing, request.loan_id, request.layer, acceptance)
        return to_message(pb.Filing, filed)

    def RejectFiling(self, request: pb.RejectFilingRequest, context: Context) -> pb.Filing:
        call = self.door.call(context, writes=True)
        rejection = from_message(Rejection, request, without=("loan_id", "layer"))
        sent_back = call.write(filings.reject_filing, request.loan_id, request.layer, rejection)
        return to_message(pb.Filing, sent_back)

    def RecordStep(self, request: pb.RecordStepRequest, context: Context) -> pb.StepEntry:
        call = self.door.call(context, writes=True)
        record = from_message(StepRecord, request, without=("guarantee_id",))
        return to_message(pb.StepEntry, call.write(procedures.record_step, request.guarantee_id, record))

    def ListSteps(self, request: guarantee_pb.GuaranteeId, context: Context) -> pb.StepTrail:
        call = self.door.call(context)
        return to_message(pb.StepTrail, call.read(procedures.list_steps, request.guarantee_id))

    def CheckCompliance(self, request: pb.ComplianceItem, context: Context) -> guarantee_pb.Guarantee:
        call = self.door.call(context, writes=True)
        check = from_message(Compliance, request.check)
        checked = call.write(compliance.check_compliance, request.guarantee_id, check)
        return to_message(guarantee_pb.Guarantee, checked)

    def CheckMany(self, request: pb.ComplianceList, context: Context) -> pb.ComplianceReport:
        call = self.door.call(context, writes=True)
        report = call.write(compliance.check_many, from_message(ComplianceList, request))
        return to_message(pb.ComplianceReport, report)
