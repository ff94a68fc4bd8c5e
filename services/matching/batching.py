"""Works off batches beside the requests of people, who never wait for them.

Each batch in turn gets a few rows: read in one transaction, computed outside of any, kept in another. Between two rows
everybody else may go first; while people ask, batches work half of the time.
"""

import threading
import time
from collections.abc import Sequence
from functools import partial

from libs.chassis.database import Database
from libs.chassis.failures import problem_of
from libs.chassis.service import Job
from services.matching.desk import Desk
from services.matching.operations.batches import work
from services.matching.operations.batches.work import Turn, Worked
from services.matching.refusals import problem_row
from services.matching.store import batches

_RUN_SECONDS = 0.8  # then the scheduler is asked whether to go on
_IDLE_SECONDS = 1.0  # between two looks for batches where there were none
_PEOPLE_SECONDS = 0.05  # after a request of a person more of them are to be expected


class Batcher:
    """Nothing is computed before `ready`: from a part of the market an answer would be wrong for good."""

    def __init__(self, database: Database, desk: Desk, ready: threading.Event) -> None:
        self._database = database
        self._desk = desk
        self._ready = ready
        self._look_again = 0.0

    def jobs(self) -> Sequence[Job]:
        return (
            Job("batches", 0.1, self.work),
            Job("batches without an end", 60.0, self.end_unfinished),
            Job("batches kept long enough", 3_600.0, self.forget),
        )

    def work(self) -> None:
        """Work for a while, as long as there is anything to work on."""
        until = time.monotonic() + _RUN_SECONDS
        while self._ready.is_set() and self._look_again < time.monotonic() < until:
            if not self.round():
                self._look_again = time.monotonic() + _IDLE_SECONDS

    def round(self) -> int:
        """A few rows of each batch; returns of how many."""
        with self._database.read() as tx:
            found = batches.running(tx)
        for batch_id in found:
            self._step(batch_id)
        return len(found)

    def end_unfinished(self) -> int:
        return self._database.transact(work.end_unfinished)

    def forget(self) -> int:
        with self._database.read() as tx:
            found = work.forgettable(tx)
        for batch_id in found:
            while not self._database.transact(partial(work.forget, batch_id=batch_id)):
                pass
        return len(found)

    def _step(self, batch_id: str) -> None:
        began = time.monotonic()
        with self._database.read() as tx:
            turns = work.next_rows(tx, batch_id)
        worked = [self._worked(turn) for turn in turns]
        self._database.transact(lambda tx: work.settle(tx, batch_id, worked))
        if time.monotonic() - self._desk.last_asked < _PEOPLE_SECONDS:
            time.sleep(time.monotonic() - began)

    def _worked(self, turn: Turn) -> Worked:
        time.sleep(0)  # whoever waits for the interpreter goes first
        if turn.firm is None:
            return Worked(turn)
        try:
            return Worked(turn, self._desk.compute(turn.firm, turn.asked.request))
        except Exception as error:  # noqa: BLE001 whatever it is, it is this row's: the others go on
            return Worked(turn, problem=problem_row(problem_of(error)))
