"""Oversight over HTTP. Collection: flows."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.chassis.http import Caller
from services.oversight import operations
from services.oversight.domain.flows import Dimension, FlowQuery, FlowTable, Measure

router = APIRouter(prefix="/v1")

Month = Annotated[str, Query(description="A whole month, such as 2026-11")]


@router.get("/flows")
def get_flows(
    month_from: Month, month_to: Month, rows: Dimension, columns: Dimension, measure: Measure, call: Caller
) -> FlowTable:
    query = FlowQuery(month_from=month_from, month_to=month_to, rows=rows, columns=columns, measure=measure)
    return call.read(operations.get_flows, query)
