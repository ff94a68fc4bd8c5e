"""A bank's applications: read, decide, report what was paid out and what came back."""

from collections.abc import Callable

from google.protobuf.message import Message
from starlette.responses import Response

from libs.chassis.problems import Forbidden, NotFound, Problem
from libs.criteria.violation import Violation
from libs.finance.money import fen_of_yuan
from libs.registry.decline_reasons import decline_reasons
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import documents_pb2 as documents
from rongqiao.lending.v1 import lending_pb2 as pb
from services.portal import formatting
from services.portal.audiences import BANKS
from services.portal.codes import enum_codes, enum_number
from services.portal.dossier import Opened, opened_to
from services.portal.forms import Form, Posted, fresh
from services.portal.routes import page_router
from services.portal.troubles import Refusal, back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(BANKS)

STATES = enum_codes(pb.ApplicationStatus.DESCRIPTOR)


@router.get("/bank/applications")
def inbox(visit: Visiting) -> Response:
    state = visit.query("status")
    request = pb.ListApplicationsRequest(
        status=enum_number(pb.ApplicationStatus.DESCRIPTOR, state), cursor=visit.optional("cursor")
    )
    page = visit.ask(visit.services.lending.ListApplications, request)
    return visit.page("bank/applications.html", applications=page, state=state, states=STATES)


@router.get("/bank/applications/{application_id}")
def application(application_id: str, visit: Visiting) -> Response:
    return _application_page(visit, application_id)


@router.post("/bank/applications/{application_id}/approve")
def approve(application_id: str, visit: Visiting, posted: Posting) -> Response:
    try:
        request = pb.ApproveRequest(
            application_id=application_id,
            amount_fen=formatting.fen_of_wan(posted.text("amount"), "amount"),
            rate_ppm=formatting.ppm_of_percent(posted.text("rate"), "rate"),
            term_months=formatting.whole(posted.text("term"), "term"),
            conditions=posted.lines("conditions"),
            valid_until=posted.text("valid_until") or None,
        )
        visit.act(visit.services.lending.Approve, request, posted.key)
    except (Problem, Violation) as refusal:
        return _refused(visit, application_id, posted, refusal)
    return visit.go(f"/bank/applications/{application_id}", done="approved")


@router.post("/bank/applications/{application_id}/accept")
def accept(application_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.ApplicationId(application_id=application_id)
    return _step(visit, application_id, posted, visit.services.lending.AcceptApplication, request, "accepted")


@router.post("/bank/applications/{application_id}/ask-information")
def ask_information(application_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.AskInformationRequest(application_id=application_id, question=posted.text("question"))
    return _step(visit, application_id, posted, visit.services.lending.AskInformation, request, "asked")


@router.post("/bank/applications/{application_id}/contracts")
def sign_contracts(application_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.SignContractsRequest(
        application_id=application_id,
        loan_contract=posted.text("loan_contract"),
        guarantee_contract=posted.text("guarantee_contract") or None,
        pledge_contract=posted.text("pledge_contract") or None,
        signed_on=posted.text("signed_on"),
    )
    return _step(visit, application_id, posted, visit.services.lending.SignContracts, request, "signed")


@router.post("/bank/applications/{application_id}/decline")
def decline(application_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.DeclineRequest(application_id=application_id, reason_codes=posted.all("reason_codes"))
    return _step(visit, application_id, posted, visit.services.lending.Decline, request, "declined")


@router.post("/bank/applications/{application_id}/disburse")
def disburse(application_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.DisburseRequest(
        application_id=application_id,
        disbursed_on=posted.text("disbursed_on"),
        external_id=posted.text("external_id"),
    )
    return _step(visit, application_id, posted, visit.services.lending.Disburse, request, "disbursed")


@router.post("/bank/applications/{application_id}/repay")
def repay(application_id: str, visit: Visiting, posted: Posting) -> Response:
    try:
        request = pb.RepayRequest(
            loan_id=posted.text("loan"),
            principal_fen=fen_of_yuan(posted.text("principal"), "principal"),
            interest_fen=fen_of_yuan(posted.text("interest") or "0", "interest"),
            paid_on=posted.text("paid_on"),
            external_id=posted.text("external_id"),
        )
        visit.act(visit.services.lending.Repay, request, posted.key)
    except (Problem, Violation) as refusal:
        return _refused(visit, application_id, posted, refusal)
    return visit.go(f"/bank/applications/{application_id}", done="repaid")


def _step(
    visit: Visit,
    application_id: str,
    posted: Posted,
    method: Callable[..., Message],
    request: Message,
    done: str,
) -> Response:
    """One step of an application; a refusal comes back to its page."""
    try:
        visit.act(method, request, posted.key)
    except Problem as refusal:
        return _refused(visit, application_id, posted, refusal)
    return visit.go(f"/bank/applications/{application_id}", done=done)


def _refused(visit: Visit, application_id: str, posted: Posted, refusal: Refusal) -> Response:
    return _application_page(visit, application_id, back(posted, refusal, visit.words), status_of(refusal))


def _application_page(
    visit: Visit, application_id: str, form: Form | None = None, status: int = 200
) -> Response:
    lending = visit.services.lending
    application = visit.ask(lending.GetApplication, pb.ApplicationId(application_id=application_id))
    loans = visit.ask(lending.ListLoans, pb.ListLoansRequest(application_id=application_id))
    return visit.page(
        "bank/application.html",
        status,
        application=application,
        loan=next(iter(loans.items), None),
        party=_party(visit, application.party),
        credit=_opened(visit, application.party),
        form=form or _first_form(visit, application),
        reasons=list(decline_reasons()),
    )


def _first_form(visit: Visit, application: pb.Application) -> Form:
    """What a decision most often is: what was asked for, today."""
    return fresh(
        amount=formatting.in_wan(application.amount_fen),
        term=str(application.term_months),
        signed_on=visit.today,
        disbursed_on=visit.today,
        paid_on=visit.today,
    )


def _opened(visit: Visit, party: str) -> Opened:
    services = visit.services
    try:
        consents = visit.ask(services.credit.ListConsents, credit.PartyId(party=party)).items
        papers = visit.ask(services.documents.ListDocuments, documents.DocumentsOf(party=party)).items
    except (Forbidden, NotFound):
        return Opened()
    return opened_to(consents, papers, visit.today)


def _party(visit: Visit, party: str) -> credit.Party | None:
    """The firm's file as far as it agreed; None where it did not."""
    try:
        return visit.ask(visit.services.credit.GetParty, credit.PartyId(party=party))
    except (Forbidden, NotFound):
        return None
