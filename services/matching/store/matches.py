"""Every answer that was given, as it was given."""

from collections.abc import Iterable

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from services.matching.store.tables import matches

_INSERT = sa.insert(matches)


def insert_matches(tx: WriteTx, given: Iterable[tuple[str, str, str]]) -> None:
    """Id, party and document of each, as they were given."""
    rows = [
        {"id": match_id, "party": party, "as_of": tx.today, "given_at": tx.now, "document": document}
        for match_id, party, document in given
    ]
    if rows:
        tx.execute(_INSERT, rows)


def match_document(tx: ReadTx, match_id: str) -> tuple[str, str]:
    """The party of a match and the answer as it was given."""
    found = tx.row(sa.select(matches.c.party, matches.c.document).where(matches.c.id == match_id))
    if found is None:
        raise NotFound(f"There is no match {match_id}.", field="match_id")
    return found.party, found.document
