"""A million invoices of a thousand firms: from a file into the files of the firms, in bounded memory, ready to score.

Each measurement is a process of its own, on SQLite and on PostgreSQL. The peers only read the same file into memory, as
a program without a database behind it would: pandas the CSV, pyarrow the Parquet.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from app import engines
from benchmarks.imports import peak_mib
from benchmarks.measure import keep, show

INVOICES = "RONGQIAO_BENCH_INVOICES"
FIRMS = 1_000
LAST = date(2026, 10, 31)
HEADER = "party,number,direction,issued_on,counterparty,net_fen,tax_fen,status\n"


def run() -> None:
    count = int(os.environ.get(INVOICES, "1000000"))
    rows: list[list[object]] = []
    figures: dict[str, object] = {"invoices": count, "firms": FIRMS}
    with tempfile.TemporaryDirectory(prefix="rongqiao-ingest-") as folder:
        csv, parquet = _files(Path(folder), count)
        for name, who, file, url in _runs(Path(folder), csv, parquet):
            told = _measured(who, file, url)
            assert told["rows"] == count, told
            figures[name] = told
            per_s = f"{count / told['seconds']:,.0f}"
            rows.append(
                [name, f"{file.stat().st_size / 1e6:.0f}", f"{told['seconds']:.1f}", per_s, told["peak_mib"]]
            )
    show("a file of invoices", ("what", "MB", "s", "rows/s", "peak, MiB"), rows)
    print(f"written to {keep('ingest', figures)}")


def _runs(folder: Path, csv: Path, parquet: Path) -> Iterator[tuple[str, str, Path, str]]:
    """What is measured: its name, who does it, with which file, into which database."""
    yield "CSV into SQLite", "ours", csv, f"sqlite:///{folder / 'one.db'}"
    yield "again: all known", "again", csv, f"sqlite:///{folder / 'one.db'}"
    yield "Parquet into SQLite", "ours", parquet, f"sqlite:///{folder / 'two.db'}"
    with tempfile.TemporaryDirectory(prefix="rongqiao-ingest-pg-") as home:
        os.chmod(home, 0o755)
        server = engines.start_postgres(Path(home) / "postgres", engines.free_port(), durable=True)
        try:
            yield "CSV into PostgreSQL", "ours", csv, server.url
        finally:
            server.stop()
    yield "peer: pandas reads the CSV", "pandas", csv, ""
    yield "peer: pyarrow reads the Parquet", "pyarrow", parquet, ""


def _files(folder: Path, count: int) -> tuple[Path, Path]:
    """By firm, as an office exports them."""
    csv, parquet = folder / "invoices.csv", folder / "invoices.parquet"
    with csv.open("w", encoding="utf-8") as text:
        text.write(HEADER)
        text.writelines(",".join(map(str, row)) + "\n" for row in _invoices(count))
    import pyarrow.csv as read
    import pyarrow.parquet as write

    write.write_table(read.read_csv(csv), parquet)
    return csv, parquet


def _invoices(count: int) -> Iterator[tuple[object, ...]]:
    for number in range(count):
        firm, at = divmod(number, -(-count // FIRMS))
        day = LAST - timedelta(days=at * 7 % 1_000)
        direction = "PURCHASE" if at % 3 == 0 else "SALE"
        net = -(at + 1) if at % 50 == 0 else (number * 7_919) % 10_000_000
        status = "VOID" if at % 40 == 1 else "VALID"
        yield party_of(firm), f"{number:020}", direction, day, f"客户{at * at % 97}", net, net // 8, status


def party_of(firm: int) -> str:
    from libs.registry.uscc import complete, organisation_check

    organisation = f"BEN{firm:05d}"
    return complete(f"91640106{organisation}{organisation_check(organisation)}").party


def _measured(who: str, file: Path, url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ingest", who, str(file), url]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    )
    return found


def ours(file: Path, url: str, fresh: bool = True) -> dict[str, object]:
    from libs.chassis.principal import Principal, Role
    from services.credit.domain.delivery import DeliveryKind, NewDelivery
    from services.credit.intake import files, tables
    from services.credit.operations import deliveries

    database, by = _database(url, fresh), Principal("acc_1", Role.OPERATOR, "org_platform")
    new = NewDelivery(kind=DeliveryKind.INVOICES, covers_until=LAST)
    before, began = peak_mib(), perf_counter()
    with file.open("rb") as content, files.lines(content) as lines:
        rows = tables.rows(lines, DeliveryKind.INVOICES)
        delivery = database.transact(lambda tx: deliveries.open_delivery(tx, by, new))
        kept = deliveries.load(database, by, delivery, rows)
    seconds = perf_counter() - began
    with database.read() as tx:
        spans = len(deliveries.list_outcomes(tx, by, kept.id, limit=200).items)
    database.close()
    return {
        "seconds": seconds,
        "rows": kept.recorded + kept.known,
        "spans": spans,
        "peak_mib": peak_mib() - before,
    }


def _database(url: str, fresh: bool) -> Any:
    from libs import policy
    from libs.chassis import vault
    from libs.chassis.clock import SystemClock
    from libs.chassis.database import Database
    from libs.chassis.ids import new_id
    from libs.chassis.settings import Keys
    from libs.chassis.tables import chassis_metadata
    from libs.eventing.tables import eventing_metadata
    from services.credit.store import metadata

    vault.configure(Keys.make().vault())
    held = Database(url, clock=SystemClock(), ids=new_id, policies=policy.load())
    if fresh:
        for part in (chassis_metadata, eventing_metadata, metadata):
            part.create_all(held.engine)
        _register(held)
    return held


def _register(database: Any) -> None:
    from libs.chassis.principal import Principal, Role
    from libs.registry.dimensions import OwnerKind
    from services.credit.domain.delivery import DeliveryKind, NewDelivery, Row
    from services.credit.domain.party import Registration
    from services.credit.operations import deliveries

    by, new = Principal("acc_1", Role.OPERATOR, "org_platform"), NewDelivery(kind=DeliveryKind.PARTIES)
    known = Registration(
        kind=OwnerKind.ENTERPRISE, name="甲", county="640106", established_on=date(2020, 1, 1)
    )
    rows = [Row(firm + 1, party_of(firm), known) for firm in range(FIRMS)]
    delivery = database.transact(lambda tx: deliveries.deliver(tx, by, new, rows))
    assert delivery.recorded == FIRMS, delivery


def again(file: Path, url: str) -> dict[str, object]:
    return ours(file, url, fresh=False)


def pandas(file: Path, url: str) -> dict[str, object]:
    import pandas as pd

    before, began = peak_mib(), perf_counter()
    frame = pd.read_csv(file)
    return {"seconds": perf_counter() - began, "rows": len(frame), "peak_mib": peak_mib() - before}


def pyarrow(file: Path, url: str) -> dict[str, object]:
    import pyarrow.parquet as pq

    before, began = peak_mib(), perf_counter()
    table = pq.read_table(file)
    return {"seconds": perf_counter() - began, "rows": table.num_rows, "peak_mib": peak_mib() - before}


if __name__ == "__main__":
    who, source, target = sys.argv[1:]
    measures: dict[str, Callable[[Path, str], dict[str, object]]] = {
        "ours": ours,
        "again": again,
        "pandas": pandas,
        "pyarrow": pyarrow,
    }
    print(json.dumps(measures[who](Path(source), target)))
