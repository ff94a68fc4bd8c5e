"""What oversight does from time to time."""

from collections.abc import Sequence

from libs.chassis.database import Database
from libs.chassis.service import Job
from libs.policy import PolicySet
from services.oversight import operations


def jobs(database: Database, policies: PolicySet) -> Sequence[Job]:
    return (Job("release ripe batches", 2.0, lambda: operations.release_ripe(database, policies)),)
