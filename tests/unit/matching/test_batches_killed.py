"""A process that works off a batch is killed: the next one goes on where it stopped, and no row is answered twice."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from signal import SIGKILL
from threading import Event

import sqlalchemy as sa

from libs.chassis import vault
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.chassis.principal import Role
from libs.chassis.settings import Keys
from services.matching.batching import Batcher
from services.matching.desk import Desk
from services.matching.store import metadata
from services.matching.store.batches import batch_rows
from services.matching.store.tables import matches
from tests.support.services import KEYS, emitted, opened
from tests.unit.matching.house import House
from tests.unit.matching.rules import ruled
from tests.unit.matching.test_batches import HEAD, Works, line, look, sent
from tests.unit.matching.world import FIRST_LOAN, GUARANTEED, POLICIES, catalogue

ROWS, KILLS = 150, 3


def work_off(database: Database, pause: float = 0.0) -> None:
    known = Event()
    known.set()
    desk = Desk(database, catalogue(FIRST_LOAN, GUARANTEED), POLICIES, new_id, looks=1)
    batcher = Batcher(database, desk, known)
    while batcher.round():
        time.sleep(pause)
    desk.close()


def process(url: str, keys: str) -> None:
    vault.configure(Keys.model_validate_json(keys).vault())
    with opened(url, metadata) as database:
        ruled_four(database)
        work_off(database, pause=0.2)  # a busy machine has time to kill it before all is done


def ruled_four(database: Database) -> None:
    ruled(House(database, None), "matching.batch", at_once=4)  # type: ignore[arg-type]


def done(works: Works) -> int:
    with works.house.database.read() as tx:
        ended = batch_rows.c.state != "WAITING"
        return int(tx.scalar(sa.select(sa.func.count()).select_from(batch_rows).where(ended)))


def killed_in_between(works: Works, url: str) -> int:
    """How many rows were worked off when the process that worked on them was killed."""
    begun = done(works)
    worker = multiprocessing.get_context("spawn").Process(target=process, args=(url, KEYS.model_dump_json()))
    worker.start()
    while worker.is_alive() and done(works) < begun + 10:
        time.sleep(0.005)
    worker.kill()
    worker.join()
    assert worker.exitcode == -SIGKILL  # it did not end by itself
    return done(works)


def test_each_row_is_answered_once_however_often_the_worker_is_killed(
    house: House, database_url: str
) -> None:
    works = Works(house, Batcher(house.database, house.desk, Event()))
    centre = house.client(Role.SERVICE_CENTRE, "org_centre")
    batch = sent(centre, [HEAD, *(line(f"r{number}") for number in range(ROWS))])

    stops = [killed_in_between(works, database_url) for _ in range(KILLS)]
    assert stops == sorted(stops) and stops[0] > 0 and stops[-1] < ROWS
    work_off(house.database)

    assert look(centre, batch) == ("DONE", 0, ROWS, 0, 0)
    with house.database.read() as tx:
        kept = {row.id for row in tx.rows(sa.select(matches.c.id))}
    found: list[str] = []
    cursor = None
    while True:
        page = centre.get(
            f"/v1/match-batches/{batch}/rows", limit=200, **({"cursor": cursor} if cursor else {})
        ).json()
        found += [row["answer"]["match_id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == ROWS
    assert set(found) == kept == {event.subject for event in emitted(house.database)}


def test_two_that_work_on_one_batch_at_a_time_answer_each_row_once(house: House) -> None:
    centre = house.client(Role.SERVICE_CENTRE, "org_centre")
    batch = sent(centre, [HEAD, *(line(f"r{number}") for number in range(60))])
    with ThreadPoolExecutor(3) as workers:
        for worker in [workers.submit(work_off, house.database) for _ in range(3)]:
            worker.result()
    assert look(centre, batch) == ("DONE", 0, 60, 0, 0)
    with house.database.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(matches)) == 60
