"""What is known of a party item by item: records, monthly figures, what was said of one fact, who stands behind it.
Collection: parties."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.credit.domain.bulk import BulkOutcome
from services.credit.domain.facts import FactHistory
from services.credit.domain.records import NewRecords, RecordList
from services.credit.domain.relations import NewRelations, Relations
from services.credit.domain.series import FigureList, NewFigures
from services.credit.http import examples
from services.credit.http.parts import Known
from services.credit.operations import reading, records, relations

router = APIRouter(prefix="/v1")


@router.post("/parties/{party}/records")
def add_records(party: str, body: Annotated[NewRecords, examples.RECORDS], call: Caller) -> BulkOutcome:
    return call.write(records.add_records, party, body)


@router.get("/parties/{party}/records")
def list_records(party: str, call: Caller, as_of: date | None = None, known: Known = None) -> RecordList:
    return call.each_time().write(records.list_records, party, as_of, known)


@router.post("/parties/{party}/series")
def add_figures(party: str, body: Annotated[NewFigures, examples.FIGURES], call: Caller) -> BulkOutcome:
    return call.write(records.add_figures, party, body)


@router.get("/parties/{party}/series")
def list_figures(party: str, call: Caller, as_of: date | None = None, known: Known = None) -> FigureList:
    """The monthly figures that count, as the caller may see them; which series no consent opens."""
    return call.each_time().write(records.list_figures, party, as_of, known)


@router.get("/parties/{party}/facts/{fact}")
def get_fact(
    party: str, fact: str, call: Caller, as_of: date | None = None, known: Known = None
) -> FactHistory:
    return call.each_time().write(reading.get_fact, party, fact, as_of, known)


@router.put("/parties/{party}/relations")
def put_relations(party: str, body: Annotated[NewRelations, examples.RELATIONS], call: Caller) -> Relations:
    return call.write(relations.put_relations, party, body)


@router.get("/parties/{party}/relations")
def get_relations(party: str, call: Caller, as_of: date | None = None, known: Known = None) -> Relations:
    return call.each_time().write(relations.get_relations, party, as_of, known)
