"""Market rounds over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.matching.v1 import rounds_pb2 as pb
from rongqiao.matching.v1 import rounds_pb2_grpc
from services.matching.domain.rounds.round import NewRound, NewRoundEntry
from services.matching.operations.rounds import rounds

Context = grpc.ServicerContext


@dataclass
class RoundsServicer(rounds_pb2_grpc.RoundsServicer):
    door: RpcDoor

    def OpenRound(self, request: pb.NewRound, context: Context) -> pb.Round:
        call = self.door.call(context, writes=True)
        return to_message(pb.Round, call.write(rounds.open_round, from_message(NewRound, request)))

    def ListRounds(self, request: pb.ListRoundsRequest, context: Context) -> pb.RoundPage:
        cursor = to_plain(request).get("cursor")
        return to_message(
            pb.RoundPage, self.door.call(context).read(rounds.list_rounds, cursor, request.limit)
        )

    def GetRound(self, request: pb.RoundId, context: Context) -> pb.Round:
        return to_message(pb.Round, self.door.call(context).read(rounds.get_round, request.round_id))

    def ConfirmQuota(self, request: pb.RoundQuotaId, context: Context) -> pb.Round:
        call = self.door.call(context, writes=True)
        confirmed = call.write(rounds.confirm_quota, request.round_id, request.product_id)
        return to_message(pb.Round, confirmed)

    def CancelRound(self, request: pb.RoundId, context: Context) -> pb.Round:
        call = self.door.call(context, writes=True)
        return to_message(pb.Round, call.write(rounds.cancel_round, request.round_id))

    def Enter(self, request: pb.EnterRoundRequest, context: Context) -> pb.RoundEntry:
        call = self.door.call(context, writes=True)
        new = from_message(NewRoundEntry, request, without=("round_id",))
        return to_message(pb.RoundEntry, call.write(rounds.enter, request.round_id, new))

    def Leave(self, request: pb.RoundEntryId, context: Context) -> pb.RoundEntry:
        call = self.door.call(context, writes=True)
        return to_message(pb.RoundEntry, call.write(rounds.leave, request.round_id, request.entry_id))

    def ListEntries(self, request: pb.ListRoundEntriesRequest, context: Context) -> pb.RoundEntryPage:
        cursor = to_plain(request).get("cursor")
        page = self.door.call(context).read(rounds.list_entries, request.round_id, cursor, request.limit)
        return to_message(pb.RoundEntryPage, page)

    def GetPlace(self, request: pb.RoundEntryId, context: Context) -> pb.RoundPlace:
        place = self.door.call(context).read(rounds.get_place, request.round_id, request.entry_id)
        return to_message(pb.RoundPlace, place)

    def GetQuotaResults(self, request: pb.RoundId, context: Context) -> pb.RoundQuotaResultList:
        results = self.door.call(context).read(rounds.get_quota_results, request.round_id)
        return to_message(pb.RoundQuotaResultList, results)

    def GetReport(self, request: pb.RoundId, context: Context) -> pb.RoundReport:
        return to_message(pb.RoundReport, self.door.call(context).read(rounds.get_report, request.round_id))

    def GetCertificate(self, request: pb.RoundId, context: Context) -> pb.RoundCertificateFile:
        file = self.door.call(context).read(rounds.get_certificate, request.round_id)
        return to_message(pb.RoundCertificateFile, file)
