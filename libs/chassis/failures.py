"""Whatever an operation raises, as the one problem that both doors tell."""

import logging

from sqlalchemy.exc import DataError, IntegrityError

from libs.chassis.problems import Conflict, Invalid, Problem, Unavailable, from_violation
from libs.criteria.violation import Violation
from libs.eventing.outage import is_outage

log = logging.getLogger(__name__)


def problem_of(error: Exception) -> Problem:
    """The problem to tell; what is not the caller's doing is logged, and told without its inside."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Violation):
        return from_violation(error)
    if isinstance(error, IntegrityError):
        log.warning("two at once, or a rule that only the database knew: %s", error)
        return Conflict("It collides with what is there already.", mend="Read it again, then decide again.")
    if isinstance(error, DataError | OverflowError):  # SQLite's driver has only the second to say it with
        log.warning("a value that the database does not take: %s", error)
        return Invalid("A value is too long or too large.", mend="See the fields in the API description.")
    return _not_the_callers_doing(error)


def _not_the_callers_doing(error: Exception) -> Problem:
    if is_outage(error):
        log.error("the database does not answer", exc_info=error)
        return Unavailable("The database does not answer.", mend="Try again; nothing was changed.")
    log.error("unexpected failure", exc_info=error)
    return Problem("An unexpected failure; it has been logged.", mend="Try again, or tell the operator.")
