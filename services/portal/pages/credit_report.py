"""The credit report: a firm's own with its score, what would raise it and what a late payment costs; a bank's under
the consents that it has."""

from starlette.responses import Response

from libs.chassis.problems import NotFound, Problem
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import documents_pb2 as documents
from rongqiao.credit.v1 import reports_pb2 as pb
from rongqiao.credit.v1 import scores_pb2 as scores
from rongqiao.lending.v1 import lending_pb2 as lending
from services.portal.audiences import BANKS, SME
from services.portal.codes import enum_number
from services.portal.files import saved, shown
from services.portal.forms import Form, Posted, fresh
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

own = page_router(SME)
banks = page_router(BANKS)

PRINTING = 140.0  # seconds that a PDF may take: credit gives up before, and says so
LAST_SCORES = 10


@own.get("/credit")
def my_credit(visit: Visiting) -> Response:
    return _credit_page(visit, fresh())


@own.post("/credit/report")
def my_report(visit: Visiting, posted: Posting) -> Response:
    try:
        return _report(visit, posted, visit.organisation)
    except Problem as refusal:
        return _credit_page(visit, back(posted, refusal, visit.words), status_of(refusal))


@banks.post("/bank/applications/{application_id}/report")
def report_of_applicant(application_id: str, visit: Visiting, posted: Posting) -> Response:
    """Every fetch is one that the firm sees."""
    return _report(visit, posted, _party(visit, application_id))


@banks.post("/bank/applications/{application_id}/documents/{document_id}")
def document_of_applicant(
    application_id: str, document_id: str, visit: Visiting, posted: Posting
) -> Response:
    return content(visit, document_id)


def content(visit: Visit, document_id: str) -> Response:
    """The newest version that the visitor may have."""
    request = documents.DocumentVersionId(document_id=document_id)
    parts = list(visit.parts(visit.services.documents.GetContent, request))
    body = b"".join(part.content for part in parts)
    return saved(body, parts[0].media_type, parts[0].file_name)


def _report(visit: Visit, posted: Posted, party: str) -> Response:
    request = pb.RenderReportRequest(
        party=party,
        form=enum_number(pb.ReportForm.DESCRIPTOR, posted.text("form")),
        language=enum_number(pb.Language.DESCRIPTOR, posted.text("language")),
    )
    file = visit.ask(visit.services.reports.RenderReport, request, deadline=PRINTING)
    return shown(file.content, file.media_type, file.name)


def _party(visit: Visit, application_id: str) -> str:
    request = lending.ApplicationId(application_id=application_id)
    return visit.ask(visit.services.lending.GetApplication, request).party


def _credit_page(visit: Visit, form: Form, status: int = 200) -> Response:
    given = scores.ListScoresRequest(party=visit.organisation, limit=LAST_SCORES)
    return visit.page(
        "sme/credit.html",
        status,
        form=form,
        score=_score(visit),
        given=visit.ask(visit.services.scores.ListScores, given).items,
        gate=visit.ask(visit.services.scores.GetLegalGate, scores.GetLegalGateRequest()),
    )


def _score(visit: Visit) -> credit.Score | None:
    try:
        return visit.ask(visit.services.credit.GetScore, credit.PartyId(party=visit.organisation))
    except NotFound:
        return None
