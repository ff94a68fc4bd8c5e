"""The register of scorecards and the legal gate. Collections: scorecards, legal-bases."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from libs.chassis.http import Caller
from libs.chassis.principal import Role
from libs.chassis.uploads import bounded
from libs.registry.promotion import NewVersionProposal, VersionVerdict
from services.credit.cardfile import LARGEST, read_card_file
from services.credit.domain.card import Card
from services.credit.domain.gate import BasisKind, LegalGate, NewLegalBasis
from services.credit.domain.registry import Scorecard, ScorecardList
from services.credit.http import examples
from services.credit.operations import cards, gate

router = APIRouter(prefix="/v1")


async def uploaded(request: Request, call: Caller) -> Card:
    """The card of an operator's file; Forbidden before it is read from anybody else."""
    call.principal.require(Role.OPERATOR)
    pieces = bounded(request, LARGEST, "A card is far smaller.")
    return read_card_file(b"".join([piece async for piece in pieces]))


Uploaded = Annotated[Card, Depends(uploaded)]

# What the API description says of the body: FastAPI does not see that a dependency reads it.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "description": "A card file of the format rongqiao-card/1"}
            }
        },
    }
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "The card file"}
}


@router.post("/scorecards", status_code=201, openapi_extra=_BODY)
def register_scorecard(card: Uploaded, call: Caller) -> Scorecard:
    return call.write(cards.register_card, card)


@router.get("/scorecards")
def list_scorecards(call: Caller) -> ScorecardList:
    return call.read(cards.list_cards)


@router.get("/scorecards/{card_id}/{version}")
def get_scorecard(card_id: str, version: int, call: Caller) -> Scorecard:
    """One version: its state, its hash, and what was proposed of it by whom."""
    return call.read(cards.get_card, card_id, version)


@router.get("/scorecards/{card_id}/{version}/file", response_class=Response, responses=_FILE)
def get_scorecard_file(card_id: str, version: int, call: Caller) -> Response:
    file = call.read(cards.get_card_file, card_id, version)
    return Response(file.content, media_type="application/json")


@router.post("/scorecards/{card_id}/{version}/shadow")
def put_in_shadow(card_id: str, version: int, call: Caller) -> Scorecard:
    return call.write(cards.put_in_shadow, card_id, version)


@router.post("/scorecards/{card_id}/{version}/retire")
def retire_scorecard(card_id: str, version: int, call: Caller) -> Scorecard:
    return call.write(cards.retire_card, card_id, version)


@router.post("/scorecards/{card_id}/{version}/proposals", status_code=201)
def propose_card(
    card_id: str, version: int, body: Annotated[NewVersionProposal, examples.CARD_PROPOSAL], call: Caller
) -> Scorecard:
    return call.write(cards.propose, card_id, version, body)


@router.post("/scorecards/{card_id}/{version}/proposals/{proposal_id}/decide")
def decide_card(
    card_id: str,
    version: int,
    proposal_id: str,
    body: Annotated[VersionVerdict, examples.CARD_VERDICT],
    call: Caller,
) -> Scorecard:
    return call.write(cards.decide, card_id, version, proposal_id, body)


@router.get("/legal-bases")
def get_legal_gate(call: Caller) -> LegalGate:
    return call.read(gate.get_gate)


@router.put("/legal-bases/{kind}")
def put_legal_basis(
    kind: BasisKind, body: Annotated[NewLegalBasis, examples.LEGAL_BASIS], call: Caller
) -> LegalGate:
    return call.write(gate.put_basis, kind, body)


@router.post("/legal-bases/{kind}/revoke")
def revoke_legal_basis(kind: BasisKind, call: Caller) -> LegalGate:
    return call.write(gate.revoke_basis, kind)
