"""The register of likelihood models. Collection: likelihood-models."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import Response

from libs.chassis.http import Caller
from libs.chassis.principal import Role
from libs.chassis.uploads import bounded
from libs.registry.promotion import NewVersionProposal, VersionVerdict
from services.matching.domain.likelihood import LikelihoodModel
from services.matching.domain.models import ModelComparison, ModelList, ModelVersion
from services.matching.modelfile import LARGEST, read_model_file
from services.matching.operations import models

router = APIRouter(prefix="/v1", tags=["likelihood-models"])


async def uploaded(request: Request, call: Caller) -> LikelihoodModel:
    """The model of an operator's file; Forbidden before it is read from anybody else."""
    call.principal.require(Role.OPERATOR)
    pieces = bounded(request, LARGEST, "A model is far smaller.")
    return read_model_file(b"".join([piece async for piece in pieces]))


Uploaded = Annotated[LikelihoodModel, Depends(uploaded)]

# What the API description says of the body: FastAPI does not see that a dependency reads it.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "A model file of the format rongqiao-likelihood/1",
                }
            }
        },
    }
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}, "description": "The model file"}
}
_PROPOSAL = Body(
    openapi_examples={
        "promote": {
            "summary": "Bring a version into force",
            "value": {"action": "PROMOTE", "effective_on": "2026-12-15", "reason": "在之后的决定上更准"},
        }
    }
)
_VERDICT = Body(openapi_examples={"agree": {"summary": "Agree", "value": {"approve": True}}})


@router.post("/likelihood-models", status_code=201, openapi_extra=_BODY)
def register_model(model: Uploaded, call: Caller) -> ModelVersion:
    return call.write(models.register_model, model)


@router.get("/likelihood-models")
def list_models(call: Caller) -> ModelList:
    """The cold start of the policies, then every version that was uploaded."""
    return call.read(models.list_models)


@router.get("/likelihood-models/in-force")
def model_in_force(call: Caller, on: date | None = None) -> ModelVersion:
    """What answers are made by on a day; without one, today."""
    return call.read(models.model_in_force, on)


@router.get("/likelihood-models/{model_id}/{version}")
def get_model(model_id: str, version: int, call: Caller) -> ModelVersion:
    """One version: its state, its hash, and what was proposed of it by whom."""
    return call.read(models.get_model, model_id, version)


@router.get("/likelihood-models/{model_id}/{version}/file", response_class=Response, responses=_FILE)
def get_model_file(model_id: str, version: int, call: Caller) -> Response:
    file = call.read(models.get_model_file, model_id, version)
    return Response(file.content, media_type="application/json")


@router.get("/likelihood-models/{model_id}/{version}/comparison")
def compare_model(model_id: str, version: int, call: Caller) -> ModelComparison:
    """By month what the version would have said of later applications, beside what was said and decided."""
    return call.read(models.compare_model, model_id, version)


@router.post("/likelihood-models/{model_id}/{version}/shadow")
def put_in_shadow(model_id: str, version: int, call: Caller) -> ModelVersion:
    return call.write(models.put_in_shadow, model_id, version)


@router.post("/likelihood-models/{model_id}/{version}/retire")
def retire_model(model_id: str, version: int, call: Caller) -> ModelVersion:
    return call.write(models.retire_model, model_id, version)


@router.post("/likelihood-models/{model_id}/{version}/proposals", status_code=201)
def propose_model(
    model_id: str, version: int, body: Annotated[NewVersionProposal, _PROPOSAL], call: Caller
) -> ModelVersion:
    return call.write(models.propose_model, model_id, version, body)


@router.post("/likelihood-models/{model_id}/{version}/proposals/{proposal_id}/decide")
def decide_model(
    model_id: str, version: int, proposal_id: str, body: Annotated[VersionVerdict, _VERDICT], call: Caller
) -> ModelVersion:
    return call.write(models.decide_model, model_id, version, proposal_id, body)
