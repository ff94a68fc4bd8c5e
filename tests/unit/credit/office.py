"""The firm, its bank and its accountant at the archive of documents."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from libs.chassis.call import Call
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal
from services.credit.archive import Archive
from services.credit.blobs import FolderBlobs
from services.credit.domain.consent import Read
from services.credit.domain.documents import (
    Document,
    DocumentKind,
    DocumentState,
    NewDocument,
    Uploaded,
)
from services.credit.operations import documents, reading
from services.credit.scanning import Scanner
from tests.unit.credit.world import BANK, FIRM, OFFICER, World, firm

OTHER_BANK = replace(OFFICER, organisation="org_other_bank")
CONTRACT = NewDocument(kind=DocumentKind.CONTRACT, title="与张三的购销合同", file_name="合同.pdf")
LICENCE = NewDocument(kind=DocumentKind.BUSINESS_LICENCE)
ACCOUNTANT = "uscc:91640181MA7ADEM16Q"


class Office:
    """The firm and its neighbours at the archive of one world."""

    def __init__(self, world: World, folder: Path, scanner: Scanner | None = None) -> None:
        self.world = world
        self.folder = folder / "documents"
        self.archive = Archive(world.database, FolderBlobs(self.folder), scanner)
        world.put()

    def call(self, by: Principal, key: str | None = None) -> Call:
        return Call(self.world.database, by, "", key or new_id("key"), True)

    def upload(
        self, content: bytes, new: NewDocument = CONTRACT, by: Principal | None = None, **how: Any
    ) -> Uploaded:
        return self.archive.put(self.call(by or firm(), **how), FIRM, new, content)

    def consent(self, *ids: str, to: str = BANK) -> Any:
        return self.world.grant(documents=ids, recipient=to)

    def open(self, document: str, by: Principal = OFFICER, version: int | None = None) -> bytes:
        return self.archive.get(self.call(by), document, version)[1]

    def listed(self, by: Principal = OFFICER) -> tuple[Document, ...]:
        return self.world.write(documents.list_documents, by, FIRM).items

    def seen_by_firm(self, document: str) -> Document:
        return self.world.write(documents.get_document, firm(), document)

    def withdraw(self, document: str, by: Principal | None = None) -> Document:
        return self.world.write(documents.withdraw_document, by or firm(), document)

    def kept(self) -> int:
        """Pieces of content that are in the store now, after the jobs have cleared."""
        self.archive.give_up_abandoned()
        self.archive.destroy_doomed()
        return sum(path.is_file() for path in self.folder.rglob("*"))

    def reads(self) -> list[Read]:
        with self.world.database.read() as tx:
            return list(reading.list_reads(tx, firm(), FIRM).items)


def states(document: Document) -> list[DocumentState]:
    return [version.state for version in document.versions]
