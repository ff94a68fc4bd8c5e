"""Reports as PDF: made in a process of its own, which opens nothing; read back by their text."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pypdf import PdfReader

from app.ingress import ANSWER_SECONDS
from libs.chassis.problems import Unavailable
from services.credit.domain.report import Language, ReportForm
from services.credit.report import pdf, printing
from services.credit.report.composition import issued
from services.credit.report.files import file_of, require_form
from services.portal.pages.credit_report import PRINTING
from tests.unit.credit.reports import BANK_NAME, OF_BANK, OWN, named
from tests.unit.credit.world import NAME

SAID = {
    Language.ZH: ("企业信用报告", "不是信用评级", "未授权", BANK_NAME, NAME, OF_BANK.id),
    Language.EN: ("Credit report", "Not a credit rating", "Not authorised", BANK_NAME, NAME, OF_BANK.id),
}


def text_of(content: bytes) -> list[str]:
    return ["".join(page.extract_text().split("\n")) for page in PdfReader(io.BytesIO(content)).pages]


@pytest.mark.parametrize("language", [Language.ZH, Language.EN])
def test_a_pdf_says_what_the_page_says_and_every_page_who_reads_it(language: Language) -> None:
    file = file_of(issued(OF_BANK), ReportForm.PDF, language)

    pages = text_of(file.content)

    assert (file.media_type, file.content[:5]) == ("application/pdf", b"%PDF-")
    assert [said for said in SAID[language] if said not in "".join(pages)] == []
    assert all(BANK_NAME in page and OF_BANK.id in page for page in pages)


def test_a_hostile_name_stays_on_its_line_in_a_pdf() -> None:
    name = "<script>" + "长" * 150 + "\u202e"

    pages = text_of(file_of(issued(named(name)), ReportForm.PDF, Language.ZH).content)

    assert "<script>长长" in "".join(pages)


def test_nothing_that_a_page_names_is_opened(tmp_path: Any) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("CONTENT-OF-A-FILE")
    html = (
        f'<link rel="attachment" href="file://{secret}"><img src="file://{secret}">'
        f'<style>@import url("file://{secret}")</style><p>after</p>'
    )

    content = printing.pdf_of(html)

    assert "after" in "".join(text_of(content))
    assert b"CONTENT-OF-A-FILE" not in content
    assert not PdfReader(io.BytesIO(content)).attachments


def test_serving_never_loads_the_libraries_that_draw() -> None:
    program = (
        "import sys, services.credit.http, services.credit.report.files; print('weasyprint' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"


def test_a_machine_without_the_libraries_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "LIBRARIES", ("no-such-library",))
    monkeypatch.setattr(printing, "_found", [])

    with pytest.raises(Unavailable) as refused:
        require_form(ReportForm.PDF)

    assert "libno-such-library" in refused.value.detail
    assert "apt-get install" in str(refused.value.mend)
    require_form(ReportForm.HTML)


def test_who_waits_for_a_pdf_waits_longer_than_its_drawing_may_take() -> None:
    """So whoever asked hears the reason of who gave up, the one next to the drawing."""
    ingress = next(yaml.safe_load_all(Path("deploy/k8s/base/ingress.yaml").read_text(encoding="utf-8")))
    proxy = float(ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"])

    assert pdf.SECONDS < printing.SECONDS
    assert printing.WAIT + printing.SECONDS < PRINTING < min(ANSWER_SECONDS, proxy)


def test_a_page_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "SECONDS", 0.05)

    with pytest.raises(Unavailable):
        file_of(issued(OWN), ReportForm.PDF, Language.ZH)
