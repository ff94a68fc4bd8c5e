"""Documents of a party's file: kept, shown to whom a consent names, judged by the scanner, destroyed.

No content passes through here: `archive` keeps and fetches it outside of the transactions in which these decide.
A document that is not the caller's to know of does not exist for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.policy import PolicySet
from libs.registry.regions import within
from services.credit.domain import documents as rules
from services.credit.domain import mandates as mandate_rules
from services.credit.domain.consent import Opener, ReadKind
from services.credit.domain.content import ContentFormat
from services.credit.domain.documents import (
    KEPT,
    SHOWN,
    Document,
    DocumentList,
    DocumentState,
    DocumentVersion,
    KindRule,
    Limits,
    NewDocument,
    Uploaded,
    UploadState,
)
from services.credit.domain.party import PartyStatus
from services.credit.operations import evidence
from services.credit.operations.access import CARRIERS, is_agent, mandated, require_filler, require_firm
from services.credit.operations.reading import LENDERS, log_read
from services.credit.store import consents, contents, files, mandates
from services.credit.store import documents as store
from services.credit.store.documents import Rules
from services.credit.store.files import PartyRecord

KINDS = "credit.documents.kinds"
LIMITS = "credit.documents.limits"
OPEN_SCOPE = "public"


@dataclass(frozen=True)
class Upload:
    """A file that was looked at. `key`: of its content in the store; none: these bytes are thought to be known."""

    new: NewDocument
    format: ContentFormat
    size: int
    sha256: str
    scanned: bool  # whether there is a scanner that will look
    key: str | None = None

    def content_hash(self) -> str:
        """What makes a repeated request the same; the key is made anew each time."""
        return codec.canonical_hash(self.new, self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(Shape):
    """One version that the caller may have: where its content is, and how to name it."""

    key: str
    document_id: str
    version: int
    state: DocumentState
    file_name: str
    format: ContentFormat
    sha256: str


# Bringing


def prepare_upload(tx: ReadTx, by: Principal, party: str, new: NewDocument, size: int, sha256: str) -> bool:
    """Whether these bytes are kept already. Refuses, before anything is kept, what would be refused afterwards."""
    _check_upload(tx, by, party, new)
    if store.kept_copy(tx, party, sha256) is not None:
        return True
    limits = limits_on(tx)
    rules.check_size(size, limits.file_bytes)
    rules.check_room(limits, *store.held(tx, party), size)
    return False


def put_document(tx: WriteTx, by: Principal, party: str, upload: Upload) -> Uploaded:
    """The file is in the party's file from now on; the same bytes again are known, and nothing is kept twice."""
    files.lock_party(tx, party)
    _check_upload(tx, by, party, upload.new)
    new = replace(upload.new, title=rules.title_of(upload.new.title))
    series = store.series_of(party, new)
    living = store.living_of_series(tx, series)
    known = store.kept_copy(tx, party, upload.sha256)
    if known is not None:
        return _known(tx, *known, living)
    if upload.key is None:
        raise Conflict("The file was destroyed meanwhile.", field="file", mend="Send it again.")
    rules.check_room(limits_on(tx), *store.held(tx, party), upload.size)
    contents.settle(tx, upload.key)
    document_id = living or store.open_document(tx, party, new, series)
    version = store.add_version(tx, document_id, _row(replace(upload, new=new), by))
    return Uploaded(
        state=UploadState.RECORDED, version=version, document=store.document(tx, document_id, rules_on(tx))
    )


def _known(tx: ReadTx, document_id: str, version: int, living: str | None) -> Uploaded:
    if document_id != living:
        raise Conflict(
            f"These very bytes are kept already, as {document_id}.",
            field="file",
            mend="Use that document, or withdraw it first.",
        )
    found = store.document(tx, document_id, rules_on(tx))
    return Uploaded(state=UploadState.KNOWN, version=version, document=found)


def _row(upload: Upload, by: Principal) -> Mapping[str, object]:
    new = upload.new
    return {
        "state": DocumentState.AWAITING_SCAN if upload.scanned else DocumentState.UNSCANNED,
        "format": upload.format,
        "file_name": rules.file_name_of(new.file_name, upload.format),
        "size": upload.size,
        "sha256": upload.sha256,
        "covers_from": new.covers_from,
        "covers_until": new.covers_until,
        "issued_on": new.issued_on,
        "content": upload.key,
        "uploaded_by": by.subject,
    }


def _check_upload(tx: ReadTx, by: Principal, party: str, new: NewDocument) -> None:
    by.require(Role.SME)
    scope = rules_on(tx)[new.kind].scope
    if scope is None and is_agent(by, party):
        raise Forbidden("No mandate covers this kind.", field="kind", mend="Let the firm itself upload it.")
    require_filler(tx, by, party, scope or OPEN_SCOPE)
    rules.check_dates(new, tx.today)


# Showing


def list_documents(tx: WriteTx, by: Principal, party: str) -> DocumentList:
    """The firm sees all that it ever uploaded; others what a consent or a mandate opens to them now."""
    by.require(Role.SME, *LENDERS)
    if by.role is Role.SME and not is_agent(by, party):
        return DocumentList(items=store.documents_of(tx, party, rules_on(tx)))
    if by.role is Role.SME:
        mandated(tx, by, party)
    record = files.party_record(tx, party)
    found = store.documents_of(tx, party, rules_on(tx))
    openers = _openers(tx, by, record, found)
    log_read(tx, by, record, ReadKind.FILE, openers)
    return DocumentList(items=tuple(_shown(by, document) for document in found if document.id in openers))


def get_document(tx: WriteTx, by: Principal, document_id: str) -> Document:
    found, opener = _for_reader(tx, by, document_id)
    if opener is None:
        return found
    log_read(tx, by, files.party_record(tx, found.party), ReadKind.FILE, {document_id: opener})
    return _shown(by, found)


def open_content(tx: WriteTx, by: Principal, document_id: str, version: int | None = None) -> Opening:
    """One version of a document, the newest that the caller may have where it names none. The look is logged."""
    found, opener = _for_reader(tx, by, document_id)
    states = KEPT if opener is None else SHOWN
    chosen = _chosen(found, version, states)
    key = store.content_of(tx, document_id, chosen.version)
    if key is None:
        raise store.no_document(document_id)
    if opener is not None:
        log_read(tx, by, files.party_record(tx, found.party), ReadKind.DOCUMENT, {document_id: opener})
    return Opening(
        key=key,
        document_id=document_id,
        version=chosen.version,
        state=chosen.state,
        file_name=chosen.file_name,
        format=chosen.format,
        sha256=chosen.sha256,
    )


def _chosen(found: Document, version: int | None, states: frozenset[DocumentState]) -> DocumentVersion:
    if version is not None and all(one.version != version for one in found.versions):
        raise NotFound(f"{found.id} has no version {version}.", field="version")
    for one in found.versions:
        if one.state in states and version in (None, one.version):
            return one
    raise Conflict(
        "No version that was asked for can be opened: it waits for the malware scanner, or its content is destroyed.",
        field="version",
        mend="See the states of its versions; ask again later, or for another one.",
    )


def _for_reader(tx: ReadTx, by: Principal, document_id: str) -> tuple[Document, Opener | None]:
    """The document, and the consent, mandate or application that opens it (None: the firm itself asks); NotFound for
    all others."""
    by.require(Role.SME, *LENDERS, *CARRIERS)
    found = store.document(tx, document_id, rules_on(tx))
    if by.role is Role.SME and not is_agent(by, found.party):
        return found, None
    opener = _openers(tx, by, files.party_record(tx, found.party), (found,)).get(document_id)
    if opener is None:
        raise store.no_document(document_id)
    return found, opener


def _openers(
    tx: ReadTx, by: Principal, record: PartyRecord, found: Sequence[Document]
) -> Mapping[str, Opener]:
    """Which of these documents are open to the caller now, and by what."""
    if record.status is PartyStatus.WITHDRAWN:
        return {}
    if by.role in CARRIERS:
        mine = within(record.registration.county, by.territory)
        return evidence.laid(tx, record.id) if mine else {}
    if by.role is not Role.SME:
        given = consents.consents_of(tx, record.id, by.organisation)
        named = rules.opened_documents(given, by.organisation, tx.today)
        return {one.id: named[one.id] for one in found if one.id in named}
    scopes = mandate_rules.opened(mandates.mandates_of(tx, record.id, by.organisation), tx.today)
    kinds = rules_on(tx)
    return {one.id: scopes[scope] for one in found if (scope := kinds[one.kind].scope) in scopes}


def _shown(by: Principal, document: Document) -> Document:
    """Who fills in sees how far the scanner is; a recipient sees what it may have."""
    if by.role is Role.SME:
        return document
    return replace(document, versions=rules.readable(document.versions, SHOWN))


def require_own(tx: ReadTx, party: str, ids: Sequence[str], field: str = "documents") -> None:
    """Consents and evidence name documents of this party that are not withdrawn."""
    living = store.living_of_party(tx, party) if ids else frozenset[str]()
    for at, document_id in enumerate(ids):
        if document_id not in living:
            raise Violation(
                f"{field}/{at}",
                f"{document_id} is no document of the party's file.",
                "See GET /v1/parties/{party}/documents.",
            )


# Destroying


def withdraw_document(tx: WriteTx, by: Principal, document_id: str) -> Document:
    """The firm takes it back: the content of every version is destroyed. Twice changes nothing."""
    by.require(Role.SME)
    found, _ = _for_reader(tx, by, document_id)
    require_firm(by, found.party)
    files.lock_party(tx, found.party)
    store.withdraw(tx, store.of_id(document_id))
    return store.document(tx, document_id, rules_on(tx))


def withdraw_all(tx: WriteTx, party: str) -> None:
    """With the party, its documents go."""
    store.withdraw(tx, store.of_party(party))


# The rules in force


def rules_on(tx: ReadTx) -> Rules:
    kinds = codec.load(tuple[KindRule, ...], tx.policies.record_on(KINDS, tx.today)["kinds"])
    return {rule.kind: rule for rule in kinds}


def limits_on(tx: ReadTx) -> Limits:
    return limits_of(tx.policies, tx.today)


def limits_of(policies: PolicySet, today: date) -> Limits:
    return codec.load(Limits, policies.record_on(LIMITS, today))
