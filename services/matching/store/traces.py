"""What each answer was computed from. The party's part is sealed, and erased when the party leaves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Sealed
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, page_rows, to_row
from services.matching.domain.replay.trace import Inputs, Trace
from services.matching.store.editions import editions
from services.matching.store.tables import matches, metadata

traces = sa.Table(
    "traces",
    metadata,
    sa.Column("match_id", sa.String(40), primary_key=True),
    sa.Column("edition", sa.String(64), nullable=False),
    sa.Column("rulebook", sa.String(64), nullable=False),
    sa.Column("model", sa.String(120), nullable=False),
    sa.Column("algorithm", sa.Integer, nullable=False),
    sa.Column("input_hash", sa.String(64), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("county", sa.String(6), nullable=False),
    sa.Column("inputs", Sealed(Inputs)),  # none: erased
    sa.Index("ix_traces_rulebook_match_id", "rulebook", "match_id"),
    sa.Index("ix_traces_edition", "edition"),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it was given, with its trace; None where it was given before traces were kept."""

    match_id: str
    party: str
    document: str
    trace: Trace | None


_INSERT = sa.insert(traces)


def insert_traces(tx: WriteTx, found: Iterable[Trace]) -> None:
    rows = [to_row(trace) for trace in found]
    if rows:
        tx.execute(_INSERT, rows)


def erase_inputs(tx: WriteTx, party: str) -> None:
    """Nothing of the party is left in what its answers were computed from."""
    of_party = sa.select(matches.c.id).where(matches.c.party == party)
    tx.execute(sa.update(traces).where(traces.c.match_id.in_(of_party)).values(inputs=None))


def stored(tx: ReadTx, match_ids: Sequence[str]) -> list[Stored]:
    """Answers with their traces; those that there are, in any order."""
    of = sa.select(matches, traces).join(traces, traces.c.match_id == matches.c.id, isouter=True)
    return [_stored(row) for row in tx.rows(of.where(matches.c.id.in_(match_ids)))]


def of_rulebook(
    tx: ReadTx, rulebook: str, cursor: str | None, limit: int
) -> tuple[Sequence[str], str | None]:
    """A page of the answers given by a rulebook, the newest first, and the cursor of the next."""
    given = sa.select(traces.c.match_id).where(traces.c.rulebook == rulebook)
    rows, following = page_rows(tx, given, traces.c.match_id, cursor, limit)
    return [row.match_id for row in rows], following


def count_of(tx: ReadTx, rulebook: str) -> int:
    """How many answers were given by a rulebook."""
    return tx.scalar(sa.select(sa.func.count()).select_from(traces).where(traces.c.rulebook == rulebook))


def ids_by_edition(tx: ReadTx) -> list[str]:
    """Every traced answer, those of one edition together, each edition after the one that it was made from."""
    of = sa.select(traces.c.match_id).join(editions, editions.c.id == traces.c.edition)
    rows = tx.rows(of.order_by(editions.c.position, editions.c.id, traces.c.match_id))
    return [row.match_id for row in rows]


def _stored(row: sa.Row[Any]) -> Stored:
    trace = None if row.match_id is None else from_row(Trace, row)
    return Stored(row.id, row.party, row.document, trace)
