"""A file becomes a batch: a transaction for a part of its rows, so that others wait for none of it for long."""

from collections.abc import Iterable, Iterator
from itertools import islice

from libs.chassis.database import Database
from libs.criteria.violation import Violation
from services.matching.domain.batch import Batch, Sent
from services.matching.operations.batches import batches

_AT_ONCE = 500  # rows


def load(database: Database, batch_id: str, rows: Iterable[Sent]) -> Batch:
    """All its rows, and the batch as it is then. Violation where the file cannot be read on; nothing of it is worked
    on then. What a process that died had brought is passed over when the file is sent again."""
    try:
        for part in _parts(iter(rows)):
            database.transact(lambda tx, part=part: batches.load_rows(tx, batch_id, part))
    except Violation as violation:
        problem = str(violation)
        database.transact(lambda tx: batches.give_up(tx, batch_id, problem))
        raise
    return database.transact(lambda tx: batches.end_of_file(tx, batch_id))


def _parts(rows: Iterator[Sent]) -> Iterator[list[Sent]]:
    while part := list(islice(rows, _AT_ONCE)):
        yield part
