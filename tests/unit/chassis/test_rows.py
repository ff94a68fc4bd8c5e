"""Lists in pages: everything once, the newest first, also while rows are added."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from libs.chassis.columns import Document, Instant
from libs.chassis.database import Database, new_metadata
from libs.chassis.problems import Invalid
from libs.chassis.rows import insert_if_absent, page
from libs.registry.dimensions import Dimensions
from tests.support.lending import DIMENSIONS
from tests.support.services import NOON, opened
from tests.unit.chassis import jars
from tests.unit.chassis.conftest import officer
from tests.unit.chassis.jars import Jar, NewJar

metadata = new_metadata()
facts = sa.Table(
    "facts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Instant),
    sa.Column("dimensions", Document(Dimensions)),
    sa.Column("labels", Document(tuple[str, ...])),
)


def filled(database: Database, count: int) -> list[str]:
    made = [
        database.transact(lambda tx: jars.make(tx, officer(), NewJar(held_fen=1))).id for _ in range(count)
    ]
    return made[::-1]


def read_page(database: Database, cursor: str | None, limit: int) -> tuple[list[str], str | None]:
    with database.read() as tx:
        items, following = page(tx, sa.select(jars.jars), jars.jars.c.id, Jar, cursor, limit)
    return [item.id for item in items], following


def read_all(database: Database, limit: int) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        items, cursor = read_page(database, cursor, limit)
        pages.append(items)
        if cursor is None:
            return pages


@pytest.mark.parametrize(("limit", "sizes"), [(3, [3, 3, 1]), (7, [7]), (8, [7]), (1, [1] * 7)])
def test_pages_hold_every_row_once_newest_first(database: Database, limit: int, sizes: list[int]) -> None:
    made = filled(database, 7)

    pages = read_all(database, limit)

    assert [len(items) for items in pages] == sizes
    assert [item for items in pages for item in items] == made


def test_rows_that_are_added_meanwhile_disturb_no_page(sqlite: Database) -> None:
    made = filled(sqlite, 4)
    first, cursor = read_page(sqlite, None, 2)
    filled(sqlite, 3)
    second, _ = read_page(sqlite, cursor, 2)

    assert first + second == made


def test_nothing_is_one_empty_page(database: Database) -> None:
    assert read_page(database, None, 0) == ([], None)


def test_without_a_wish_a_page_has_fifty(sqlite: Database) -> None:
    filled(sqlite, 51)

    items, following = read_page(sqlite, None, 0)

    assert (len(items), following) == (50, items[-1])


@pytest.mark.parametrize("limit", [-1, 201])
def test_a_page_that_cannot_be_is_refused(sqlite: Database, limit: int) -> None:
    with pytest.raises(Invalid, match="1 to 200") as refused:
        read_page(sqlite, None, limit)

    assert refused.value.field == "limit"


@pytest.fixture
def database_of_facts(database_url: str) -> Iterator[Database]:
    with opened(database_url, metadata) as database:
        yield database


def kept(database: Database, **values: Any) -> sa.Row[Any]:
    with database.write() as tx:
        tx.execute(sa.insert(facts).values(id=1, **values))
    with database.read() as tx:
        row = tx.row(sa.select(facts))
    assert row is not None
    return row


def test_values_come_back_as_they_went(database_of_facts: Database) -> None:
    row = kept(database_of_facts, at=NOON, dimensions=DIMENSIONS, labels=("srdi", "专精特新"))

    assert (row.at, row.dimensions, row.labels) == (NOON, DIMENSIONS, ("srdi", "专精特新"))
    assert row.at.utcoffset().total_seconds() == 0


def test_nothing_comes_back_as_nothing(database_of_facts: Database) -> None:
    row = kept(database_of_facts, at=None, dimensions=None, labels=())

    assert (row.at, row.dimensions, row.labels) == (None, None, ())


def test_an_instant_without_a_zone_is_refused(database_of_facts: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        kept(database_of_facts, at=datetime(2026, 11, 22))  # noqa: DTZ001 - that is the mistake


def test_a_row_that_is_there_is_not_inserted_again(database_of_facts: Database) -> None:
    with database_of_facts.write() as tx:
        inserted = [insert_if_absent(tx, facts, {"id": 1, "labels": ()}) for _ in range(2)]

    assert inserted == [True, False]
