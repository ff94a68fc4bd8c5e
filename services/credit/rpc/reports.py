"""Credit reports: the service `Reports`."""

from dataclasses import asdict, dataclass

import grpc

from libs.chassis.call import Call
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, from_plain, to_message
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import reports_pb2 as pb
from rongqiao.credit.v1 import reports_pb2_grpc
from services.credit.domain.report import RenderRequest
from services.credit.operations import reports
from services.credit.report.files import file_of, require_form

Context = grpc.ServicerContext


@dataclass
class ReportsServicer(reports_pb2_grpc.ReportsServicer):
    door: RpcDoor

    def GetReport(self, request: credit.PartyId, context: Context) -> pb.IssuedReport:
        return to_message(pb.IssuedReport, self._look(context).write(reports.issue_report, request.party))

    def RenderReport(self, request: pb.RenderReportRequest, context: Context) -> pb.ReportFile:
        call = self._look(context)
        asked = from_message(RenderRequest, request, without=("party",))
        require_form(asked.form)
        issued = call.write(reports.issue_report, request.party)
        file = file_of(issued, asked.form, asked.language)
        call.write(reports.note_file, file.id, file.sha256)
        return from_plain(pb.ReportFile, asdict(file))  # JSON, by which shapes travel, has no bytes

    def ConfirmReport(self, request: pb.ReportId, context: Context) -> pb.ReportRecord:
        record = self.door.call(context).read(reports.confirm_report, request.report_id)
        return to_message(pb.ReportRecord, record)

    def _look(self, context: Context) -> Call:
        """For a look that leaves a trace: every one counts, none is answered from the one before."""
        call = self.door.call(context)
        call.key = None
        return call
