"""Answers into the database without a door, many rows at a time: what records.keep does of them."""

from collections.abc import Sequence

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.database import Database
from libs.chassis.rows import to_row
from services.matching.operations import records
from services.matching.operations.answering import Given
from services.matching.store.tables import matches
from services.matching.store.traces import traces


def store(database: Database, answers: Sequence[Given]) -> None:
    with database.write() as tx:
        records.keep_sources(tx, answers)
        rows = [
            {
                "id": one.match.id,
                "party": one.match.party,
                "as_of": one.book.rules.today,
                "given_at": tx.now,
                "document": codec.to_json(one.match).decode(),
            }
            for one in answers
        ]
        tx.execute(sa.insert(matches), rows)
        tx.execute(sa.insert(traces), [to_row(one.trace) for one in answers])
