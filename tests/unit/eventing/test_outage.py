"""What is waited out, and what is a mistake."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from libs.eventing.outage import Outage, database_outages


def engine(path: Path) -> sa.Engine:
    return sa.create_engine(
        f"sqlite:///{path}", connect_args={"timeout": 0}, pool_size=1, max_overflow=0, pool_timeout=0
    )


def test_a_locked_database_is_an_outage(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.db")
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN EXCLUSIVE")

    with (
        pytest.raises(Outage, match="locked"),
        database_outages(),
        engine(tmp_path / "a.db").connect() as connection,
    ):
        connection.execute(sa.text("SELECT * FROM t"))
    other.close()


def test_a_file_that_cannot_be_opened_is_an_outage(tmp_path: Path) -> None:
    nowhere = engine(tmp_path / "missing" / "a.db")

    with pytest.raises(Outage, match="unable to open"), database_outages(), nowhere.connect():
        pass


def test_no_free_connection_is_an_outage(tmp_path: Path) -> None:
    busy = engine(tmp_path / "a.db")

    with busy.connect(), pytest.raises(Outage), database_outages(), busy.connect():
        pass


def test_a_server_that_does_not_answer_is_an_outage() -> None:
    away = sa.create_engine(
        "postgresql+psycopg://nobody@127.0.0.1:1/nothing", connect_args={"connect_timeout": 1}
    )

    with pytest.raises(Outage), database_outages(), away.connect():
        pass


def test_a_missing_table_is_a_mistake(tmp_path: Path) -> None:
    with (
        pytest.raises(OperationalError),
        database_outages(),
        engine(tmp_path / "a.db").connect() as connection,
    ):
        connection.execute(sa.text("SELECT * FROM nothing"))


def test_a_broken_rule_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError), database_outages(), engine(tmp_path / "a.db").begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (x NOT NULL)"))
        connection.execute(sa.text("INSERT INTO t VALUES (NULL)"))
