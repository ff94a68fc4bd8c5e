"""The classes of supervision and its draws, apart from the files. Collections: risk-classes, inspection-draws."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.credit.domain.notices import Audit
from services.credit.domain.risk_class import (
    ClassCounts,
    ClassDelivery,
    Classed,
    ClassOutcome,
    ClassSpan,
    Draw,
    DrawPage,
    NewDraw,
)
from services.credit.http import examples
from services.credit.http.parts import Cursor, Limit
from services.credit.operations import risk_classes

router = APIRouter(prefix="/v1")


@router.post("/risk-classes")
def deliver_classes(body: Annotated[ClassDelivery, examples.CLASSES], call: Caller) -> ClassOutcome:
    return call.write(risk_classes.deliver_classes, body)


@router.post("/risk-classes/compute")
def compute_classes(body: Annotated[ClassSpan, examples.CLASS_SPAN], call: Caller) -> ClassOutcome:
    """Work out the classes of a batch of parties of whom no authority said one."""
    return call.write(risk_classes.compute_classes, body)


@router.get("/risk-classes")
def count_classes(call: Caller) -> ClassCounts:
    """How many firms of each class each county has; a small cell says nothing."""
    return call.read(risk_classes.count_classes)


@router.post("/risk-classes/{party}/look")
def get_class(party: str, body: Annotated[Audit, examples.AUDIT], call: Caller) -> Classed:
    """One firm's class, for an operator who says why."""
    return call.each_time().write(risk_classes.get_class, party, body)


@router.post("/inspection-draws", status_code=201)
def draw_inspections(body: Annotated[NewDraw, examples.DRAW], call: Caller) -> Draw:
    """Draw firms to inspect, by class; whoever has the seed and the list can draw the same again."""
    return call.write(risk_classes.draw_inspections, body)


@router.get("/inspection-draws")
def list_draws(call: Caller, cursor: Cursor = None, limit: Limit = 0) -> DrawPage:
    return call.read(risk_classes.list_draws, cursor, limit)


@router.get("/inspection-draws/{draw_id}")
def get_draw(draw_id: str, call: Caller) -> Draw:
    """One draw; the firms that were drawn are for operators alone."""
    return call.read(risk_classes.get_draw, draw_id)
