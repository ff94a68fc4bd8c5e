"""The parties of the chain over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.guarantee.v1 import parties_pb2 as pb
from rongqiao.guarantee.v1 import parties_pb2_grpc
from services.guarantee.domain.admission import AdmissionDecision
from services.guarantee.domain.opening import BookRejection, NewBook
from services.guarantee.domain.related import NewRelatedGroup
from services.guarantee.operations import opening_books, parties, red_lines

Context = grpc.ServicerContext


@dataclass
class PartiesServicer(parties_pb2_grpc.PartiesServicer):
    door: RpcDoor

    def DecideAdmission(self, request: pb.AdmissionRequest, context: Context) -> pb.Admission:
        call = self.door.call(context, writes=True)
        decision = from_message(AdmissionDecision, request, without=("guarantor_id",))
        return to_message(pb.Admission, call.write(parties.decide_admission, request.guarantor_id, decision))

    def ListAdmissions(self, request: pb.ListAdmissionsRequest, context: Context) -> pb.AdmissionList:
        return to_message(pb.AdmissionList, self.door.call(context).read(parties.list_admissions))

    def PutRelatedGroup(self, request: pb.RelatedGroupRequest, context: Context) -> pb.RelatedGroup:
        call = self.door.call(context, writes=True)
        group = from_message(NewRelatedGroup, request, without=("group_id",))
        return to_message(pb.RelatedGroup, call.write(parties.put_group, request.group_id, group))

    def ListRelatedGroups(
        self, request: pb.ListRelatedGroupsRequest, context: Context
    ) -> pb.RelatedGroupList:
        party = to_plain(request).get("party")
        return to_message(pb.RelatedGroupList, self.door.call(context).read(parties.list_groups, party))

    def UploadBook(self, request: pb.NewBook, context: Context) -> pb.BookReport:
        call = self.door.call(context, writes=True)
        return to_message(pb.BookReport, call.write(opening_books.upload, from_message(NewBook, request)))

    def ApproveBook(self, request: pb.OpeningBookId, context: Context) -> pb.OpeningBook:
        call = self.door.call(context, writes=True)
        return to_message(pb.OpeningBook, call.write(opening_books.approve, request.book_id))

    def RejectBook(self, request: pb.RejectBookRequest, context: Context) -> pb.OpeningBook:
        call = self.door.call(context, writes=True)
        rejection = from_message(BookRejection, request, without=("book_id",))
        return to_message(pb.OpeningBook, call.write(opening_books.reject, request.book_id, rejection))

    def GetBook(self, request: pb.OpeningBookId, context: Context) -> pb.OpeningBook:
        call = self.door.call(context)
        return to_message(pb.OpeningBook, call.read(opening_books.get_book, request.book_id))

    def ListBooks(self, request: pb.ListOpeningBooksRequest, context: Context) -> pb.OpeningBookPage:
        cursor, call = to_plain(request).get("cursor"), self.door.call(context)
        return to_message(pb.OpeningBookPage, call.read(opening_books.list_books, cursor, request.limit))

    def GetRedLines(self, request: pb.RedLinesOf, context: Context) -> pb.RedLineList:
        call = self.door.call(context)
        return to_message(pb.RedLineList, call.read(red_lines.get_red_lines, request.guarantor_id))

    def ListRedLines(self, request: pb.ListRedLinesRequest, context: Context) -> pb.RedLineOverview:
        call = self.door.call(context)
        return to_message(pb.RedLineOverview, call.read(red_lines.list_red_lines, request.by_bank))

    def GetCoverage(self, request: pb.CoverageRequest, context: Context) -> pb.CoverageMap:
        return to_message(pb.CoverageMap, self.door.call(context).read(parties.get_coverage))
