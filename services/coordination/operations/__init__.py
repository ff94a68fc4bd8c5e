"""What coordination can do: one function per use case."""

from services.coordination.operations.cases import close_case, list_cases
from services.coordination.operations.desk import Desk
from services.coordination.operations.outcomes import (
    follow_application,
    record_match,
    record_opening,
    record_withdrawal,
)
from services.coordination.operations.requests import (
    MATCH,
    OPEN_APPLICATION,
    WITHDRAW_APPLICATION,
    ask,
    get_request,
    list_requests,
    preview_referral,
    refer,
    withdraw_request,
)

__all__ = [
    "MATCH",
    "OPEN_APPLICATION",
    "WITHDRAW_APPLICATION",
    "Desk",
    "ask",
    "close_case",
    "follow_application",
    "get_request",
    "list_cases",
    "list_requests",
    "preview_referral",
    "record_match",
    "record_opening",
    "record_withdrawal",
    "refer",
    "withdraw_request",
]
