"""The guarantee service on a clock that is moved by hand."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any, TypeVar

from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role

T = TypeVar("T")


class House:
    """The service on a clock that is moved by hand: how often each operation ran, and how long all of them took."""

    def __init__(self, database: Database, clock: SettableClock) -> None:
        self.database, self.clock = database, clock
        self.ran: Counter[str] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._due: defaultdict[date, list[Callable[[], None]]] = defaultdict(list)

    @property
    def today(self) -> date:
        return self.clock.instant.date()

    def write(self, operation: Callable[..., T], *given: Any) -> T:
        """An operation in a transaction of its own, as at a door."""
        name = f"{operation.__module__.rpartition('.')[2]}.{operation.__name__}"
        return self.timed(name, lambda: self.database.transact(lambda tx: operation(tx, *given)))

    def read(self, query: Callable[..., T], *given: Any) -> T:
        with self.database.read() as tx:
            return query(tx, *given)

    def timed(self, name: str, work: Callable[[], T]) -> T:
        began = perf_counter()
        try:
            return work()
        finally:
            self.ran[name] += 1
            self.seconds[name] += perf_counter() - began

    def at(self, day: date, work: Callable[..., None], *given: Any) -> None:
        self._due[day].append(lambda: work(*given))

    def live(self, day: date) -> None:
        """All that is to be done on a day, in the order in which it was put there; each piece a second later."""
        self.clock.instant = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        for work in self._due[day]:
            self.clock.instant += timedelta(milliseconds=100)
            work()
        del self._due[day]


def manager(organisation: str, role: Role = Role.GUARANTOR_MANAGER) -> Principal:
    return Principal(f"acc_{organisation}", role, organisation)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as a bank or a tier sends it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
