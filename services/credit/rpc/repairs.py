"""Credit repair, disputes and the classes of supervision over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.call import Call
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.credit.v1 import repairs_pb2 as pb
from rongqiao.credit.v1 import repairs_pb2_grpc
from services.credit.domain.dispute import DisputeStatus, NewDispute, Statement, Verdict
from services.credit.domain.notices import Audit
from services.credit.domain.repair import Decision, NewRepair, RepairStatus
from services.credit.domain.risk_class import ClassDelivery, ClassSpan, NewDraw
from services.credit.operations import audits, disputes, repairs, risk_classes

Context = grpc.ServicerContext


@dataclass
class RepairsServicer(repairs_pb2_grpc.RepairsServicer):
    door: RpcDoor

    def ApplyForRepair(self, request: pb.ApplyForRepairRequest, context: Context) -> pb.Repair:
        call = self.door.call(context, writes=True)
        return to_message(pb.Repair, call.write(repairs.apply_for_repair, from_message(NewRepair, request)))

    def DecideRepair(self, request: pb.DecideRepairRequest, context: Context) -> pb.Repair:
        call = self.door.call(context, writes=True)
        decision = from_message(Decision, request, without=("repair_id",))
        return to_message(pb.Repair, call.write(repairs.decide_repair, request.repair_id, decision))

    def GetRepair(self, request: pb.RepairId, context: Context) -> pb.Repair:
        return to_message(pb.Repair, self.door.call(context).read(repairs.get_repair, request.repair_id))

    def ListRepairs(self, request: pb.ListRepairsRequest, context: Context) -> pb.RepairPage:
        asked = to_plain(request)
        status = RepairStatus(asked["status"]) if asked.get("status") else None
        call = self.door.call(context)
        return to_message(
            pb.RepairPage, call.read(repairs.list_repairs, status, asked.get("cursor"), request.limit)
        )

    def ListRepairNotices(self, request: pb.ListNoticesRequest, context: Context) -> pb.NoticePage:
        cursor = to_plain(request).get("cursor")
        found = self.door.call(context).read(repairs.list_repair_notices, cursor, request.limit)
        return to_message(pb.NoticePage, found)

    def AuditStoppedRecord(self, request: pb.AuditStoppedRecordRequest, context: Context) -> pb.StoppedRecord:
        audit = from_message(Audit, request, without=("record_id",))
        found = self._look(context).write(audits.audit_stopped_record, request.record_id, audit)
        return to_message(pb.StoppedRecord, found)

    def OpenDispute(self, request: pb.OpenDisputeRequest, context: Context) -> pb.Dispute:
        call = self.door.call(context, writes=True)
        return to_message(pb.Dispute, call.write(disputes.open_dispute, from_message(NewDispute, request)))

    def DecideDispute(self, request: pb.DecideDisputeRequest, context: Context) -> pb.Dispute:
        call = self.door.call(context, writes=True)
        verdict = from_message(Verdict, request, without=("dispute_id",))
        return to_message(pb.Dispute, call.write(disputes.decide_dispute, request.dispute_id, verdict))

    def AddStatement(self, request: pb.AddStatementRequest, context: Context) -> pb.Dispute:
        call = self.door.call(context, writes=True)
        statement = from_message(Statement, request, without=("dispute_id",))
        return to_message(pb.Dispute, call.write(disputes.add_statement, request.dispute_id, statement))

    def GetDispute(self, request: pb.DisputeId, context: Context) -> pb.Dispute:
        return to_message(pb.Dispute, self.door.call(context).read(disputes.get_dispute, request.dispute_id))

    def ListDisputes(self, request: pb.ListDisputesRequest, context: Context) -> pb.DisputePage:
        asked = to_plain(request)
        status = DisputeStatus(asked["status"]) if asked.get("status") else None
        call = self.door.call(context)
        return to_message(
            pb.DisputePage, call.read(disputes.list_disputes, status, asked.get("cursor"), request.limit)
        )

    def DeliverClasses(self, request: pb.DeliverClassesRequest, context: Context) -> pb.ClassOutcome:
        call = self.door.call(context, writes=True)
        delivery = from_message(ClassDelivery, request)
        return to_message(pb.ClassOutcome, call.write(risk_classes.deliver_classes, delivery))

    def ComputeClasses(self, request: pb.ComputeClassesRequest, context: Context) -> pb.ClassOutcome:
        call = self.door.call(context, writes=True)
        span = from_message(ClassSpan, request)
        return to_message(pb.ClassOutcome, call.write(risk_classes.compute_classes, span))

    def GetClass(self, request: pb.GetClassRequest, context: Context) -> pb.Classed:
        audit = from_message(Audit, request, without=("party",))
        found = self._look(context).write(risk_classes.get_class, request.party, audit)
        return to_message(pb.Classed, found)

    def CountClasses(self, request: pb.CountClassesRequest, context: Context) -> pb.ClassCounts:
        return to_message(pb.ClassCounts, self.door.call(context).read(risk_classes.count_classes))

    def DrawInspections(self, request: pb.DrawInspectionsRequest, context: Context) -> pb.Draw:
        call = self.door.call(context, writes=True)
        return to_message(pb.Draw, call.write(risk_classes.draw_inspections, from_message(NewDraw, request)))

    def GetDraw(self, request: pb.DrawId, context: Context) -> pb.Draw:
        return to_message(pb.Draw, self.door.call(context).read(risk_classes.get_draw, request.draw_id))

    def ListDraws(self, request: pb.ListDrawsRequest, context: Context) -> pb.DrawPage:
        cursor = to_plain(request).get("cursor")
        return to_message(
            pb.DrawPage, self.door.call(context).read(risk_classes.list_draws, cursor, request.limit)
        )

    def _look(self, context: Context) -> Call:
        """For a look that leaves a trace: every one counts, none is answered from the one before."""
        call = self.door.call(context)
        call.key = None
        return call
