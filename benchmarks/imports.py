"""Products from one file a second, and how much memory that takes: 10,000 of them, or RONGQIAO_BENCH_IMPORTS.

Each run is a process of its own on a fresh SQLite file (every commit on the disk). Ours is the import door's
operation as HTTP calls it: judged row by row, kept as drafts in one transaction under an idempotency key. Its peer
knows nothing of products: pandas reads the same file into a frame and writes it to a table. Memory is the peak of the
process above what it took before it saw the file.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.measure import keep, show
from services.lending.domain.intake import delimited, documents, spreadsheet
from services.lending.domain.intake.example import EXAMPLE
from services.lending.domain.intake.files import Format
from services.lending.domain.product import NewProduct

PRODUCTS = "RONGQIAO_BENCH_IMPORTS"


def run() -> None:
    count = int(os.environ.get(PRODUCTS, "10000"))
    figures: dict[str, object] = {"products": count}
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory(prefix="rongqiao-imports-") as folder:
        for kind in Format:
            file = Path(folder) / f"products.{kind.lower()}"
            _write(file, kind, count)
            ours, peer = (_measured(who, kind, file, Path(folder)) for who in ("ours", "pandas"))
            assert ours["kept"] == peer["kept"] == count, (ours, peer)
            figures |= _figures(kind, file, ours, peer, count)
            rows.append(_row(kind, file, ours, peer, count))
    heads = ("file", "size, MB", "products/s", "peak, MiB", "pandas: rows/s", "peak, MiB")
    show("one file of products", heads, rows)
    print(f"written to {keep('imports', figures)}")


def _write(file: Path, kind: Format, count: int) -> None:
    with file.open("wb") as content:
        if kind is Format.CSV:
            delimited.write(_products(count), content)
        elif kind is Format.XLSX:
            spreadsheet.write(_products(count), content)
        elif kind is Format.JSON:
            documents.write_array(map(_json, _products(count)), content)
        else:
            content.writelines(_json(product) + b"\n" for product in _products(count))


def _products(count: int) -> Iterable[NewProduct]:
    for number in range(count):
        terms = replace(EXAMPLE.terms, name=f"产品 {number}", amount_max_fen=300_000_000 + number * 100)
        yield NewProduct(external_id=f"P-{number:06}", terms=terms)


def _json(product: NewProduct) -> bytes:
    from libs.chassis.codec import to_json

    return to_json(product)


def _measured(who: str, kind: Format, file: Path, folder: Path) -> dict[str, Any]:
    database = folder / f"{who}-{kind.lower()}.db"
    command = [sys.executable, "-m", "benchmarks.imports", who, kind, str(file), str(database)]
    told: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, check=True, text=True).stdout
    )
    return told


def _figures(
    kind: Format, file: Path, ours: dict[str, Any], peer: dict[str, Any], count: int
) -> dict[str, object]:
    name = kind.lower()
    return {
        f"{name}_mb": round(file.stat().st_size / 1e6, 1),
        f"{name}_products_per_s": round(count / ours["seconds"]),
        f"{name}_judged_s": round(ours["judged"], 2),
        f"{name}_kept_s": round(ours["seconds"] - ours["judged"], 2),
        f"{name}_peak_mib": ours["peak_mib"],
        f"{name}_pandas_rows_per_s": round(count / peer["seconds"]),
        f"{name}_pandas_peak_mib": peer["peak_mib"],
    }


def _row(kind: Format, file: Path, ours: dict[str, Any], peer: dict[str, Any], count: int) -> list[object]:
    size = f"{file.stat().st_size / 1e6:.1f}"
    per_s, peer_per_s = (f"{count / one['seconds']:,.0f}" for one in (ours, peer))
    return [kind, size, per_s, ours["peak_mib"], peer_per_s, peer["peak_mib"]]


def peak_mib() -> int:
    """The most that this process ever had in memory; what its parent had does not count."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def ours(kind: Format, file: Path, database: Path) -> dict[str, object]:
    from libs.chassis import vault
    from libs.chassis.call import Call
    from libs.chassis.clock import SystemClock
    from libs.chassis.database import Database
    from libs.chassis.ids import new_id
    from libs.chassis.principal import Principal, Role
    from libs.chassis.settings import Keys
    from libs.chassis.tables import chassis_metadata
    from libs.eventing.tables import eventing_metadata
    from services.lending.operations import intake
    from services.lending.store import metadata

    vault.configure(Keys.make().vault())
    held = Database(f"sqlite:///{database}", clock=SystemClock(), ids=new_id)
    for part in (chassis_metadata, eventing_metadata, metadata):
        part.create_all(held.engine)
    call = Call(held, Principal("acc_1", Role.BANK_OFFICER, "org_bank"), "", key="bench")
    before, began = peak_mib(), perf_counter()
    with file.open("rb") as content:
        sent = intake.Sent(file=content, kind=kind)
        with intake.judged(call.principal, sent, call.today) as judged:
            judged_s = perf_counter() - began
            report = call.write(intake.import_products, judged)
    seconds = perf_counter() - began
    held.close()
    return {"seconds": seconds, "judged": judged_s, "kept": report.accepted, "peak_mib": peak_mib() - before}


def pandas(kind: Format, file: Path, database: Path) -> dict[str, object]:
    import pandas as pd
    import sqlalchemy as sa

    read = {
        Format.CSV: lambda: pd.read_csv(file, dtype=str),
        Format.XLSX: lambda: pd.read_excel(file, dtype=str),
        Format.JSON: lambda: pd.json_normalize(json.loads(file.read_bytes())),
        Format.JSON_LINES: lambda: pd.json_normalize([json.loads(line) for line in file.open("rb")]),
    }
    engine = sa.create_engine(f"sqlite:///{database}")
    before, began = peak_mib(), perf_counter()
    frame = read[kind]().astype(str)
    with engine.begin() as connection:
        frame.to_sql("products", connection, index=False)
    return {"seconds": perf_counter() - began, "kept": len(frame), "peak_mib": peak_mib() - before}


if __name__ == "__main__":
    who, of_kind, source, target = sys.argv[1:]
    measured = {"ours": ours, "pandas": pandas}[who](Format(of_kind), Path(source), Path(target))
    print(json.dumps(measured))
