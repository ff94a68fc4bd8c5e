"""A firm's documents: what it uploaded, to whom each is opened, and until when its content is kept."""

from starlette.responses import Response

from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import documents_pb2 as pb
from services.portal.audiences import SME
from services.portal.codes import enum_codes, enum_number
from services.portal.dossier import in_force
from services.portal.forms import Form, Posted, fresh
from services.portal.pages.credit_report import content
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(SME)

KINDS = enum_codes(pb.DocumentKind.DESCRIPTOR)
LARGEST = 3 << 20  # bytes: a message of gRPC; larger ones go to the API


@router.get("/documents")
def my_documents(visit: Visiting) -> Response:
    return _page(visit, fresh())


@router.post("/documents")
def upload(visit: Visiting, posted: Posting) -> Response:
    try:
        uploaded = visit.act(visit.services.documents.PutDocument, _request(visit, posted), posted.key)
    except (Problem, Violation) as refusal:
        return _page(visit, back(posted, refusal, visit.words), status_of(refusal))
    known = uploaded.state == pb.UPLOAD_STATE_KNOWN
    return visit.go("/documents", done="document_known" if known else "document_kept")


@router.post("/documents/{document_id}/content")
def open_document(document_id: str, visit: Visiting, posted: Posting) -> Response:
    return content(visit, document_id)


@router.post("/documents/{document_id}/withdraw")
def withdraw(document_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.DocumentId(document_id=document_id)
    visit.act(visit.services.documents.WithdrawDocument, request, posted.key)
    return visit.go("/documents", done="document_withdrawn")


def documents_of(visit: Visit) -> list[pb.Document]:
    request = pb.DocumentsOf(party=visit.organisation)
    return list(visit.ask(visit.services.documents.ListDocuments, request).items)


def _request(visit: Visit, posted: Posted) -> pb.PutDocumentRequest:
    sent = posted.files.get("document", b"")
    if not sent:
        raise Violation(
            "document", "There is no file.", "Choose a file: PDF, PNG, JPEG, XLSX, DOCX, OFD or XML."
        )
    if len(sent) > LARGEST:
        mend = "Split it, or send it to the API of the platform, which takes up to 20 MB."
        raise Violation("document", "The file is too large for this page.", mend)
    return pb.PutDocumentRequest(
        party=visit.organisation,
        kind=enum_number(pb.DocumentKind.DESCRIPTOR, posted.text("document_kind")),
        title=posted.text("title"),
        file_name=posted.file_names.get("document", ""),
        issued_on=posted.text("issued_on") or None,
        covers_from=posted.text("covers_from") or None,
        covers_until=posted.text("covers_until") or None,
        content=sent,
    )


def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    given = visit.ask(visit.services.credit.ListConsents, credit.PartyId(party=visit.organisation))
    opened: dict[str, list[credit.Consent]] = {}
    for consent in given.items:
        for document in consent.documents if in_force(consent, visit.today) else ():
            opened.setdefault(document, []).append(consent)
    return visit.page(
        "sme/documents.html", status, form=form, documents=documents_of(visit), opened=opened, kinds=KINDS
    )
