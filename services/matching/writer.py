"""Group commit: what many requests want to keep goes into the database in one transaction."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from sqlalchemy.exc import IntegrityError

from libs.chassis.database import Database, WriteTx
from libs.chassis.problems import Problem

T = TypeVar("T")
R = TypeVar("R")

MOST_AT_ONCE = 256


class GroupWriter(Generic[T, R]):
    """One thread that writes. A future is done once what it stands for is committed, or is refused with its error.

    `write` has an outcome for each item, in their order; an item that it refuses is a Problem there, and nothing of it
    was written.
    """

    def __init__(
        self, database: Database, write: Callable[[WriteTx, Sequence[T]], Sequence[R | Problem]]
    ) -> None:
        self._database = database
        self._write = write
        self._waiting: SimpleQueue[tuple[T, Future[R]]] = SimpleQueue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group-writer")

    def put(self, item: T) -> Future[R]:
        future: Future[R] = Future()
        self._waiting.put((item, future))
        self._thread.submit(self._drain)
        return future

    def close(self) -> None:
        """Commit what is waiting, and end."""
        self._thread.shutdown()

    def _drain(self) -> None:
        group = self._next()
        if not group:
            return
        try:
            outcomes = self._together([item for item, _ in group])
        except IntegrityError:  # another process took a key between our look and our commit
            outcomes = [self._alone(item) for item, _ in group]
        except Exception as error:  # noqa: BLE001 whatever it is, it belongs to those who wait
            outcomes = [error] * len(group)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            _settle(future, outcome)

    def _next(self) -> Sequence[tuple[T, Future[R]]]:
        group: list[tuple[T, Future[R]]] = []
        try:
            while len(group) < MOST_AT_ONCE:
                group.append(self._waiting.get_nowait())
        except Empty:
            pass
        return group

    def _together(self, items: Sequence[T]) -> Sequence[R | Exception]:
        return self._database.transact(lambda tx: self._write(tx, items))

    def _alone(self, item: T) -> R | Exception:
        """By itself, and once more where another process was faster: the second look finds what that one wrote."""
        try:
            return self._together([item])[0]
        except IntegrityError:
            return self._together([item])[0]


def _settle(future: Future[R], outcome: R | Exception) -> None:
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
