"""Outages: the failures of infrastructure, where waiting and trying again is right and parking a message is wrong."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLITE_ERROR: wrong SQL or a missing table, which sqlite3 also calls an OperationalError.
_SQLITE_MISTAKE = 1


class Outage(Exception):
    """A database or the log cannot be reached, or not now. Nothing was decided; try again later."""


def is_outage(error: BaseException) -> bool:
    """Whether SQLAlchemy reports the database away, locked, full or too busy, and not a mistake in a statement."""
    if isinstance(error, PoolTimeout):  # no connection of the pool came free
        return True
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlite_errorcode", None) == _SQLITE_MISTAKE:
        return False
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


@contextmanager
def database_outages() -> Generator[None]:
    """Let a database that is away be told as Outage; every other error passes as it is."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if not is_outage(error):
            raise
        raise Outage(f"database: {error}") from error
