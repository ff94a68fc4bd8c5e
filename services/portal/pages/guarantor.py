"""A guarantor's desk: guarantees to confirm, check, file or reject, the room that is left, the programmes."""

from starlette.responses import Response

from libs.chassis.problems import Problem
from rongqiao.guarantee.v1 import filings_pb2
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from services.portal.audiences import GUARANTORS
from services.portal.codes import enum_codes, enum_number
from services.portal.forms import Form, fresh
from services.portal.results import segments
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(GUARANTORS)

STATES = enum_codes(pb.GuaranteeStatus.DESCRIPTOR)

# What a guarantor looks at in a loan that its bank lent in batch business; it does not examine the firm again.
CHECKS = ("BORROWER_KIND", "AMOUNT_AND_TERM", "PURPOSE", "NO_OTHER_COVER")


@router.get("/guarantor/guarantees")
def guarantees(visit: Visiting) -> Response:
    return _list_page(visit)


@router.post("/guarantor/guarantees/{guarantee_id}/confirm")
def confirm(guarantee_id: str, visit: Visiting, posted: Posting) -> Response:
    try:
        visit.act(visit.services.guarantee.Confirm, pb.GuaranteeId(guarantee_id=guarantee_id), posted.key)
    except Problem as refusal:
        return _list_page(visit, back(posted, refusal, visit.words), guarantee_id, status_of(refusal))
    return visit.go("/guarantor/guarantees", done="confirmed")


@router.post("/guarantor/guarantees/{guarantee_id}/reject")
def reject(guarantee_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.RejectRequest(guarantee_id=guarantee_id, reason=posted.text("reason"))
    try:
        visit.act(visit.services.guarantee.Reject, request, posted.key)
    except Problem as refusal:
        return _list_page(visit, back(posted, refusal, visit.words), guarantee_id, status_of(refusal))
    return visit.go("/guarantor/guarantees", done="rejected")


@router.post("/guarantor/guarantees/{guarantee_id}/compliance")
def check(guarantee_id: str, visit: Visiting, posted: Posting) -> Response:
    """A listed loan comes into cover, or stays with its bank for the reason that is given."""
    reason = posted.text("reason")
    checks = [filings_pb2.Check(item=item, done=not reason, note=reason) for item in CHECKS]
    word = filings_pb2.Compliance(passed=not reason, checks=checks, reason=reason)
    request = filings_pb2.ComplianceItem(guarantee_id=guarantee_id, check=word)
    try:
        visit.act(visit.services.filings.CheckCompliance, request, posted.key)
    except Problem as refusal:
        return _list_page(visit, back(posted, refusal, visit.words), guarantee_id, status_of(refusal))
    return visit.go("/guarantor/guarantees", done="kept_out" if reason else "covered")


@router.post("/guarantor/guarantees/{guarantee_id}/file")
def file(guarantee_id: str, visit: Visiting, posted: Posting) -> Response:
    request = filings_pb2.LoanId(loan_id=posted.text("loan_id"))
    try:
        visit.act(visit.services.filings.SubmitFiling, request, posted.key)
    except Problem as refusal:
        return _list_page(visit, back(posted, refusal, visit.words), guarantee_id, status_of(refusal))
    return visit.go("/guarantor/guarantees", done="filed")


@router.get("/guarantor/headroom")
def headroom(visit: Visiting) -> Response:
    room = visit.ask(visit.services.guarantee.GetHeadroom, pb.GuarantorId(guarantor_id=visit.organisation))
    return visit.page("guarantor/headroom.html", headroom=room, programmes=_programmes(visit))


@router.get("/guarantor/programmes")
def programmes(visit: Visiting) -> Response:
    shown = [(programme, segments(_shares(programme))) for programme in _programmes(visit).values()]
    return visit.page("guarantor/programmes.html", programmes=shown)


def _list_page(visit: Visit, form: Form | None = None, about: str = "", status: int = 200) -> Response:
    state = visit.query("status")
    request = pb.ListGuaranteesRequest(
        status=enum_number(pb.GuaranteeStatus.DESCRIPTOR, state), cursor=visit.optional("cursor")
    )
    page = visit.ask(visit.services.guarantee.ListGuarantees, request)
    return visit.page(
        "guarantor/guarantees.html",
        status,
        page=page,
        rows=[(guarantee, segments(guarantee.shares)) for guarantee in page.items],
        programmes=_programmes(visit),
        form=form or fresh(),
        about=about,
        state=state,
        states=STATES,
    )


def _programmes(visit: Visit) -> dict[str, pb.Programme]:
    listed = visit.ask(visit.services.guarantee.ListProgrammes, pb.ListProgrammesRequest())
    return {programme.id: programme for programme in listed.items}


def _shares(programme: pb.Programme) -> list[pb.ShareAmount]:
    """A programme's shares of one million yuan: an example says more than a ratio."""
    return [
        pb.ShareAmount(party=share.party, bp=share.bp, amount_fen=share.bp * 10_000)
        for share in programme.shares
    ]
