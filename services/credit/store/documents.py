"""Documents and their versions: rows in, domain values out. Where their content is, `contents` keeps a journal of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.chassis.clock import business_date
from libs.chassis.columns import Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.vault import vault
from services.credit.domain.content import ContentFormat
from services.credit.domain.documents import (
    Document,
    DocumentKind,
    DocumentState,
    DocumentVersion,
    KindRule,
    NewDocument,
    kept_until,
)
from services.credit.store.contents import doom
from services.credit.store.tables import PARTY, metadata

Rules = Mapping[DocumentKind, KindRule]


documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("title", Encrypted, nullable=False),
    sa.Column("series", sa.String(32), nullable=False),  # blind: party, kind and title
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("withdrawn_at", Instant),
    sa.Index(
        "uq_documents_series",
        "series",
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    ),
)

_WAITING = "state IN ('AWAITING_SCAN', 'UNSCANNED')"

versions = sa.Table(
    "document_versions",
    metadata,
    sa.Column("document", sa.String(40), sa.ForeignKey("documents.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("format", sa.String(10), nullable=False),
    sa.Column("file_name", Encrypted, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("covers_from", sa.Date),
    sa.Column("covers_until", sa.Date),
    sa.Column("issued_on", sa.Date),
    sa.Column("content", sa.String(40)),  # its key; none: destroyed
    sa.Column("uploaded_at", Instant, nullable=False),
    sa.Column("uploaded_by", sa.String(80), nullable=False),
    sa.Column("tried_at", Instant),  # when the scanner last would not judge it
    sa.Column("finding", sa.String(200)),
    sa.Index(
        "ix_document_versions_waiting",
        "tried_at",
        sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    ),
    sa.Index(
        "ix_document_versions_uploaded_at",
        "uploaded_at",
        sqlite_where=sa.text("content IS NOT NULL"),
        postgresql_where=sa.text("content IS NOT NULL"),
    ),
)

_ALL = sa.select(
    documents.c.id, documents.c.party, documents.c.kind, documents.c.title, documents.c.opened_at, versions
).join(versions, versions.c.document == documents.c.id)


@dataclass(frozen=True)
class Kept:
    """One version with its content: where it is, and of what."""

    document: str
    version: int
    key: str


# Documents


def documents_of(tx: ReadTx, party: str, rules: Rules) -> tuple[Document, ...]:
    """All that were ever uploaded, in the order in which they were."""
    return _documents(tx, documents.c.party == party, rules)


def document(tx: ReadTx, document_id: str, rules: Rules) -> Document:
    found = _documents(tx, documents.c.id == document_id, rules)
    if not found:
        raise no_document(document_id)
    return found[0]


def no_document(document_id: str) -> NotFound:
    """The same words for one that is not there and for one that is not the caller's to know of."""
    return NotFound(f"There is no document {document_id}.", field="document_id")


def _documents(tx: ReadTx, where: sa.ColumnElement[bool], rules: Rules) -> tuple[Document, ...]:
    rows = tx.rows(_ALL.where(where).order_by(documents.c.id, versions.c.version.desc()))
    ids = dict.fromkeys(row.id for row in rows)
    return tuple(_of([row for row in rows if row.id == one], rules) for one in ids)


def _of(rows: Sequence[sa.Row[Any]], rules: Rules) -> Document:
    first = rows[0]
    kind = DocumentKind(first.kind)
    return Document(
        id=first.id,
        party=first.party,
        kind=kind,
        title=first.title,
        versions=tuple(_version(row, rules[kind].days) for row in rows),
    )


def _version(row: sa.Row[Any], days: int) -> DocumentVersion:
    return DocumentVersion(
        version=row.version,
        state=DocumentState(row.state),
        format=ContentFormat(row.format),
        file_name=row.file_name,
        size=row.size,
        sha256=row.sha256,
        uploaded_at=row.uploaded_at,
        kept_until=kept_until(business_date(row.uploaded_at), days),
        covers_from=row.covers_from,
        covers_until=row.covers_until,
        issued_on=row.issued_on,
        finding=row.finding,
    )


def series_of(party: str, new: NewDocument) -> str:
    return vault().blind_index(f"{party}\x00{new.kind}\x00{new.title}")


def living_of_series(tx: ReadTx, series: str) -> str | None:
    return tx.scalar(
        sa.select(documents.c.id).where(documents.c.series == series, documents.c.withdrawn_at.is_(None))
    )


def living_of_party(tx: ReadTx, party: str) -> frozenset[str]:
    query = sa.select(documents.c.id).where(documents.c.party == party, documents.c.withdrawn_at.is_(None))
    return frozenset(row.id for row in tx.rows(query))


def kept_copy(tx: ReadTx, party: str, sha256: str) -> tuple[str, int] | None:
    """The document and version of the party that holds these very bytes now."""
    query = _ALL.where(
        documents.c.party == party, versions.c.sha256 == sha256, versions.c.content.is_not(None)
    )
    row = tx.execute(query.limit(1)).first()
    return None if row is None else (row.id, row.version)


def held(tx: ReadTx, party: str) -> tuple[int, int]:
    """Bytes and versions that the party keeps now."""
    size = sa.func.coalesce(sa.func.sum(versions.c.size), 0).label("bytes")
    query = (
        sa.select(size, sa.func.count().label("number"))
        .join(documents, documents.c.id == versions.c.document)
        .where(documents.c.party == party, versions.c.content.is_not(None))
    )
    row = tx.execute(query).one()
    return int(row.bytes), int(row.number)


def open_document(tx: WriteTx, party: str, new: NewDocument, series: str) -> str:
    document_id = tx.new_id("doc")
    row = {
        "id": document_id,
        "party": party,
        "kind": new.kind,
        "title": new.title,
        "series": series,
        "opened_at": tx.now,
    }
    tx.execute(sa.insert(documents).values(row))
    return document_id


def add_version(tx: WriteTx, document_id: str, row: Mapping[str, object]) -> int:
    """`row`: all that is not given here."""
    newest = tx.scalar(sa.select(sa.func.max(versions.c.version)).where(versions.c.document == document_id))
    number = (newest or 0) + 1
    given = {"document": document_id, "version": number, "uploaded_at": tx.now}
    tx.execute(sa.insert(versions).values(dict(row) | given))
    return number


def content_of(tx: ReadTx, document_id: str, version: int) -> str | None:
    return tx.scalar(
        sa.select(versions.c.content).where(versions.c.document == document_id, versions.c.version == version)
    )


def withdraw(tx: WriteTx, where: sa.ColumnElement[bool]) -> None:
    """Content and names go, rows stay."""
    chosen = sa.select(documents.c.id).where(where)
    _end(tx, versions.c.document.in_(chosen), DocumentState.WITHDRAWN)
    values = {"withdrawn_at": tx.now, "title": ""}
    tx.execute(sa.update(documents).where(where, documents.c.withdrawn_at.is_(None)).values(values))


def of_party(party: str) -> sa.ColumnElement[bool]:
    return documents.c.party == party


def of_id(document_id: str) -> sa.ColumnElement[bool]:
    return documents.c.id == document_id


def _end(tx: WriteTx, where: sa.ColumnElement[bool], state: DocumentState) -> int:
    """Of versions that have content: it is doomed, and the name of the file forgotten. How many."""
    living = sa.and_(where, versions.c.content.is_not(None))
    keys = [
        row.content
        for row in tx.lock_rows(sa.select(versions.c.content).where(living).order_by(versions.c.content))
    ]
    doom(tx, keys)
    ended = {"state": state, "content": None, "file_name": ""}
    tx.execute(sa.update(versions).where(versions.c.content.in_(keys)).values(ended))
    return len(keys)


# The scanner


def waiting(tx: ReadTx, tried_before: datetime, limit: int) -> Sequence[Kept]:
    """What no scanner has judged nor lately refused to; what it never saw first."""
    due = sa.or_(versions.c.tried_at.is_(None), versions.c.tried_at < tried_before)
    query = sa.select(versions).where(sa.text(_WAITING), versions.c.content.is_not(None), due)
    order = (versions.c.tried_at.is_not(None), versions.c.tried_at, versions.c.uploaded_at)
    rows = tx.rows(query.order_by(*order).limit(limit))
    return [Kept(row.document, row.version, row.content) for row in rows]


def record_finding(tx: WriteTx, kept: Kept, finding: str | None) -> bool:
    """False where the content is not kept any more: it was taken back while the scanner looked."""
    state = DocumentState.CLEAN if finding is None else DocumentState.INFECTED
    told = {"state": state, "finding": finding and finding[:200]}
    changed = tx.execute(sa.update(versions).where(versions.c.content == kept.key).values(told)).rowcount
    if changed and finding is not None:
        doom(tx, [kept.key])
        tx.execute(sa.update(versions).where(versions.c.content == kept.key).values(content=None))
    return bool(changed)


def record_failure(tx: WriteTx, kept: Kept) -> None:
    tx.execute(sa.update(versions).where(versions.c.content == kept.key).values(tried_at=tx.now))


# Time


def expire(tx: WriteTx, kind: DocumentKind, uploaded_before: datetime, limit: int) -> int:
    """Versions of a kind whose time is over lose their content; how many did."""
    chosen = (
        sa.select(versions.c.content)
        .join(documents, documents.c.id == versions.c.document)
        .where(
            documents.c.kind == kind,
            versions.c.uploaded_at < uploaded_before,
            versions.c.content.is_not(None),
        )
        .limit(limit)
    )
    return _end(tx, versions.c.content.in_([row.content for row in tx.rows(chosen)]), DocumentState.EXPIRED)
