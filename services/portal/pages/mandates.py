"""Who may fill in for a firm, and for whom it may fill in. A mandate never lets anybody consent or sign."""

from datetime import date

from starlette.responses import Response

from libs.chassis.problems import Problem
from libs.criteria.vocabulary import SCOPES
from libs.finance.daycount import add_years
from rongqiao.credit.v1 import credit_pb2 as pb
from services.portal.audiences import SME
from services.portal.forms import Form, fresh
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(SME)

FILLED = [name for name in SCOPES if name != "score"]
"""Groups that somebody can fill in: a score is worked out."""


@router.get("/mandates")
def my_mandates(visit: Visiting) -> Response:
    until = add_years(date.fromisoformat(visit.today), 1)
    return _page(visit, fresh(valid_until=until.isoformat()))


@router.post("/mandates")
def grant(visit: Visiting, posted: Posting) -> Response:
    agent = posted.text("agent")
    request = pb.NewMandate(
        party=visit.organisation,
        agent=agent if ":" in agent else f"uscc:{agent.upper()}",
        scopes=posted.all("scopes"),
        valid_until=posted.text("valid_until"),
    )
    try:
        visit.act(visit.services.credit.GrantMandate, request, posted.key)
    except Problem as refusal:
        return _page(visit, back(posted, refusal, visit.words), status_of(refusal))
    return visit.go("/mandates", done="mandated")


@router.post("/mandates/{mandate_id}/revoke")
def revoke(mandate_id: str, visit: Visiting, posted: Posting) -> Response:
    visit.act(visit.services.credit.RevokeMandate, pb.MandateId(mandate_id=mandate_id), posted.key)
    return visit.go("/mandates", done="mandate_revoked")


def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    stub = visit.services.credit
    given = visit.ask(stub.ListGivenMandates, pb.PartyId(party=visit.organisation))
    held = visit.ask(stub.ListMyMandates, pb.ListMandatesRequest())
    return visit.page(
        "sme/mandates.html", status, form=form, given=given.items, held=held.items, scopes=FILLED
    )
