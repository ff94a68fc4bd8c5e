"""One row of many: kept or not by itself."""

from collections.abc import Callable
from typing import TypeVar

from libs.chassis.database import WriteTx
from libs.chassis.problems import Problem
from libs.criteria.violation import Violation

T = TypeVar("T")


def attempted(tx: WriteTx, work: Callable[[], T], *, keep: bool = True) -> T | Problem | Violation:
    """What the work came to, or what stands against it; then, and where `keep` is not wanted, nothing of it is kept."""
    savepoint = tx.connection.begin_nested()
    try:
        found = work()
    except (Problem, Violation) as refused:
        savepoint.rollback()
        return refused
    if keep:
        savepoint.commit()
    else:
        savepoint.rollback()
    return found
