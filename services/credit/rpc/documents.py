"""Documents of a party's file: the service `Documents`."""

from collections.abc import Iterator
from dataclasses import dataclass

import grpc

from libs.chassis.principal import Role
from libs.chassis.problems import Invalid
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, from_plain, to_message, to_plain
from rongqiao.credit.v1 import documents_pb2 as pb
from rongqiao.credit.v1 import documents_pb2_grpc
from services.credit.archive import Archive
from services.credit.domain.content import MEDIA_TYPES
from services.credit.domain.documents import NewDocument
from services.credit.operations import documents

MOST_BYTES = 3 << 20
_PIECE = 1 << 20

Context = grpc.ServicerContext


@dataclass
class DocumentsServicer(documents_pb2_grpc.DocumentsServicer):
    door: RpcDoor
    archive: Archive

    def PutDocument(self, request: pb.PutDocumentRequest, context: Context) -> pb.Uploaded:
        call = self.door.call(context, writes=True)
        call.principal.require(Role.SME)
        if len(request.content) > MOST_BYTES:
            raise Invalid(
                f"The file is larger than {MOST_BYTES >> 20} MiB.",
                field="content",
                mend="Send it over HTTP: POST /v1/parties/{party}/documents.",
            )
        new = from_message(NewDocument, request, without=("party", "content"))
        return to_message(pb.Uploaded, self.archive.put(call, request.party, new, request.content))

    def ListDocuments(self, request: pb.DocumentsOf, context: Context) -> pb.DocumentList:
        call = self.door.call(context).each_time()
        return to_message(pb.DocumentList, call.write(documents.list_documents, request.party))

    def GetDocument(self, request: pb.DocumentId, context: Context) -> pb.Document:
        call = self.door.call(context).each_time()
        return to_message(pb.Document, call.write(documents.get_document, request.document_id))

    def GetContent(self, request: pb.DocumentVersionId, context: Context) -> Iterator[pb.ContentPart]:
        version = to_plain(request).get("version")
        opening, content = self.archive.get(self.door.call(context), request.document_id, version)
        yield from_plain(
            pb.ContentPart,
            {
                "file_name": opening.file_name,
                "media_type": MEDIA_TYPES[opening.format],
                "sha256": opening.sha256,
                "version": opening.version,
                "state": opening.state,
                "content": content[:_PIECE],
            },
        )
        for at in range(_PIECE, len(content), _PIECE):
            yield pb.ContentPart(content=content[at : at + _PIECE])

    def WithdrawDocument(self, request: pb.DocumentId, context: Context) -> pb.Document:
        call = self.door.call(context, writes=True)
        return to_message(pb.Document, call.write(documents.withdraw_document, request.document_id))
