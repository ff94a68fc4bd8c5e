"""A report as a file in one form and language."""

from dataclasses import dataclass
from hashlib import sha256

from services.credit.domain.report import IssuedReport, Language, ReportForm
from services.credit.report import printing
from services.credit.report.rendering import page

MEDIA_TYPES = {ReportForm.HTML: "text/html; charset=utf-8", ReportForm.PDF: "application/pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """`sha256`: of `content`."""

    id: str
    name: str
    media_type: str
    content: bytes
    sha256: str


def require_form(form: ReportForm) -> None:
    """Unavailable where the form cannot be made here: asked before a report is issued and logged for nothing."""
    if form is ReportForm.PDF:
        printing.require_printer()


def file_of(issued: IssuedReport, form: ReportForm, language: Language) -> ReportFile:
    html = page(issued, language)
    content = printing.pdf_of(html) if form is ReportForm.PDF else html.encode()
    return ReportFile(
        id=issued.report.id,
        name=f"{issued.report.id}.{form.value.lower()}",
        media_type=MEDIA_TYPES[form],
        content=content,
        sha256=sha256(content).hexdigest(),
    )
