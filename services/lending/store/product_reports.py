"""What was said to be wrong with products. Texts are people's own and stand encrypted."""

import sqlalchemy as sa

from libs.chassis.columns import Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from services.lending.domain.product_report import ProductReport, ProductReportPage, ReportStatus
from services.lending.store.metadata import metadata

product_reports = sa.Table(
    "product_reports",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("product_id", sa.String(40), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("bank", sa.String(80), nullable=False, index=True),
    sa.Column("field", sa.String(100), nullable=False),
    sa.Column("what", Encrypted, nullable=False),
    sa.Column("reporter_role", sa.String(30), nullable=False),
    sa.Column("reporter", sa.String(80), nullable=False, index=True),  # an organisation; the bank is not told
    sa.Column("reported_at", Instant, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("answer", Encrypted),
    sa.Column("answered_at", Instant),
)


def insert(tx: WriteTx, report: ProductReport, reporter: str) -> None:
    tx.execute(sa.insert(product_reports).values(to_row(report) | {"reporter": reporter}))


def to_change(tx: WriteTx, report_id: str) -> ProductReport:
    """The report, locked; NotFound where there is none."""
    rows = tx.lock_rows(sa.select(product_reports).where(product_reports.c.id == report_id))
    if not rows:
        raise NotFound(f"There is no report {report_id}.", field="report_id")
    return from_row(ProductReport, rows[0])


def update(tx: WriteTx, report: ProductReport) -> None:
    tx.execute(sa.update(product_reports).where(product_reports.c.id == report.id).values(to_row(report)))


def page_of(
    tx: ReadTx,
    *,
    bank: str | None,
    reporter: str | None,
    status: ReportStatus | None,
    cursor: str | None,
    limit: int,
) -> ProductReportPage:
    """Those about a bank's products, or those of one reporter, the newest first."""
    query = sa.select(product_reports)
    columns = product_reports.c
    for column, wanted in ((columns.bank, bank), (columns.reporter, reporter), (columns.status, status)):
        if wanted is not None:
            query = query.where(column == wanted)
    items, following = page(tx, query, columns.id, ProductReport, cursor, limit)
    return ProductReportPage(items=items, next_cursor=following)
