"""Domain values as protobuf facts."""

from datetime import date

from libs.chassis import wire
from rongqiao.coordination.v1 import events_pb2 as events
from services.coordination.domain.request import FinancingRequest


def request_changed(request: FinancingRequest, on: date) -> events.RequestChanged:
    """Without dimensions until matching told them: coordination itself knows nothing of the firm."""
    return wire.from_plain(
        events.RequestChanged,
        {
            "request_id": request.id,
            "status": request.status.value,
            "amount_fen": request.amount_fen,
            "term_months": request.term_months,
            "business_date": on.isoformat(),
            "dimensions": request.match["dimensions"] if request.match else None,
        },
    )
