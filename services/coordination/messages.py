"""Domain values as protobuf facts."""

from datetime import date

from libs.chassis import wire
from rongqiao.coordination.v1 import events_pb2 as events
from services.coordination.domain.case import Refusal
from services.coordination.domain.request import FinancingRequest


def request_changed(
    request: FinancingRequest, county: str, refusal: Refusal | None, on: date
) -> events.RequestChanged:
    """Without dimensions until matching told them: coordination itself knows nothing of the firm.

    A refused need says why and in which county, so that a service centre can act on the fact alone.
    """
    return wire.from_plain(
        events.RequestChanged,
        {
            "request_id": request.id,
            "status": request.status.value,
            "amount_fen": request.amount_fen,
            "term_months": request.term_months,
            "business_date": on.isoformat(),
            "dimensions": request.match["dimensions"] if request.match else None,
            "county": county,
            "cause": refusal.cause if refusal else None,
            "reason_codes": refusal.reason_codes if refusal else (),
        },
    )
