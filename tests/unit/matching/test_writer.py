"""Group commit: many records in one transaction, each with an outcome of its own."""

import threading
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa

from libs.chassis.database import Database, WriteTx, new_metadata
from libs.chassis.problems import Invalid, Problem
from services.matching.writer import GroupWriter
from tests.support import patience
from tests.support.services import opened

metadata = new_metadata()
notes = sa.Table("notes", metadata, sa.Column("word", sa.String(20), primary_key=True))


def write(tx: WriteTx, word: str) -> str:
    if word == "bad":
        raise Invalid("No such word.")
    if word == "broken":
        raise RuntimeError("a mistake in the program")
    if tx.row(sa.select(notes).where(notes.c.word == word)) is not None:
        return "known"
    tx.execute(sa.insert(notes).values(word=word))
    return "new"


def each(write: Callable[[WriteTx, str], str]) -> Callable[[WriteTx, Sequence[str]], list[str | Problem]]:
    """A writer of groups that writes one after the other."""

    def one(tx: WriteTx, word: str) -> str | Problem:
        try:
            return write(tx, word)
        except Problem as problem:
            return problem

    return lambda tx, words: [one(tx, word) for word in words]


def words(database: Database) -> list[str]:
    with database.read() as tx:
        return [row.word for row in tx.rows(sa.select(notes).order_by(notes.c.word))]


def test_what_waits_together_is_committed_together(database_url: str) -> None:
    with opened(database_url, metadata) as database:
        commits: list[int] = []
        database.on_commit.append(lambda: commits.append(1))
        held, go_on = threading.Event(), threading.Event()

        def hold(tx: WriteTx, word: str) -> str:
            held.set()
            go_on.wait(patience.SECONDS)
            return write(tx, word)

        writer = GroupWriter(database, each(hold))
        first = writer.put("a")
        held.wait(patience.SECONDS)
        others = [writer.put(word) for word in "bcdefgh"]
        go_on.set()
        assert [future.result(patience.SECONDS) for future in (first, *others)] == ["new"] * 8
        writer.close()
        assert (words(database), len(commits)) == (list("abcdefgh"), 2)


def test_a_refused_record_does_not_touch_the_others(database_url: str) -> None:
    with opened(database_url, metadata) as database:
        writer = GroupWriter(database, each(write))
        good, bad, known = writer.put("a"), writer.put("bad"), writer.put("a")
        assert (good.result(patience.SECONDS), known.result(patience.SECONDS)) == ("new", "known")
        with pytest.raises(Invalid):
            bad.result(patience.SECONDS)
        writer.close()
        assert words(database) == ["a"]


def test_a_failure_is_told_to_those_who_wait_and_the_writer_goes_on(database_url: str) -> None:
    with opened(database_url, metadata) as database:
        writer = GroupWriter(database, each(write))
        with pytest.raises(RuntimeError):
            writer.put("broken").result(patience.SECONDS)
        assert writer.put("a").result(patience.SECONDS) == "new"
        writer.close()


def test_a_key_that_another_process_took_meanwhile_is_found_on_the_second_look(sqlite_url: str) -> None:
    with opened(sqlite_url, metadata) as database:
        looks: list[str] = []

        def late(tx: WriteTx, word: str) -> str:
            looks.append(word)
            if len(looks) <= 2:  # as if the other's row were not yet there to be seen
                tx.execute(sa.insert(notes).values(word=word))
                return "new"
            return write(tx, word)

        with database.write() as tx:
            tx.execute(sa.insert(notes).values(word="a"))
        writer = GroupWriter(database, each(late))
        assert writer.put("a").result(patience.SECONDS) == "known"
        writer.close()
        assert words(database) == ["a"]


def test_closing_commits_what_waits(database_url: str) -> None:
    with opened(database_url, metadata) as database:
        writer = GroupWriter(database, each(write))
        futures = [writer.put(f"w{number}") for number in range(30)]
        writer.close()
        assert all(future.done() for future in futures)
        assert len(words(database)) == 30
