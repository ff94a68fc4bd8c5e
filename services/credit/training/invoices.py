"""Firms and their invoices from parquet to features: by the functions that serve online, window by window.

A folder holds a CSV of firms and two parquet files of invoices, sold and bought, each firm's rows together. What the
features look at ends with the last whole month of which the firm has invoices.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as parquet

from libs.criteria.violation import Violation
from services.credit.domain.features import features
from services.credit.domain.flows import History, Row, history, tally
from services.credit.domain.invoices import InvoiceDirection, first_day, last_complete_month

FIRM = "企业代号"
_COMMON = (FIRM, "发票号码", "开票日期", "金额", "税额", "发票状态")
_PARTNER = {InvoiceDirection.SALE: "购方单位代号", InvoiceDirection.PURCHASE: "销方单位代号"}
_VOID = "作废"
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Firm:
    """`values`: features by fact, as of the end of `history`."""

    key: str
    told: dict[str, str]
    history: History
    values: dict[str, int]
    invoices: int


def firms_file(header: Iterable[str]) -> bool:
    return FIRM in header


def firms(folder: Path) -> Iterator[Firm]:
    """One after the other, each read when its turn comes: memory holds the invoices of one firm."""
    told = {row[FIRM]: row for row in _told(folder)}
    files = {direction: _file(folder, partner) for direction, partner in _PARTNER.items()}
    readers = {direction: _Reader(_rows(file, direction)) for direction, file in files.items()}
    for key, row in told.items():
        rows = [one for reader in readers.values() for one in reader.of(key)]
        yield _firm(key, row, rows)
    for direction, reader in readers.items():
        if left := reader.left:
            raise Violation(
                str(direction), f"The invoices of {left} are in no order, or of no firm.", "Sort them."
            )


def invoice_frame(folder: Path) -> pd.DataFrame:
    """A row a firm: what is told of it, and its features."""
    return pd.DataFrame([{**firm.told, **firm.values} for firm in firms(folder)])


def _firm(key: str, told: dict[str, str], rows: Sequence[Row]) -> Firm:
    past = history(tally(rows), _covered([row[2] for row in rows]))
    return Firm(key, told, past, features(past, past.covers_until), len(rows))


def _covered(days: Sequence[date]) -> date:
    """The last day of the last whole month before the newest invoice, which may stand in a month cut short."""
    if not days:
        return date(2000, 1, 1)
    newest = max(days)
    return first_day(last_complete_month(newest) + 1) - timedelta(days=1)


class _Reader:
    """The rows of firms one after the other, in the order of the file."""

    def __init__(self, rows: Iterator[tuple[str, Row]]) -> None:
        self._groups = groupby(rows, itemgetter(0))
        self._next = next(self._groups, None)

    @property
    def left(self) -> str | None:
        return self._next[0] if self._next else None

    def of(self, key: str) -> list[Row]:
        """Empty when the firm has none: then the next group is another's."""
        if self._next is None or self._next[0] != key:
            return []
        rows = [row for _, row in self._next[1]]
        self._next = next(self._groups, None)
        return rows


def _told(folder: Path) -> list[dict[str, str]]:
    for file in sorted(folder.glob("*.csv")):
        frame: Any = pd.read_csv(file, encoding="utf-8-sig", dtype=str).fillna("")
        if FIRM in frame.columns:
            return frame.to_dict("records")
    raise Violation("data", f"{folder.name} has no CSV of firms.", f"One with a column {FIRM}.")


def _file(folder: Path, partner: str) -> Path:
    for file in sorted(folder.glob("*.parquet")):
        if partner in parquet.ParquetFile(file).schema_arrow.names:
            return file
    raise Violation("data", f"{folder.name} has no parquet file with {partner}.", "Bring both directions.")


def _rows(file: Path, direction: InvoiceDirection) -> Iterator[tuple[str, Row]]:
    columns = [*_COMMON, _PARTNER[direction]]
    days: dict[str, date] = {}
    for batch in parquet.ParquetFile(file).iter_batches(batch_size=_BATCH, columns=columns):
        held: dict[str, list[Any]] = batch.to_pydict()
        for firm, number, day, net, tax, state, partner in zip(
            *(held[name] for name in columns), strict=True
        ):
            issued = days.get(day) or days.setdefault(day, _day(day))
            void = _VOID in state
            yield (
                firm,
                (direction.value, str(number), issued, partner, round(net * 100), round(tax * 100), void),
            )


def _day(text: str) -> date:
    year, month, day = map(int, text.replace("-", "/").split("/"))
    return date(year, month, day)
