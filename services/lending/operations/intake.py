"""Many products at once: every row is judged and told what is wrong with it, good ones become drafts.

A file is judged before anything is written, row by row: neither its size nor its reading holds the database. Its good
rows wait in a temporary file; one short transaction then keeps them all, or none. So a repeat under the same key acts
once whatever happened to the first, and there is no half of a file to come back to.
"""

import hashlib
import io
import pickle
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import IO

from libs.chassis.codec import canonical_hash
from libs.chassis.database import WriteTx
from libs.chassis.principal import BANK, Principal
from services.lending.domain.intake import files
from services.lending.domain.intake.files import Format
from services.lending.domain.intake.report import (
    ImportFile,
    ImportProducts,
    ImportReport,
    ImportRow,
    RowOutcome,
    rejected,
)
from services.lending.domain.product import NewProduct, Product
from services.lending.operations import rights
from services.lending.operations.products import drafted
from services.lending.store import products as product_store

CHUNK = 500
_IN_MEMORY = 4 << 20  # bytes of judged rows; more go to the disk


@dataclass
class Judged:
    """A file of products, judged: what is to be told of each row, and the good ones, waiting."""

    content: str
    keep: bool
    rows: list[ImportRow]
    waiting: IO[bytes]

    def content_hash(self) -> str:
        """What the file and the wishes about it were: of these an idempotency key is the key."""
        return self.content

    def chunks(self) -> Iterator[list[tuple[int, NewProduct]]]:
        """The good rows with their places in `rows`, each time from the first."""
        self.waiting.seek(0)
        good = self._good()
        while chunk := list(islice(good, CHUNK)):
            yield chunk

    def _good(self) -> Iterator[tuple[int, NewProduct]]:
        for at, row in enumerate(self.rows):
            if row.outcome is not RowOutcome.REJECTED:
                yield at, pickle.load(self.waiting)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A file as it came, and what is wished of it."""

    file: IO[bytes]
    kind: Format
    encoding: str = "utf-8"
    dry_run: bool = False
    all_or_nothing: bool = False


@contextmanager
def judged(by: Principal, sent: Sent, on: date) -> Generator[Judged]:
    """Every row of the file, judged. Violation where the file as a whole is no list of products."""
    by.require(*BANK)
    content = canonical_hash(_digest(sent.file), sent.kind, sent.encoding, sent.dry_run, sent.all_or_nothing)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as waiting:
        rows = list(_judge(sent, on, waiting))
        bad = any(row.outcome is RowOutcome.REJECTED for row in rows)
        yield Judged(content, not (sent.dry_run or (sent.all_or_nothing and bad)), rows, waiting)


def text(asked: ImportProducts) -> Sent:
    """A CSV that came as a text."""
    return Sent(
        file=io.BytesIO(asked.csv.encode()),
        kind=Format.CSV,
        dry_run=asked.dry_run,
        all_or_nothing=asked.all_or_nothing,
    )


def message(asked: ImportFile) -> Sent:
    """A file that came in one message."""
    return Sent(
        file=io.BytesIO(asked.content),
        kind=asked.format,
        encoding=asked.encoding or "utf-8",
        dry_run=asked.dry_run,
        all_or_nothing=asked.all_or_nothing,
    )


def import_products(tx: WriteTx, by: Principal, asked: Judged) -> ImportReport:
    """Keep the good rows as drafts, unless it was a trial, or all or nothing and a row is bad."""
    by.require(*BANK)
    rights.may_act(tx, by, by.organisation, None)
    rows = list(asked.rows)
    if asked.keep:
        for chunk in asked.chunks():
            for (at, _), product in zip(chunk, _keep(tx, by, [new for _, new in chunk]), strict=True):
                rows[at] = ImportRow(
                    row=rows[at].row,
                    external_id=product.external_id,
                    outcome=RowOutcome.ACCEPTED,
                    product_id=product.id,
                )
    outcomes = [row.outcome for row in rows]
    return ImportReport(
        accepted=outcomes.count(RowOutcome.ACCEPTED),
        rejected=outcomes.count(RowOutcome.REJECTED),
        rows=tuple(rows),
    )


def _keep(tx: WriteTx, by: Principal, chunk: list[NewProduct]) -> list[Product]:
    """Register them as one by one, with one question to the database instead of many."""
    known = product_store.numbered_to_change_all(tx, by.organisation, [new.external_id for new in chunk])
    drafts = [drafted(by, known.get(new.external_id), new, tx.new_id) for new in chunk]
    rewritten = {(product.id, product.version) for product in known.values()}
    product_store.update_all(tx, [draft for draft in drafts if (draft.id, draft.version) in rewritten])
    product_store.insert_all(tx, [draft for draft in drafts if (draft.id, draft.version) not in rewritten])
    return drafts


def _judge(sent: Sent, on: date, waiting: IO[bytes]) -> Iterator[ImportRow]:
    told = 0
    for row in files.rows(sent.file, sent.kind, on, sent.encoding):
        if row.product is None:
            bad = rejected(row, told)
            told += len(bad.mistakes)
            yield bad
        else:
            pickle.dump(row.product, waiting)
            yield ImportRow(row=row.number, external_id=row.external_id, outcome=RowOutcome.NOT_KEPT)


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()
