"""Works off what was asked of the whole population, one question after the other, each in a process of its own.

That process gets no secret and no database: firms go to it through a pipe, with record keys made here, and what comes
back has been through disclosure.
"""

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import IO, Any

import sqlalchemy as sa

from libs.chassis.database import Database
from libs.chassis.service import Job
from libs.chassis.vault import vault
from libs.policy import PolicySet
from services.matching.desk import Desk
from services.matching.index.engine import CACHE_VARIABLE
from services.matching.store import studies
from services.matching.study_order import Batch, StudyOrder

log = logging.getLogger(__name__)

_COMMAND = (sys.executable, "-m", "services.matching.study_process")
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", CACHE_VARIABLE)
_BROKEN = "The computing broke off; the operator finds why in the log."


# Of an order, the firms and whom to tell of progress: the last line that is said (`study_process`).
Compute = Callable[[StudyOrder, Iterator[Batch], Callable[[int], None]], str]


class Studying:
    """`compute` is a process of its own, but where a test looks at the answer and not at the process."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        policies: PolicySet,
        market_known: Event,
        compute: Compute | None = None,
    ) -> None:
        self._database, self._desk = database, desk
        self._policies, self._market_known = policies, market_known
        self._compute = compute or apart

    def jobs(self) -> Sequence[Job]:
        return (Job("experiments and reaches", 10.0, self.run_next, wakes=True),)

    def run_next(self) -> bool:
        """Answer the longest waiting question; whether there was one."""
        if not self._market_known.is_set():
            return False
        row = self._database.transact(studies.begin_next)
        if row is None:
            return False
        said = self._compute(
            self._order(row), self._firms(), lambda progress: self._progressed(row.id, progress)
        )
        kind, _, told = said.partition(" ")
        if kind == "result":
            self._database.transact(lambda tx: studies.finish(tx, row.id, told))
        else:
            self._database.transact(lambda tx: studies.fail(tx, row.id, told or _BROKEN))
        return True

    def _order(self, row: sa.Row[Any]) -> StudyOrder:
        catalogue = self._desk.catalogue
        with catalogue.reading():
            return StudyOrder(
                kind=row.kind,
                question=row.question,
                organisation=row.organisation,
                territory=row.territory,
                policies=self._policies,
                rules=self._desk.book().rules,
                products=catalogue.index.products(),
                programmes=tuple(catalogue.programmes.values()),
                headrooms=tuple(catalogue.headrooms.values()),
            )

    def _progressed(self, study_id: str, progress: int) -> None:
        self._database.transact(lambda tx: studies.progressed(tx, study_id, progress))

    def _firms(self) -> Iterator[Batch]:
        """A read of its own for each batch: nobody waits behind a long one."""
        after, held = "", vault()
        while True:
            with self._database.read() as tx:
                rows = studies.profile_texts(tx, after)
            if not rows:
                return
            yield [(text, held.record_key(party)) for party, text in rows]
            after = rows[-1][0]


def apart(order: StudyOrder, firms: Iterator[Batch], tell: Callable[[int], None]) -> str:
    """The last line that the process says; empty where it broke off."""
    known = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    pipe = subprocess.PIPE
    with subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=known) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        try:
            _feed(process.stdin, order, firms)
            last = _listen(process.stdout, tell)
            if process.wait() != 0:
                log.error("a study broke off: %s", process.stderr.read().decode(errors="replace")[-2_000:])
                return ""
            return last
        finally:
            process.kill()


def _feed(to: IO[bytes], order: StudyOrder, firms: Iterator[Batch]) -> None:
    """The order and all firms; a process that refused the order hears no more."""
    try:
        with to:
            pickle.dump(order, to)
            for batch in firms:
                pickle.dump(batch, to)
            pickle.dump(None, to)
    except BrokenPipeError:
        log.info("the process of a study ended before it had heard all")


def _listen(lines: IO[bytes], tell: Callable[[int], None]) -> str:
    last = ""
    for line in lines:
        last = line.decode().rstrip("\n")
        kind, _, told = last.partition(" ")
        if kind == "progress":
            tell(int(told))
    return "" if last.startswith("progress") else last
