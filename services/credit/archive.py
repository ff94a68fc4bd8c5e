"""The content of documents: looked at, sealed, kept, fetched, scanned and destroyed, always outside of a transaction.

Content is kept before a row points to it, and destroyed after no row does. What breaks off in between stands in the
journal, and a job clears it.
"""

import hashlib
import logging
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from libs.chassis.call import Call
from libs.chassis.database import Database
from libs.chassis.principal import service
from libs.chassis.vault import vault
from services.credit.blobs import BlobMissing, Blobs
from services.credit.domain.content import recognised
from services.credit.domain.documents import NewDocument, Uploaded
from services.credit.operations import document_keeping as keeping
from services.credit.operations import documents
from services.credit.operations.documents import Opening, Upload
from services.credit.scanning import ScanFailed, Scanner, ScannerDown
from services.credit.store.documents import Kept, no_document

log = logging.getLogger(__name__)

_ITSELF = service("credit")
_IN_HAND = 8  # files at once, each a few times its size in memory


@dataclass(frozen=True)
class Archive:
    database: Database
    blobs: Blobs
    scanner: Scanner | None = None
    _room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_IN_HAND))

    def most_bytes(self, call: Call) -> int:
        """The largest file that is taken now."""
        return documents.limits_of(call.database.policies, call.today).file_bytes

    def put(self, call: Call, party: str, new: NewDocument, content: bytes) -> Uploaded:
        """A file becomes a version of a document. Violation where it is none that we take."""
        sha256 = hashlib.sha256(content).hexdigest()
        known = call.read(documents.prepare_upload, party, new, len(content), sha256)
        with self._room:
            kind = recognised(content)
            key = None if known else self._keep(content)
        upload = Upload(new, kind, len(content), sha256, self.scanner is not None, key)
        return call.write(documents.put_document, party, upload)

    def get(self, call: Call, document_id: str, version: int | None) -> tuple[Opening, bytes]:
        """One version with its content. Every look counts, none is answered from the one before."""
        opening = call.each_time().write(documents.open_content, document_id, version)
        with self._room:
            try:
                return opening, self._fetch(opening.key)
            except BlobMissing as error:  # destroyed between the two
                raise no_document(document_id) from error

    def scan_waiting(self) -> int:
        """Let the scanner judge what waits; how many it did. What it will not judge now is asked again later."""
        if self.scanner is None:
            return 0
        with self.database.read() as tx:
            waiting = keeping.documents_to_scan(tx, _ITSELF)
        try:
            return sum(self._scan(self.scanner, kept) for kept in waiting)
        except ScannerDown:
            return 0

    def _scan(self, scanner: Scanner, kept: Kept) -> bool:
        try:
            finding = scanner.finding(self._fetch(kept.key))
        except BlobMissing:
            return False  # destroyed meanwhile
        except (ScanFailed, ScannerDown) as error:
            log.warning("the scanner does not judge %s/%s: %s", kept.document, kept.version, error)
            self.database.transact(lambda tx: keeping.record_failed_scan(tx, _ITSELF, kept))
            if isinstance(error, ScannerDown):
                raise  # the others wait with it, and stand before it the next time
            return False
        if finding is not None:
            log.warning("the scanner found %s in %s/%s", finding, kept.document, kept.version)
        self.database.transact(lambda tx: keeping.record_finding(tx, _ITSELF, kept, finding))
        return True

    def expire(self) -> int:
        return self.database.transact(lambda tx: keeping.expire_documents(tx, _ITSELF))

    def give_up_abandoned(self) -> int:
        return self.database.transact(lambda tx: keeping.give_up_abandoned(tx, _ITSELF))

    def destroy_doomed(self) -> int:
        """Destroy content that no row points to any more; how many. Commits only where there is some, since every
        commit calls for this again."""
        with self.database.read() as tx:
            doomed = keeping.content_to_destroy(tx, _ITSELF)
        for key in doomed:
            self.blobs.destroy(key)
            self.database.transact(lambda tx, key=key: keeping.forget_content(tx, _ITSELF, key))
        return len(doomed)

    def _keep(self, content: bytes) -> str:
        key = self.database.transact(lambda tx: keeping.announce_content(tx, _ITSELF))
        self.blobs.keep(key, vault().seal_bytes(content, key))
        return key

    def _fetch(self, key: str) -> bytes:
        return vault().open_bytes(self.blobs.fetch(key), key)
