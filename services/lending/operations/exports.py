"""A bank's products as a file: the way back from an import, and the empty forms."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from libs.chassis.codec import to_json
from libs.chassis.database import ReadTx
from libs.chassis.principal import BANK, Principal
from libs.chassis.rows import LONGEST_PAGE
from services.lending.domain.intake import delimited, documents, spreadsheet
from services.lending.domain.intake.example import EXAMPLE
from services.lending.domain.intake.files import Format
from services.lending.domain.product import NewProduct, ProductStatus
from services.lending.store import products as product_store

_IN_MEMORY = 1 << 20
_PIECE = 1 << 16


@dataclass(frozen=True)
class File:
    """A file that was written and is to be sent: the database is free before its receiver has read the first byte."""

    content: IO[bytes]

    def pieces(self) -> Iterator[bytes]:
        with self.content:
            self.content.seek(0)
            while piece := self.content.read(_PIECE):
                yield piece


def export_products(tx: ReadTx, by: Principal, kind: Format, status: ProductStatus | None = None) -> File:
    """The bank's products in their newest versions, or in those of one status, the newest product first."""
    by.require(*BANK)
    return _written(kind, _products(tx, by.organisation, status))


def template(kind: Format) -> File:
    """The form of a table of products, with an example."""
    if kind is Format.XLSX:
        content = _new()
        spreadsheet.write_template(content)
        return File(content)
    return _written(kind, [EXAMPLE])


def _written(kind: Format, products: Iterable[NewProduct]) -> File:
    content = _new()
    if kind is Format.CSV:
        delimited.write(products, content)
    elif kind is Format.XLSX:
        spreadsheet.write(products, content)
    else:
        documents.write_array(map(to_json, products), content)
    return File(content)


def _new() -> IO[bytes]:
    return SpooledTemporaryFile[bytes](_IN_MEMORY)


def _products(tx: ReadTx, bank: str, status: ProductStatus | None) -> Iterator[NewProduct]:
    cursor: str | None = None
    while True:
        page = product_store.page_of(tx, bank, status, cursor, LONGEST_PAGE)
        yield from (NewProduct(external_id=one.external_id, terms=one.terms) for one in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return
