"""What oversight can do: one function per use case."""

from services.oversight.operations.answers import get_flows
from services.oversight.operations.facts import (
    count_application,
    count_loan,
    count_recommendation,
    count_repayment,
    follow_guarantee,
    move_first_loan,
)
from services.oversight.operations.release import release_ripe

__all__ = [
    "count_application",
    "count_loan",
    "count_recommendation",
    "count_repayment",
    "follow_guarantee",
    "get_flows",
    "move_first_loan",
    "release_ripe",
]
