"""Many requests in one gRPC stream: read ahead as far as the rules let, an outcome for each row, in their order.

A thread of the stream's own reads, computes and hands over to the group writer, so that the answers of many rows are
committed together; the caller's thread sends what is committed. Whoever sends faster than that is held back by the
connection, as nothing is read while `outstanding` rows are under way.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import grpc

from libs.chassis.problems import Problem, TooMany
from services.matching.domain.many import StreamRules

T = TypeVar("T")
R = TypeVar("R")

_MEND = "Open another stream under the same idempotency key and go on behind the last row that was answered."


class Stream(Generic[T, R]):
    """`ask` starts the work on a row; whatever it raises becomes that row's outcome."""

    def __init__(self, rules: StreamRules, ask: Callable[[T], Future[R]]) -> None:
        self._rules = rules
        self._ask = ask
        self._ends_at = time.monotonic() + rules.seconds
        self._room = threading.Semaphore(rules.outstanding)
        self._over = threading.Event()
        self._under_way: SimpleQueue[tuple[T, Future[R]] | Problem | None] = SimpleQueue()

    def outcomes(self, rows: Iterator[T]) -> Iterator[tuple[T, Future[R]]]:
        """Each row with what became of it, for which may have to be waited. TooMany beyond the rules."""
        threading.Thread(target=self._read, args=(rows,), name="stream of requests", daemon=True).start()
        try:
            while (found := self._next()) is not None:
                yield found
                self._room.release()
        finally:
            self.end()

    def end(self) -> None:
        """Nobody listens any more: nothing further is read."""
        self._over.set()
        self._room.release()
        self._under_way.put(None)

    def _next(self) -> tuple[T, Future[R]] | None:
        try:
            found = self._under_way.get(timeout=max(0.0, self._ends_at - time.monotonic()))
        except Empty:
            raise TooMany(f"A stream lasts {self._rules.seconds} s at most.", mend=_MEND) from None
        if isinstance(found, Problem):
            raise found
        return found

    def _read(self, rows: Iterator[T]) -> None:
        end = None
        with suppress(grpc.RpcError):  # the caller hung up
            if all(self._read_one(rows) for _ in range(self._rules.rows)):
                end = TooMany(f"A stream has {self._rules.rows} rows at most.", mend=_MEND)
        self._under_way.put(end)

    def _read_one(self, rows: Iterator[T]) -> bool:
        """False where there is no further row, or nobody to answer it to."""
        self._room.acquire()
        row = None if self._over.is_set() else next(rows, None)
        if row is None:
            return False
        self._under_way.put((row, self._started(row)))
        return True

    def _started(self, row: T) -> Future[R]:
        try:
            return self._ask(row)
        except Exception as error:  # noqa: BLE001 whatever it is, it is this row's
            refused: Future[R] = Future()
            refused.set_exception(error)
            return refused


class Seats:
    """How many streams a process serves at one time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    def take(self, most: int) -> None:
        with self._lock:
            if self._taken >= most:
                raise TooMany(f"{most} streams are served already.", mend="Wait for the end of one.")
            self._taken += 1

    def leave(self) -> None:
        with self._lock:
            self._taken -= 1
