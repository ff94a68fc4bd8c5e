"""The year of 100,000 guarantees, 3 % of which default, through the operations; then the audit of its ledger.

`RONGQIAO_BENCH_GUARANTEES` asks for fewer. SQLite as an operator runs it: a file, every commit on the disk (FULL). The
audit is the operator's command, in a process of its own. It is set beside SQLite's own `PRAGMA integrity_check` of the
same file, which reads every page and index but knows nothing of money; and a balance as it is derived beside the naive
way, which adds up the entries of the book at every reading.
"""

import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import event

from app import engines
from benchmarks.measure import keep, p50, show
from benchmarks.year.house import House
from benchmarks.year.life import Year
from benchmarks.year.plan import FIRST, FUND, LOCALS, loans, roomy
from libs import policy
from libs.chassis import vault
from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.chassis.settings import Keys
from libs.chassis.tables import chassis_metadata
from libs.eventing.tables import eventing_metadata
from services.guarantee import store
from services.guarantee.domain.ledger import Account, said_by
from services.guarantee.operations.rulebook import read
from services.guarantee.store import ledger as ledger_store

GUARANTEES = "RONGQIAO_BENCH_GUARANTEES"
ON_POSTGRESQL = 2_000


def run() -> None:
    guarantees = int(os.environ.get(GUARANTEES, "100000"))
    with tempfile.TemporaryDirectory(prefix="rongqiao-year-") as folder:
        home = Path(folder)
        url = f"sqlite:///{home / 'guarantee.db'}"
        year, seconds = _played(url, guarantees)
        figures = _throughput(year, seconds, guarantees) | _sizes(home / "guarantee.db", guarantees)
        figures |= _audited(home) | _balances(url)
        figures |= _engines(min(ON_POSTGRESQL, guarantees))
    rows = [[name, count, _ms(year.house, name)] for name, count in year.house.ran.most_common()]
    show("a year by operation", ("operation", "times", "mean, ms"), rows)
    show("guarantee", ("figure", "value"), [[name, value] for name, value in figures.items()])
    print(f"written to {keep('guarantee', figures)}")


def _played(url: str, guarantees: int, *, to_disk: bool = True) -> tuple[Year, float]:
    """A year of so many guarantees in a fresh database, and the seconds that it took."""
    vault.configure(Keys.make().vault())
    clock = SettableClock(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC))
    database = Database(url, clock=clock, ids=new_id)
    if not to_disk:
        event.listen(database.engine, "connect", _forget_the_disk)
    for part in (chassis_metadata, eventing_metadata, store.metadata):
        part.create_all(database.engine)
    year = Year(House(database, clock), roomy(read(policy.load())), loans(guarantees))
    began = perf_counter()
    year.open()
    year.play()
    seconds = perf_counter() - began
    database.close()
    return year, seconds


def _forget_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _throughput(year: Year, seconds: float, guarantees: int) -> dict[str, object]:
    house = year.house
    operations = sum(count for name, count in house.ran.items() if not name.startswith("job"))
    return {
        "guarantees": guarantees,
        "kept_out_by_a_red_line": len(year.refused),
        "claims": house.ran["claims.notify"],
        "recoveries": house.ran["recoveries.record"],
        "year_s": round(seconds, 1),
        "guarantees_per_s": round(guarantees / seconds, 1),
        "transactions": operations,
        "transactions_per_s": round(operations / seconds, 1),
        "repayment_ms": _ms(house, "drawing.follow_repayment"),
        "reserve_ms": _ms(house, "guarantees.reserve"),
    }


def _ms(house: House, name: str) -> float:
    return round(house.seconds[name] / max(1, house.ran[name]) * 1e3, 2)


def _sizes(file: Path, guarantees: int) -> dict[str, object]:
    """What lies on the disk: the tables of the ledger with their indexes, the events that were said, and all of it."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        entries = connection.execute("SELECT count(*) FROM ledger_entries").fetchone()[0]
        tables = dict(connection.execute(_BY_TABLE).fetchall())
    total = file.stat().st_size
    return {
        "entries": entries,
        "entries_per_guarantee": round(entries / guarantees, 1),
        "database_mb": round(total / 1e6, 1),
        "bytes_per_guarantee": round(total / guarantees),
        "ledger_mb": round(tables.get("ledger_entries", 0) / 1e6, 1),
        "events_mb": round(tables.get("outbox", 0) / 1e6, 1),
    }


_BY_TABLE = """
    SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY tbl_name
"""


def _audited(home: Path) -> dict[str, object]:
    """The operator's audit of the file in a process of its own, and SQLite's check of its pages and indexes."""
    command = [sys.executable, "-m", "app.cli", "guarantee", "audit", "--json"]
    began = perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | {"RONGQIAO_HOME": str(home)}, stdout=subprocess.PIPE, text=True
    )
    told = process.communicate()[0]
    seconds = perf_counter() - began
    found = json.loads(told)
    assert process.returncode == 0 and found["difference"] is None, told
    peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    began = perf_counter()
    with sqlite3.connect(home / "guarantee.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    pages_s = perf_counter() - began
    return {
        "audit_s": round(seconds, 1),
        "audit_entries_per_s": round(found["entries"] / seconds),
        "audit_peak_mib": round(peak_kib / 1024),
        "sqlite_integrity_check_s": round(pages_s, 1),
        "audit_times_integrity_check": round(seconds / pages_s, 1),
    }


def _balances(url: str) -> dict[str, object]:
    """What a guarantor owes the fund: derived with each entry, or added up from its book at each reading."""
    database = Database(url, clock=SettableClock(datetime.now(UTC)), ids=new_id)
    book, account, other = LOCALS[0], Account.PAYABLE, FUND
    derived, balance = list[float](), 0
    with database.read() as tx:
        for _ in range(200):
            began = perf_counter()
            balance = ledger_store.balance(tx, book, account, other)
            derived.append((perf_counter() - began) * 1e6)
        began = perf_counter()
        lines = (line for entry in ledger_store.stored(tx, book) for line in said_by(entry))
        added_up = sum(line[2] for line in lines if line[0] == account and line[1] == other)
        naive_s = perf_counter() - began
    database.close()
    assert added_up == balance, "the derived balance is not what the entries say"
    return {
        "balance_derived_us": p50(derived),
        "balance_added_up_ms": round(naive_s * 1e3, 1),
        "balance_ratio": round(naive_s * 1e6 / p50(derived)),
    }


def _engines(guarantees: int) -> dict[str, object]:
    """The same small year three times: SQLite, SQLite that does not wait for the disk, and PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="rongqiao-year-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # the server's own account enters it
        server = engines.start_postgres(home / "postgres", engines.free_port())
        try:
            sqlite_s = _operating(*_played(f"sqlite:///{home / 'full.db'}", guarantees))
            memory_s = _operating(*_played(f"sqlite:///{home / 'off.db'}", guarantees, to_disk=False))
            postgres_s = _operating(*_played(server.url, guarantees))
        finally:
            server.stop()
    return {
        "small_year_guarantees": guarantees,
        "small_year_sqlite_s": round(sqlite_s, 1),
        "share_of_waiting_for_the_disk": round(1 - memory_s / sqlite_s, 2),
        "postgresql_times_sqlite": round(postgres_s / sqlite_s, 2),
    }


def _operating(year: Year, _seconds: float) -> float:
    """The seconds in operations, without the jobs, which are as many in a small year as in a large one."""
    return sum(seconds for name, seconds in year.house.seconds.items() if not name.startswith("job"))


if __name__ == "__main__":
    run()
