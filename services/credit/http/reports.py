"""Credit reports. Collection: reports, and the report of a party."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from libs.chassis.http import Caller
from services.credit.domain.report import IssuedReport, Language, ReportForm, ReportRecord
from services.credit.operations import reports
from services.credit.report.files import ReportFile, file_of, require_form
from services.credit.report.rendering import POLICY

router = APIRouter(prefix="/v1")

Format = Annotated[Literal["html", "pdf", "json"], Query(description="A page, a PDF, or all of it as data")]
Lang = Annotated[Literal["zh", "en"], Query(description="Of the page or PDF; data is in both")]

_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}, "application/pdf": {}}, "description": "The report"}
}


@router.get("/parties/{party}/report", response_model=IssuedReport, responses=_FILES)
def get_report(
    party: str, call: Caller, format: Format = "html", lang: Lang = "zh"
) -> IssuedReport | Response:
    """A report of today, numbered and kept; each fetch of a lender is logged and shown to the firm."""
    if format == "json":
        return call.each_time().write(reports.issue_report, party)
    form = ReportForm(format.upper())
    require_form(form)
    issued = call.each_time().write(reports.issue_report, party)
    file = file_of(issued, form, Language(lang.upper()))
    call.each_time().write(reports.note_file, file.id, file.sha256)
    return _sent(file)


@router.get("/reports/{report_id}")
def confirm_report(report_id: str, call: Caller) -> ReportRecord:
    return call.read(reports.confirm_report, report_id)


def _sent(file: ReportFile) -> Response:
    shown = (
        "inline" if file.name.endswith(".html") else "attachment"
    )  # a viewer of PDFs is shut out by the policy
    headers = {
        "Content-Disposition": f'{shown}; filename="{file.name}"',
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Rongqiao-Report": file.id,
    }
    return Response(file.content, media_type=file.media_type, headers=headers)
