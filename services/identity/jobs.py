"""What identity does from time to time."""

from collections.abc import Sequence

from libs.chassis.database import Database
from libs.chassis.service import Job
from services.identity import operations

_HOUR = 3600.0


def jobs(database: Database) -> Sequence[Job]:
    return (Job("old tries to sign in", _HOUR, lambda: database.transact(operations.forget_old_tries)),)
