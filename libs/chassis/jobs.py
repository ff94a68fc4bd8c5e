"""Runs a service's jobs: each at its interval, one replica at a time, a failure never the end."""

import logging
import threading
import time
from collections.abc import Sequence

from libs.chassis import telemetry
from libs.chassis.database import Database, leading
from libs.chassis.service import Job

log = logging.getLogger(__name__)


class Scheduler:
    """A thread per job. A job that `wakes` also runs right after a commit, for what was just decided."""

    def __init__(self, service: str, database: Database, jobs: Sequence[Job]) -> None:
        self._service = service
        self._database = database
        self._stopping = threading.Event()
        self._wakes = {job.name: threading.Event() for job in jobs}
        self._threads = [
            threading.Thread(target=self._repeat, args=(job,), name=f"{service}: {job.name}", daemon=True)
            for job in jobs
        ]
        for job in jobs:
            if job.wakes:
                database.on_commit.append(self._wakes[job.name].set)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def ask_to_stop(self) -> None:
        self._stopping.set()
        for wake in self._wakes.values():
            wake.set()

    def stop(self, timeout: float) -> None:
        """End all within `timeout` seconds; a job that takes longer is left to the end of the process."""
        self.ask_to_stop()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _repeat(self, job: Job) -> None:
        wake = self._wakes[job.name]
        while not self._stopping.is_set():
            self._run(job)
            wake.wait(job.every)
            wake.clear()

    def _run(self, job: Job) -> None:
        try:
            with leading(self._database, f"job {self._service} {job.name}") as mine:
                if mine:
                    job.run()
        except Exception:  # whatever it was, the job is wanted again
            telemetry.job_failures.labels(self._service, job.name).inc()
            log.exception("job %s of %s failed; it runs again in %s s", job.name, self._service, job.every)
