"""The pull feed: every notice once, in order, and none appears behind a reader's back."""

import threading
from collections.abc import Iterator

import pytest

from libs.chassis.database import Database, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, Problem
from libs.criteria.violation import Violation
from services.lending.operations import feed
from services.lending.store import metadata
from tests.support import patience
from tests.support.services import opened
from tests.unit.lending.desk import BANK, MANAGER, OTHER_BANK, OWNER, THEIR_MANAGER, Desk


def noted(desk: Desk, subject: str, bank: str = BANK, kind: str = "application.submitted") -> None:
    desk.database.transact(lambda tx: feed.note(tx, bank, kind, subject, {"status": "SUBMITTED"}))


def subjects(desk: Desk, after: int = 0, by: Principal = MANAGER, limit: int = 0) -> list[str]:
    return [notice.subject for notice in desk.ask(feed.read_feed, by, after, limit).items]


def test_a_notice_can_be_read_once_it_is_numbered_and_the_feed_says_when_there_is_no_more(desk: Desk) -> None:
    for subject in ("app_1", "app_2", "app_3"):
        noted(desk, subject)
    assert desk.ask(feed.read_feed, MANAGER).items == ()
    feed.number_notices(desk.database)
    first = desk.ask(feed.read_feed, MANAGER, 0, 2)
    assert [notice.position for notice in first.items] == [1, 2]
    assert (first.next, first.caught_up) == (2, False)
    rest = desk.ask(feed.read_feed, MANAGER, first.next, 2)
    assert [notice.subject for notice in rest.items] == ["app_3"]
    assert (rest.next, rest.caught_up) == (3, True)
    assert desk.ask(feed.read_feed, MANAGER, 3).next == 3


def test_each_bank_has_its_own_feed_with_its_own_numbers(desk: Desk) -> None:
    noted(desk, "app_ours")
    noted(desk, "app_theirs", OTHER_BANK)
    feed.number_notices(desk.database)
    assert subjects(desk) == ["app_ours"]
    assert subjects(desk, by=THEIR_MANAGER) == ["app_theirs"]
    assert desk.ask(feed.read_feed, THEIR_MANAGER).items[0].position == 1


def test_a_firm_has_no_feed(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.ask(feed.read_feed, OWNER)


def test_a_page_that_cannot_be_given_is_refused(desk: Desk) -> None:
    with pytest.raises(Problem) as refused:
        desk.ask(feed.read_feed, MANAGER, 0, 1_000)
    assert refused.value.field == "limit"


def test_a_position_beyond_the_last_is_refused_with_the_last(desk: Desk) -> None:
    assert desk.ask(feed.read_feed, MANAGER).next == 0
    noted(desk, "app_1")
    feed.number_notices(desk.database)

    assert desk.ask(feed.read_feed, MANAGER, 1).next == 1
    with pytest.raises(Violation, match="ends at position 1, before 2") as refused:
        desk.ask(feed.read_feed, MANAGER, 2)

    assert (refused.value.field, refused.value.mend) == ("after", "Ask after 1.")


def test_a_position_of_a_feed_that_is_empty_is_refused(desk: Desk) -> None:
    noted(desk, "app_ours")
    feed.number_notices(desk.database)

    with pytest.raises(Violation, match="ends at position 0, before 1"):
        desk.ask(feed.read_feed, THEIR_MANAGER, 1)


def test_a_notice_of_no_type_is_refused(desk: Desk) -> None:
    with pytest.raises(Violation):
        noted(desk, "app_1", kind="Approved!")


@pytest.fixture
def replicas(postgres_url: str) -> Iterator[Database]:
    with opened(postgres_url, metadata) as database:
        yield database


def test_a_reader_with_a_cursor_never_misses_what_was_committed_late(replicas: Database) -> None:
    """The first to write commits last: a feed by insertion would have shown the second and hidden the first."""
    written, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        def work(tx: WriteTx) -> None:
            feed.note(tx, BANK, "application.submitted", "app_slow", {})
            written.set()
            may_end.wait(patience.SECONDS)

        replicas.transact(work)

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(patience.SECONDS)
    desk = Desk(replicas)
    noted(desk, "app_quick")
    feed.number_notices(replicas)
    seen = desk.ask(feed.read_feed, MANAGER)
    assert [notice.subject for notice in seen.items] == ["app_quick"]
    may_end.set()
    thread.join()
    feed.number_notices(replicas)
    assert subjects(desk, seen.next) == ["app_slow"]


def test_with_many_writers_and_two_that_number_a_reader_sees_each_notice_once(replicas: Database) -> None:
    desk, ended, seen = Desk(replicas), threading.Event(), list[str]()

    def write(writer: int) -> None:
        for count in range(20):
            noted(desk, f"app_{writer}_{count}")

    def number() -> None:
        while not ended.is_set():
            feed.number_notices(replicas)

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    numberers = [threading.Thread(target=number) for _ in range(2)]
    for thread in (*writers, *numberers):
        thread.start()
    cursor = 0
    while any(thread.is_alive() for thread in writers):
        page = desk.ask(feed.read_feed, MANAGER, cursor, 7)
        seen += [notice.subject for notice in page.items]
        cursor = page.next
    ended.set()
    for thread in numberers:
        thread.join()
    feed.number_notices(replicas)
    seen += subjects(desk, cursor, limit=200)
    assert sorted(seen) == sorted(f"app_{writer}_{count}" for writer in range(4) for count in range(20))
    assert all(
        [s for s in seen if s.startswith(f"app_{w}_")] == [f"app_{w}_{c}" for c in range(20)]
        for w in range(4)
    )


def test_the_role_of_a_service_reads_no_feed(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.ask(feed.read_feed, Principal("service:x", Role.SERVICE, "platform"))
