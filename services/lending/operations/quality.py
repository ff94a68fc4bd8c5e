"""How good a product's record is: judged by rules, and told by those who use it."""

from libs.chassis.codec import load
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from services.lending.domain import product_report as reports
from services.lending.domain import quality
from services.lending.domain.product_report import (
    NewProductReport,
    ProductReport,
    ProductReportPage,
    ReportAnswer,
    ReportStatus,
)
from services.lending.domain.quality import ProductQuality, Yardstick
from services.lending.operations import feed, rights
from services.lending.operations.products import get_product
from services.lending.store import product_reports as report_store
from services.lending.store import products as product_store

REPORTERS = (Role.SME, Role.SERVICE_CENTRE, *GUARANTOR)


def get_quality(tx: ReadTx, by: Principal, product_id: str) -> ProductQuality:
    """The score of the newest version, for its own bank."""
    by.require(*BANK)
    product = product_store.get(tx, product_id)
    by.require_organisation(product.bank)
    yardstick = load(Yardstick, tx.policies.record_on("lending.product_quality", tx.today))
    return quality.judged(product, yardstick, tx.today)


def report_product(tx: WriteTx, by: Principal, product_id: str, new: NewProductReport) -> ProductReport:
    """Tell the bank that its product's record is wrong. The bank learns the reporter's role, not who it was."""
    by.require(*REPORTERS)
    product = get_product(tx, by, product_id)
    report = ProductReport(
        id=tx.new_id("rpt"),
        product_id=product.id,
        version=product.version,
        bank=product.bank,
        field=new.field,
        what=new.what,
        reporter_role=by.role,
        reported_at=tx.now,
        status=ReportStatus.OPEN,
    )
    report_store.insert(tx, report, by.organisation)
    feed.note(
        tx, product.bank, "product.reported", product.id, {"report_id": report.id, "field": report.field}
    )
    return report


def list_reports(
    tx: ReadTx,
    by: Principal,
    status: ReportStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> ProductReportPage:
    """Reports about the bank's own products; for others, those that they made."""
    by.require(*BANK, *REPORTERS)
    own = by.role in BANK
    return report_store.page_of(
        tx,
        bank=by.organisation if own else None,
        reporter=None if own else by.organisation,
        status=status,
        cursor=cursor,
        limit=limit,
    )


def answer_report(tx: WriteTx, by: Principal, report_id: str, answer: ReportAnswer) -> ProductReport:
    """The bank's answer, once."""
    by.require(*BANK)
    report = report_store.to_change(tx, report_id)
    rights.may_act(tx, by, report.bank, None)
    told = reports.answered(report, answer, tx.now)
    report_store.update(tx, told)
    return told
