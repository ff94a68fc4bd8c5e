"""What coordination does from time to time."""

from collections.abc import Sequence

from libs.chassis.database import Database
from libs.chassis.intents import Runner, Runners, run_due
from libs.chassis.service import Job
from services.coordination import operations
from services.coordination.clients import LendingClient, MatchingClient


def runners(matching: MatchingClient, lending: LendingClient) -> Runners:
    return {
        operations.MATCH: Runner(matching.match, operations.record_match),
        operations.OPEN_APPLICATION: Runner(lending.open_application, operations.record_opening),
        operations.WITHDRAW_APPLICATION: Runner(lending.withdraw_application, operations.record_withdrawal),
    }


def jobs(database: Database, kinds: Runners) -> Sequence[Job]:
    """Not woken by commits: the door tries at once what it decided, and two tries of one call are one too many."""
    return (Job("unfinished intents", 0.5, lambda: run_due(database, kinds)),)
