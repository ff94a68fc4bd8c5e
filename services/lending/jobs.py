"""What lending does from time to time."""

from collections.abc import Sequence

from libs.chassis.database import Database
from libs.chassis.intents import Runner, Runners, run_due
from libs.chassis.service import Job
from services.lending import operations
from services.lending.clients import GuaranteeClient


def runners(client: GuaranteeClient) -> Runners:
    return {
        operations.RESERVE: Runner(client.reserve, operations.record_reservation),
        operations.RELEASE: Runner(client.release, operations.record_release),
    }


def jobs(database: Database, kinds: Runners) -> Sequence[Job]:
    return (Job("unfinished intents", 0.5, lambda: run_due(database, kinds), wakes=True),)
