"""How good products' records are, over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.product_report import (
    NewProductReport,
    ProductReport,
    ProductReportPage,
    ReportAnswer,
    ReportStatus,
)
from services.lending.domain.quality import ProductQuality
from services.lending.http import examples
from services.lending.http.paging import Cursor, Limit
from services.lending.operations import quality

router = APIRouter(prefix="/v1")


@router.get("/products/reports")
def list_reports(
    call: Caller, status: ReportStatus | None = None, cursor: Cursor = None, limit: Limit = 0
) -> ProductReportPage:
    """What users said is wrong with the bank's products; for others, what they said themselves."""
    return call.read(quality.list_reports, status, cursor, limit)


@router.post("/products/reports/{report_id}/answer")
def answer_report(
    report_id: str, body: Annotated[ReportAnswer, examples.REPORT_ANSWER], call: Caller
) -> ProductReport:
    return call.write(quality.answer_report, report_id, body)


@router.get("/products/{product_id}/quality")
def get_quality(product_id: str, call: Caller) -> ProductQuality:
    """0 to 100 points, and what takes them."""
    return call.read(quality.get_quality, product_id)


@router.post("/products/{product_id}/reports", status_code=201)
def report_product(
    product_id: str, body: Annotated[NewProductReport, examples.REPORT], call: Caller
) -> ProductReport:
    """Tell the bank what is wrong with a product's record."""
    return call.write(quality.report_product, product_id, body)
