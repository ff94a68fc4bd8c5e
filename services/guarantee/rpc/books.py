"""Statements, entries and roots over gRPC."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import to_message
from rongqiao.guarantee.v1 import books_pb2 as pb
from rongqiao.guarantee.v1 import books_pb2_grpc
from services.guarantee.operations import audit, statements

Context = grpc.ServicerContext


@dataclass
class BooksServicer(books_pb2_grpc.BooksServicer):
    door: RpcDoor

    def GetStatement(self, request: pb.StatementId, context: Context) -> pb.Statement:
        call = self.door.call(context)
        found = call.read(statements.get_statement, request.month, request.counterparty)
        return to_message(pb.Statement, found)

    def AgreeStatement(self, request: pb.StatementId, context: Context) -> pb.Statement:
        call = self.door.call(context, writes=True)
        found = call.write(statements.agree, request.month, request.counterparty)
        return to_message(pb.Statement, found)

    def ListEntries(self, request: pb.ListEntriesRequest, context: Context) -> pb.EntryPage:
        call = self.door.call(context)
        return to_message(pb.EntryPage, call.read(audit.list_entries, request.after, request.limit))

    def ListRoots(self, request: pb.ListRootsRequest, context: Context) -> pb.RootList:
        return to_message(pb.RootList, self.door.call(context).read(audit.list_roots))
