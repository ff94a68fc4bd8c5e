"""Rights that can be pledged: every saying is kept, with its valuations."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import to_row
from services.credit.domain.party import IpRight
from services.credit.domain.sources import Source, Weight, weight
from services.credit.store.tables import ip_rights

_SHOWN_ONLY = "valuation_state"


def rights(
    tx: ReadTx, party: str, as_of: date | None = None, known: datetime | None = None
) -> tuple[IpRight, ...]:
    """Of each right the saying that counts on a day, as far as it was known by an instant: the newest, then the more
    trusted source's; the firm's own word only where no office has spoken. In the order of their numbers."""
    query = sa.select(ip_rights).where(ip_rights.c.party == party)
    counting: dict[str, tuple[Weight, sa.Row[Any]]] = {}
    for row in tx.rows(query.order_by(ip_rights.c.recorded_at, ip_rights.c.record)):
        if _in_time(row, as_of, known):
            heavy = weight(Source(row.source), _observed(row), row.recorded_at)
            if row.id not in counting or heavy >= counting[row.id][0]:
                counting[row.id] = heavy, row
    return tuple(_right(counting[right][1]) for right in sorted(counting))


def add_right(tx: WriteTx, party: str, right: IpRight, source: Source, by: str) -> bool:
    """False where the source said so before, in the same words."""
    newest = (
        sa.select(ip_rights)
        .where(ip_rights.c.party == party, ip_rights.c.id == right.id, ip_rights.c.source == source)
        .order_by(ip_rights.c.recorded_at.desc(), ip_rights.c.record.desc())
        .limit(1)
    )
    known = tx.row(newest)
    if known is not None and _says_nothing_new(_right(known), right):
        return False
    said = {name: value for name, value in to_row(right).items() if name != _SHOWN_ONLY}
    row = said | {"record": tx.new_id("ipr"), "party": party, "source": source}
    row["observed_on"] = right.observed_on or tx.today
    tx.execute(sa.insert(ip_rights).values(row | {"recorded_at": tx.now, "recorded_by": by}))
    return True


def _says_nothing_new(known: IpRight, right: IpRight) -> bool:
    """The same words, of no later day."""
    if known.observed_on and right.observed_on and right.observed_on > known.observed_on:
        return False
    return replace(right, observed_on=known.observed_on) == known


def _right(row: sa.Row[Any]) -> IpRight:
    names = [name for name in IpRight.__dataclass_fields__ if name != _SHOWN_ONLY]
    values = {name: getattr(row, name) for name in names}
    values["valuations"] = row.valuations or ()
    values["observed_on"] = _observed(row)
    return codec.load(IpRight, values)


def _observed(row: sa.Row[Any]) -> date:
    return row.observed_on or business_date(row.recorded_at)


def _in_time(row: sa.Row[Any], as_of: date | None, known: datetime | None) -> bool:
    return (as_of is None or _observed(row) <= as_of) and (known is None or row.recorded_at <= known)
