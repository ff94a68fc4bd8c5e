"""Credit in a real browser without script: reports under consent, documents, disputes, repairs, the operator's desk."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfWriter

from app.demo import seeding
from tests.support.platform import Running
from tests.web.conftest import SignedIn
from tests.web.test_journeys import _key_of, ask, await_text

pytestmark = pytest.mark.web


def paper() -> bytes:
    """A PDF of one empty page."""
    writer, content = PdfWriter(), BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(content)
    return content.getvalue()


def report_of(page: Page, button: str) -> str:
    """The words of a report, which opens in a place of its own."""
    with page.context.expect_page() as opened:
        page.get_by_role("button", name=button, exact=True).click()
    return opened.value.inner_text("body")


def test_a_bank_gets_the_report_that_the_firm_opened_and_no_score_before_the_legal_basis(
    signed_in: SignedIn,
) -> None:
    firm = signed_in("young_tech")
    ask(firm, "50", "12", "采购服务器")
    plan = firm.locator("article.plan").first
    bank = plan.locator("summary .quiet").first.inner_text().split(" · ")[0]
    plan.get_by_role("button", name="申请这个方案").click()
    await_text(firm, "银行正在审查")

    officer = signed_in(f"{_key_of(bank)}.officer")
    officer.locator("tbody th a").first.click()
    expect(officer.locator("main")).to_contain_text("企业没有授权贵行用于审查申请")
    expect(officer.get_by_role("button", name="中文PDF")).to_have_count(0)

    firm.goto("/consents")
    firm.select_option("#recipient", label=bank)
    for scope in ("utilities", "customs", "credit_record"):
        firm.uncheck(f"input[value={scope}]")
    firm.fill("#signer", "赵云麓")
    firm.get_by_role("button", name="签署授权").click()
    expect(firm.get_by_role("status")).to_contain_text("授权已签署")

    officer.goto(officer.url)
    expect(officer.locator("main")).to_contain_text(
        "未授权的部分在报告中标明“未授权”：征信信息、用电信息、海关进出口信息"
    )
    said = report_of(officer, "中文网页")
    assert "云麓智联科技（银川）有限公司" in said
    assert "企业没有授权读取人查看这一组信息" in said
    assert "法律依据尚未登记" in said

    operator = signed_in("operator")
    operator.goto("/desk/basis")
    operator.select_option("#basis", "GOVERNMENT_MANDATE")
    operator.fill("#document", "关于授权融桥平台提供企业信用信息服务的函")
    operator.fill("#number", "宁金管函〔2026〕1号")
    operator.fill("#valid_until", (seeding.today() + timedelta(days=300)).isoformat())
    operator.get_by_role("button", name="登记", exact=True).click()
    expect(operator.locator("main")).to_contain_text("已开放。")
    assert "专家评分卡" in report_of(officer, "中文网页")
    with officer.expect_download() as download:  # drawn by a process that starts for it
        officer.get_by_role("button", name="英文PDF").click()
    assert re.fullmatch(r"rep_\w+\.pdf", download.value.suggested_filename)
    operator.get_by_text("终止", exact=True).click()
    operator.get_by_role("button", name="确认终止").click()
    expect(operator.locator("main")).to_contain_text("未开放。")

    firm.goto("/file")
    expect(firm.locator("main")).to_contain_text(f"{bank} · 查看信用报告")
    firm.goto("/credit")
    expect(firm.locator("main")).to_contain_text("怎样提高评分")
    expect(firm.locator("main")).to_contain_text("若有一笔贷款逾期")
    assert "最近的查阅" in report_of(firm, "中文网页")


def test_a_firm_uploads_its_proof_disputes_a_penalty_and_has_it_repaired(
    signed_in: SignedIn, embedded: Running
) -> None:
    told = seeding.today() - timedelta(days=200)
    firm = signed_in("machinery_maker")
    carrier = embedded.doors.sign_in("operator", seeding.PASSWORD)
    party = embedded.doors.sign_in("machinery_maker", seeding.PASSWORD).get("/v1/accounts/me")["organisation"]
    penalty = {
        "kind": "PENALTY",
        "reference": "银西市监罚〔2026〕7号",
        "dated_on": told.isoformat(),
        "severity": "GENERAL",
        "source": "MARKET_REGULATION",
        "observed_on": told.isoformat(),
    }
    carrier.post(f"/v1/parties/{party}/records", {"records": [penalty]})

    firm.goto("/documents")
    firm.select_option("#document_kind", "PENALTY_OR_REPAIR_RECORD")
    firm.fill("#title", "缴款凭证")
    upload = {"name": "缴款凭证.pdf", "mimeType": "application/pdf", "buffer": paper()}
    firm.set_input_files("#document", upload)  # type: ignore[arg-type]
    firm.get_by_role("button", name="上传", exact=True).click()
    expect(firm.get_by_role("status")).to_contain_text("材料已上传")
    with firm.expect_download() as download:
        firm.get_by_role("button", name="下载").first.click()
    assert download.value.suggested_filename == "缴款凭证.pdf"
    firm.goto("/consents")
    firm.select_option("#recipient", index=1)
    firm.locator("#documents input").first.check()
    firm.fill("#signer", "钱机械")
    firm.get_by_role("button", name="签署授权").click()
    firm.goto("/documents")
    expect(firm.locator("main")).to_contain_text("已授权：")

    firm.goto("/repairs")
    firm.get_by_role("link", name="修复或异议").first.click()
    firm.fill("#claim", "罚款金额有误")
    firm.get_by_role("button", name="提出异议").click()
    expect(firm.locator("main")).to_contain_text("核查中")

    operator = signed_in("operator")
    operator.goto("/desk/repairs")
    decide(operator, "article.dispute", "经核查，处罚决定书所载金额无误。", "信息无误，予以保留")
    firm.goto("/repairs")
    expect(firm.locator("main")).to_contain_text("经核查，处罚决定书所载金额无误。")

    firm.get_by_role("link", name="修复或异议").first.click()
    firm.fill("#corrected_on", (told + timedelta(days=20)).isoformat())
    firm.locator("#evidence input").first.check()
    firm.get_by_role("button", name="作出承诺并申请").click()
    expect(firm.get_by_role("status")).to_contain_text("修复申请已提交")
    operator.goto("/desk/repairs")
    decide(operator, "article.repair", "义务已履行，同意修复。", "同意修复")
    firm.goto("/repairs")
    expect(firm.locator("main")).to_contain_text("没有使用中的记录。")
    expect(firm.locator("main")).to_contain_text("已修复")


def decide(page: Page, which: str, reason: str, button: str) -> None:
    card = page.locator(which).first
    card.locator("summary").click()
    card.locator("textarea").fill(reason)
    card.get_by_role("button", name=button).click()
    expect(page.get_by_role("status")).to_contain_text("决定已告知企业")


def test_a_firm_lets_an_accountant_fill_in_and_takes_it_back(signed_in: SignedIn) -> None:
    firm = signed_in("berry_processor")
    firm.goto("/mandates")
    firm.fill("#agent", "91640106DEM0000148")
    firm.check("input[value=statements]")
    firm.get_by_role("button", name="授权", exact=True).click()
    expect(firm.get_by_role("status")).to_contain_text("已授权代办人")
    agent = signed_in("young_tech")
    agent.goto("/mandates")
    expect(agent.locator("main")).to_contain_text("财务和用工申报")
    firm.locator(".mandate summary").first.click()
    firm.get_by_role("button", name="确认撤回").click()
    expect(firm.locator(".mandate").first).to_contain_text("已撤回")
