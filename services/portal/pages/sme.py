"""A firm's financing requests: ask once, see the plans with their reasons, choose."""

from starlette.responses import Response

from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
from rongqiao.coordination.v1 import coordination_pb2 as pb
from rongqiao.lending.v1 import lending_pb2 as lending
from services.portal import formatting
from services.portal.audiences import SME
from services.portal.choices import PRODUCT_KINDS
from services.portal.forms import Form, Posted, fresh
from services.portal.pages.offers import offers_of
from services.portal.results import result_of
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(SME)


@router.get("/requests")
def my_requests(visit: Visiting) -> Response:
    requests = visit.ask(
        visit.services.coordination.ListRequests,
        pb.ListRequestsRequest(cursor=visit.optional("cursor"), limit=20),
    )
    applications = visit.ask(
        visit.services.lending.ListApplications, lending.ListApplicationsRequest(limit=50)
    )
    return visit.page("sme/requests.html", requests=requests, applications=applications.items)


@router.get("/requests/new")
def ask_form(visit: Visiting) -> Response:
    return _ask_page(visit, fresh(amount="", term="12", purpose=""))


@router.post("/requests")
def ask(visit: Visiting, posted: Posting) -> Response:
    try:
        request = _request(visit, posted)
        made = visit.act(visit.services.coordination.Ask, request, posted.key)
    except (Problem, Violation) as refusal:
        return _ask_page(visit, back(posted, refusal, visit.words), status_of(refusal))
    return visit.go(f"/requests/{made.id}")


@router.get("/requests/{request_id}")
def result(request_id: str, visit: Visiting) -> Response:
    return _result_page(visit, request_id)


@router.post("/requests/{request_id}/apply")
def apply(request_id: str, visit: Visiting, posted: Posting) -> Response:
    """Apply with one plan; a refusal comes back to the page that the plan stands on."""
    try:
        plan = formatting.whole(posted.text("plan"), "plan")
        request = pb.ReferRequest(request_id=request_id, plan=plan)
        visit.act(visit.services.coordination.Refer, request, posted.key)
    except (Problem, Violation) as refusal:
        return _result_page(visit, request_id, back(posted, refusal, visit.words), status_of(refusal))
    return visit.go(f"/requests/{request_id}", done="applied")


@router.post("/requests/{request_id}/withdraw")
def withdraw_request(request_id: str, visit: Visiting, posted: Posting) -> Response:
    try:
        visit.act(
            visit.services.coordination.WithdrawRequest, pb.RequestId(request_id=request_id), posted.key
        )
    except Problem as refusal:
        return _result_page(visit, request_id, back(posted, refusal, visit.words), status_of(refusal))
    return visit.go("/requests", done="request_withdrawn")


def _request(visit: Visit, posted: Posted) -> pb.AskRequest:
    return pb.AskRequest(
        party=visit.organisation,
        amount_fen=formatting.fen_of_wan(posted.text("amount"), "amount"),
        term_months=formatting.whole(posted.text("term"), "term"),
        kinds=[lending.ProductKind.Value(f"PRODUCT_KIND_{kind}") for kind in posted.all("kinds")],
        purpose=posted.text("purpose"),
    )


def _ask_page(visit: Visit, form: Form, status: int = 200) -> Response:
    return visit.page("sme/ask.html", status, form=form, kinds=PRODUCT_KINDS)


def _result_page(visit: Visit, request_id: str, form: Form | None = None, status: int = 200) -> Response:
    request = visit.ask(visit.services.coordination.GetRequest, pb.RequestId(request_id=request_id))
    result = result_of(request, offers_of(visit, request))
    return visit.page("sme/result.html", status, request=request, result=result, form=form or fresh())
