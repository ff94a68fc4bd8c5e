"""The long random fault run: `python -m tests.faults.eventing.run --seconds N --seed S`.

Two speakers commit facts and states; two relays publish them; two readers handle them, in three databases' worth of
real engines that are killed, frozen and cut off at random. When it calms down, every committed event must have had
its effect, once, in the order of its subject. Exits 1 when it has not.
"""

import argparse
import itertools
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from libs.eventing import parking
from libs.eventing.outage import Outage
from libs.eventing.outbox import backlog
from libs.eventing.reader import Reader
from libs.eventing.state_reader import StateReader
from libs.eventing.tables import outbox_sequences
from tests.faults.eventing.harm import FAULTS
from tests.faults.eventing.scene import FACT, GROUP, HANDLERS, STATE, effects, poisons
from tests.faults.eventing.stage import Stage, set_stage
from tests.support import patience

CALM_SECONDS = patience.SECONDS  # what is still missing when nothing has moved for so long is lost
_REST = 0.3, 2.0  # seconds between two faults


@dataclass
class Report:
    seed: int
    seconds: float
    spoken: int
    lost: int
    doubled: int
    out_of_order: int
    died: list[str]
    faults: Counter[str] = field(default_factory=Counter[str])

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.out_of_order or self.died)

    def __str__(self) -> str:
        faults = "".join(f"\n  {count:4d}  {name}" for name, count in sorted(self.faults.items()))
        verdict = f"lost {self.lost}, doubled {self.doubled}, out of order {self.out_of_order}"
        died = f", died by themselves: {', '.join(self.died)}" if self.died else ""
        return (
            f"{self.faults.total()} faults in {self.seconds:.0f} s (seed {self.seed}):{faults}\n"
            f"{self.spoken} events committed: {verdict}{died}"
        )


def run(seconds: float, seed: int, least: int = 0) -> Report:
    """Hurt a fresh stage for so long and at least so often, let it calm down, and count what is missing, double or
    out of order."""
    folder = Path(tempfile.mkdtemp(prefix="rongqiao-faults-"))
    folder.chmod(0o755)  # PostgreSQL runs under an account of its own
    with set_stage(folder) as stage:
        began = time.monotonic()
        faults, died = _hurt(stage, Random(seed), seconds, least)
        died += _calm_down(stage)
        report = _count(stage, seed, time.monotonic() - began, died)
    report.faults = faults
    if report.good:
        shutil.rmtree(folder)
    else:
        print(f"the logs are in {folder}", file=sys.stderr)
    return report


def _hurt(stage: Stage, chance: Random, seconds: float, least: int) -> tuple[Counter[str], list[str]]:
    """Every kind of fault once, in any order, then at random; as far as the time goes."""
    names, weights = list(FAULTS), [weight for _, weight in FAULTS.values()]
    row = chance.sample(names, len(names))
    done, died, deadline = Counter[str](), list[str](), time.monotonic() + seconds
    while time.monotonic() < deadline or done.total() < least:
        time.sleep(chance.uniform(*_REST))
        name = row.pop() if row else chance.choices(names, weights)[0]
        fault, _ = FAULTS[name]
        fault(stage, chance)
        done[name] += 1
        for dead in stage.died():
            died.append(dead)
            stage.kill(dead)
            stage.start(dead)
    return done, died


def _calm_down(stage: Stage) -> list[str]:
    """Nobody speaks any more, the poison is cured, what is parked runs again; until all is done or nothing moves."""
    for name in ("speaker_1", "speaker_2"):
        stage.stop(name)
    left, moved = (0, 0, 0), time.monotonic()
    while time.monotonic() - moved < CALM_SECONDS:
        time.sleep(0.5)
        try:
            before, left = left, _left(stage)
        except (DBAPIError, Outage):
            continue
        if not any(left):
            break
        if left != before:
            moved = time.monotonic()
    died = stage.died()
    return [name for name in list(stage.children) if stage.stop(name) != 0 or name in died]


def _left(stage: Stage) -> tuple[int, int, int]:
    """What is not published, not read, and parked, after another attempt at what is parked."""
    with stage.listener.write() as tx:
        tx.execute(sa.delete(poisons))
    for one in parking.parked(stage.listener):
        parking.replay(stage.listener, HANDLERS, one.topic, one.subject)
    with stage.speaker.read() as tx:
        unpublished = backlog(tx).unpublished
    unread = Reader(stage.listener, stage.transport, GROUP, HANDLERS).lag()
    return unpublished, unread, parking.backlog(stage.listener).parked


def _count(stage: Stage, seed: int, seconds: float, died: list[str]) -> Report:
    """Facts: each sequence once, in order. States: never backwards, and at the end the newest, in the log as well."""
    last, seen = _spoken(stage), _effects(stage)
    shown = _last_states(stage)
    report = Report(seed, seconds, sum(last.values()), 0, 0, 0, died)
    for (topic, subject), sequence in last.items():
        came = seen.get((topic, subject), [])
        wanted = set(range(1, sequence + 1)) if topic == FACT.name else {sequence}
        report.lost += len(wanted - set(came)) + (topic == STATE.name and shown.get(subject) != sequence)
        report.doubled += len(came) - len(set(came))
        report.out_of_order += sum(later < earlier for earlier, later in itertools.pairwise(came))
    return report


def _spoken(stage: Stage) -> dict[tuple[str, str], int]:
    with stage.speaker.read() as tx:
        return {(row.topic, row.subject): row.last for row in tx.rows(sa.select(outbox_sequences))}


def _effects(stage: Stage) -> dict[tuple[str, str], list[int]]:
    seen: dict[tuple[str, str], list[int]] = {}
    with stage.listener.read() as tx:
        for row in tx.rows(sa.select(effects).order_by(effects.c.place)):
            seen.setdefault((row.topic, row.subject), []).append(row.sequence)
    return seen


def _last_states(stage: Stage) -> dict[str, int]:
    """What a replica that starts now finds in the log."""
    shown: dict[str, int] = {}
    StateReader(
        stage.transport, {STATE: lambda event: shown.update({event.subject: event.sequence})}
    ).catch_up()
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    arguments = parser.parse_args()
    report = run(arguments.seconds, arguments.seed)
    print(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
