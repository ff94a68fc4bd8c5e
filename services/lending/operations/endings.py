"""The ends of an application that was never paid out, and what it gives back then."""

from libs.chassis.database import WriteTx
from libs.criteria.violation import Violation
from services.lending.domain import life
from services.lending.domain.application import Application, ApplicationStatus
from services.lending.domain.cover import holds_guarantee
from services.lending.operations import covers, pledges, telling
from services.lending.store import applications as application_store
from services.lending.store import quotas


def keep(tx: WriteTx, ended: Application) -> Application:
    """Store and tell the end of an application, and give back what was held for it."""
    telling.keep(tx, ended)
    if holds_guarantee(ended):
        covers.release(tx, ended)
    pledges.release_all(tx, ended.id, ended.status)
    quotas.give_back(tx, ended.id)
    return ended


def close_others(tx: WriteTx, drawn: Application) -> None:
    """A drawdown of one bank closes what the firm asked of others in the same request.

    Violation when another bank was faster. To be called with the request's applications locked (`lock_request`).
    """
    for other in application_store.of_request(tx, drawn.request_id):
        if other.id != drawn.id and other.status is ApplicationStatus.DISBURSED:
            raise Violation(
                "request_id",
                "Another bank has paid out for this request.",
                "A further loan needs a request of its own.",
            )
        if other.status in life.UNDRAWN:
            keep(tx, life.closed(other, tx.now))
