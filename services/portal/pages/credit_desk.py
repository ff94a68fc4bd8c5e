"""The desk of credit: on what legal basis banks are given scores, which scorecards are in force, and what firms ask
to be repaired or corrected."""

from collections.abc import Callable

from google.protobuf.message import Message
from starlette.responses import Response

from libs.chassis.principal import Role
from libs.chassis.problems import Problem
from rongqiao.credit.v1 import repairs_pb2 as repairs
from rongqiao.credit.v1 import scores_pb2 as scores
from services.portal.audiences import OPERATORS, Audience
from services.portal.codes import enum_codes, enum_number
from services.portal.forms import Form, Posted, fresh
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(OPERATORS)
deciding = page_router(Audience("decider", (Role.OPERATOR, Role.SERVICE_CENTRE), ()))

BASES = enum_codes(scores.BasisKind.DESCRIPTOR)
ACTIONS = enum_codes(scores.CardAction.DESCRIPTOR)


@router.get("/desk/basis")
def legal_basis(visit: Visiting) -> Response:
    return _basis_page(visit, fresh(valid_from=visit.today))


@router.post("/desk/basis")
def record_basis(visit: Visiting, posted: Posting) -> Response:
    texts = ("document", "number", "valid_from", "valid_until", "note")
    request = scores.PutLegalBasisRequest(
        kind=enum_number(scores.BasisKind.DESCRIPTOR, posted.text("basis")),
        **{name: posted.text(name) for name in texts},
    )
    try:
        visit.act(visit.services.scores.PutLegalBasis, request, posted.key)
    except Problem as refusal:
        return _basis_page(visit, back(posted, refusal, visit.words), status_of(refusal))
    return visit.go("/desk/basis", done="basis_recorded")


@router.post("/desk/basis/revoke")
def revoke_basis(visit: Visiting, posted: Posting) -> Response:
    kind = enum_number(scores.BasisKind.DESCRIPTOR, posted.text("basis"))
    visit.act(visit.services.scores.RevokeLegalBasis, scores.LegalBasisKind(kind=kind), posted.key)
    return visit.go("/desk/basis", done="basis_revoked")


@router.get("/desk/cards")
def scorecards(visit: Visiting) -> Response:
    return _cards_page(visit)


@router.post("/desk/cards/{card_id}/{version}/shadow")
def put_in_shadow(card_id: str, version: int, visit: Visiting, posted: Posting) -> Response:
    request = scores.ScorecardId(card_id=card_id, version=version)
    return _on_card(visit, visit.services.scores.PutInShadow, request, posted.key, "card_in_shadow")


@router.post("/desk/cards/{card_id}/{version}/propose")
def propose(card_id: str, version: int, visit: Visiting, posted: Posting) -> Response:
    request = scores.ProposeCardRequest(
        card_id=card_id,
        version=version,
        action=enum_number(scores.CardAction.DESCRIPTOR, posted.text("action")),
        effective_on=posted.text("effective_on"),
        reason=posted.text("reason"),
    )
    return _on_card(visit, visit.services.scores.ProposeCard, request, posted.key, "card_proposed")


@router.post("/desk/cards/{card_id}/{version}/decide")
def decide_card(card_id: str, version: int, visit: Visiting, posted: Posting) -> Response:
    """Never by who proposed: the service refuses that."""
    request = scores.DecideCardRequest(
        card_id=card_id,
        version=version,
        proposal_id=posted.text("proposal"),
        approve=posted.ticked("approve"),
    )
    return _on_card(visit, visit.services.scores.DecideCard, request, posted.key, "card_decided")


@deciding.get("/desk/repairs")
def asked(visit: Visiting) -> Response:
    return _asked_page(visit, fresh())


@deciding.post("/desk/repairs/{repair_id}")
def decide_repair(repair_id: str, visit: Visiting, posted: Posting) -> Response:
    request = repairs.DecideRepairRequest(
        repair_id=repair_id, accepted=posted.ticked("accept"), reason=posted.text("reason")
    )
    try:
        visit.act(visit.services.repairs.DecideRepair, request, posted.key)
    except Problem as refusal:
        return _asked_page(visit, back(posted, refusal, visit.words), repair_id, status_of(refusal))
    return visit.go("/desk/repairs", done="decided")


@deciding.post("/desk/disputes/{dispute_id}")
def decide_dispute(dispute_id: str, visit: Visiting, posted: Posting) -> Response:
    request = repairs.DecideDisputeRequest(
        dispute_id=dispute_id,
        corrected=posted.ticked("accept"),
        reason=posted.text("reason"),
        value=posted.text("value") or None,
    )
    try:
        visit.act(visit.services.repairs.DecideDispute, request, posted.key)
    except Problem as refusal:
        return _asked_page(visit, back(posted, refusal, visit.words), dispute_id, status_of(refusal))
    return visit.go("/desk/repairs", done="decided")


def _on_card(visit: Visit, method: Callable[..., Message], request: Message, key: str, done: str) -> Response:
    try:
        visit.act(method, request, key)
    except Problem as refusal:
        return _cards_page(visit, refusal)
    return visit.go("/desk/cards", done=done)


def _basis_page(visit: Visit, form: Form, status: int = 200) -> Response:
    gate = visit.ask(visit.services.scores.GetLegalGate, scores.GetLegalGateRequest())
    return visit.page("operator/basis.html", status, gate=gate, form=form, kinds=BASES)


def _cards_page(visit: Visit, refusal: Problem | None = None) -> Response:
    cards = visit.ask(visit.services.scores.ListScorecards, scores.ListScorecardsRequest())
    form = fresh() if refusal is None else back(Posted(), refusal, visit.words)
    status = 200 if refusal is None else status_of(refusal)
    return visit.page("operator/cards.html", status, cards=cards.items, form=form, actions=ACTIONS)


def _asked_page(visit: Visit, form: Form, about: str = "", status: int = 200) -> Response:
    stub = visit.services.repairs
    open_repairs = repairs.ListRepairsRequest(status=repairs.REPAIR_STATUS_APPLIED)
    open_disputes = repairs.ListDisputesRequest(status=repairs.DISPUTE_STATUS_OPEN)
    return visit.page(
        "operator/asked.html",
        status,
        repairs=visit.ask(stub.ListRepairs, open_repairs).items,
        disputes=visit.ask(stub.ListDisputes, open_disputes).items,
        form=form,
        about=about,
    )
