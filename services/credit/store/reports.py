"""Reports that were given, sealed as they were, and what readers are called."""

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant, Sealed
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row
from libs.eventing.tables import insert_into
from services.credit.domain.report import IssuedReport, Report, ReportRecord
from services.credit.store.tables import PARTY, metadata

# The content is an audit copy: no door opens it again, since what it shows may have been corrected or closed since.
reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("reader", sa.String(80), nullable=False),
    sa.Column("reader_name", sa.String(400), nullable=False),
    sa.Column("account", sa.String(80), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("consents", Document(tuple[str, ...]), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("file_sha256", sa.String(64)),
    sa.Column("content", Sealed(Report), nullable=False),
    sa.Index("ix_reports_party_id", "party", "id"),
)

# Institutions by id, as identity tells of them.
readers = sa.Table(
    "readers",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("name", sa.String(400), nullable=False),
)


def insert_report(tx: WriteTx, issued: IssuedReport, account: str) -> None:
    report = issued.report
    row = {
        "id": report.id,
        "party": report.party,
        "reader": report.reader,
        "reader_name": ""
        if report.own
        else report.reader_name,  # a firm's name stands sealed, in the content alone
        "account": account,
        "made_at": report.made_at,
        "consents": tuple(consent.id for consent in report.consents),
        "sha256": issued.sha256,
        "content": report,
    }
    tx.execute(sa.insert(reports).values(row))


def note_file(tx: WriteTx, report_id: str, sha256: str) -> None:
    tx.execute(sa.update(reports).where(reports.c.id == report_id).values(file_sha256=sha256))


def report_record(tx: ReadTx, report_id: str) -> ReportRecord:
    columns = [column for column in reports.c if column.name not in ("content", "account")]
    row = tx.row(sa.select(*columns).where(reports.c.id == report_id))
    if row is None:
        raise NotFound(
            f"There is no report {report_id}.", field="report_id", mend="Copy its number from the report."
        )
    return from_row(ReportRecord, row)


def put_reader(tx: WriteTx, organisation: str, name: str) -> None:
    insert = insert_into(tx, readers).values(id=organisation, name=name)
    tx.execute(insert.on_conflict_do_update(index_elements=[readers.c.id], set_={"name": name}))


def reader_name(tx: ReadTx, organisation: str) -> str:
    """The id itself while nobody has told the name."""
    return tx.scalar(sa.select(readers.c.name).where(readers.c.id == organisation)) or organisation
