"""The service centre: needs that nobody met, each a case until somebody helped."""

from starlette.responses import Response

from libs.chassis.problems import Problem
from rongqiao.coordination.v1 import coordination_pb2 as pb
from services.portal.audiences import SERVICE_CENTRE
from services.portal.codes import enum_codes, enum_number
from services.portal.forms import Form, fresh
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(SERVICE_CENTRE)

STATES = enum_codes(pb.CaseStatus.DESCRIPTOR)


@router.get("/cases")
def cases(visit: Visiting) -> Response:
    return _list_page(visit)


@router.post("/cases/{case_id}/close")
def close(case_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.CloseCaseRequest(case_id=case_id, resolution=posted.text("resolution"))
    try:
        visit.act(visit.services.coordination.CloseCase, request, posted.key)
    except Problem as refusal:
        return _list_page(visit, back(posted, refusal, visit.words), case_id, status_of(refusal))
    return visit.go("/cases", done="closed")


def _list_page(visit: Visit, form: Form | None = None, about: str = "", status: int = 200) -> Response:
    state = visit.query("status")
    request = pb.ListCasesRequest(
        status=enum_number(pb.CaseStatus.DESCRIPTOR, state), cursor=visit.optional("cursor")
    )
    page = visit.ask(visit.services.coordination.ListCases, request)
    return visit.page(
        "cases.html", status, cases=page, form=form or fresh(), about=about, state=state, states=STATES
    )
