"""What regulators see: flows in aggregate. A hidden cell is told as hidden, and why."""

from datetime import date

from starlette.responses import Response

from libs.chassis.problems import Problem
from rongqiao.oversight.v1 import oversight_pb2 as pb
from services.portal.audiences import REGULATORS
from services.portal.codes import enum_codes, enum_number
from services.portal.flows import Table, table_of
from services.portal.forms import Form, Posted, fresh
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Visit, Visiting

router = page_router(REGULATORS)

DIMENSIONS = enum_codes(pb.Dimension.DESCRIPTOR)
MEASURES = enum_codes(pb.Measure.DESCRIPTOR)


@router.get("/oversight")
def flows(visit: Visiting) -> Response:
    asked = _asked(visit)
    try:
        answer = visit.ask(visit.services.oversight.GetFlows, _query(asked))
    except Problem as refusal:
        form = back(Posted({name: (value,) for name, value in asked.items()}), refusal, visit.words)
        return _page(visit, form, None, status_of(refusal))
    return _page(visit, fresh(**asked), table_of(answer))


def _page(visit: Visit, form: Form, table: Table | None, status: int = 200) -> Response:
    return visit.page(
        "oversight.html", status, form=form, table=table, dimensions=DIMENSIONS, measures=MEASURES
    )


def _asked(visit: Visit) -> dict[str, str]:
    """The question in the address; without one, loans of this year by county and month."""
    this_month = date.fromisoformat(visit.today).strftime("%Y-%m")
    usual = {
        "month_from": f"{this_month[:4]}-01",
        "month_to": this_month,
        "rows": "COUNTY",
        "columns": "MONTH",
        "measure": "AMOUNT",
    }
    return {name: visit.query(name) or value for name, value in usual.items()}


def _query(asked: dict[str, str]) -> pb.FlowQuery:
    return pb.FlowQuery(
        month_from=asked["month_from"],
        month_to=asked["month_to"],
        rows=enum_number(pb.Dimension.DESCRIPTOR, asked["rows"]),
        columns=enum_number(pb.Dimension.DESCRIPTOR, asked["columns"]),
        measure=enum_number(pb.Measure.DESCRIPTOR, asked["measure"]),
    )
