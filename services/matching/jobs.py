"""What matching does from time to time."""

from collections.abc import Sequence
from functools import partial
from threading import Event

from libs.chassis.database import Database
from libs.chassis.service import Job
from services.matching.desk import Desk
from services.matching.operations.decisions import forget_features
from services.matching.operations.rounds.closing import close_due


def jobs(database: Database, desk: Desk, market_known: Event) -> Sequence[Job]:
    """`market_known`: what was on the market when this process started is in its memory."""

    def close_rounds() -> int:
        return close_due(database, desk.catalogue, desk.book()) if market_known.is_set() else 0

    def keep_market() -> bool:
        return market_known.is_set() and desk.keep_market()

    return (
        Job("features that no application will follow", 3_600.0, partial(database.transact, forget_features)),
        Job("rounds whose last day is over", 60.0, close_rounds),
        Job("the market by its name", 5.0, keep_market),
    )
