"""What people come for, done in a real browser without script."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from libs.registry.uscc import complete
from tests.support import patience
from tests.web.conftest import SignedIn

pytestmark = pytest.mark.web


def await_text(page: Page, text: str) -> None:
    """Look at the page again and again until it says so: events travel a moment."""
    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        if text in page.inner_text("main"):
            return
        page.wait_for_timeout(250)
        page.goto(page.url)
    pytest.fail(f"{text!r} did not come; the page says: {page.inner_text('main')[:2000]}")


def ask(page: Page, amount: str, term: str, purpose: str) -> None:
    page.goto("/requests/new")
    page.fill("#amount", amount)
    page.fill("#term", term)
    page.fill("#purpose", purpose)
    page.click("main form button")


def test_a_firm_asks_once_sees_why_applies_and_is_paid_with_a_guarantee(signed_in: SignedIn) -> None:
    firm = signed_in("cattle_cooperative")
    ask(firm, "八十", "12", "购买犊牛和饲料")
    expect(firm.get_by_role("alert")).to_contain_text("请用数字填写金额")
    expect(firm.locator("#purpose")).to_have_value("购买犊牛和饲料")

    ask(firm, "80", "12", "购买犊牛和饲料")
    expect(firm.get_by_role("heading", level=1)).to_contain_text("80万元 · 12个月")
    for family in ("首贷", "知识产权质押", "融资担保"):
        expect(firm.locator(".answer").get_by_role("heading", name=family)).to_be_visible()
    plan = firm.locator("article.family-GUARANTEE").first
    if plan.locator("footer button").is_hidden():
        plan.locator("summary").first.click()
    expect(plan.locator(".value")).to_have_text(re.compile(r"^\d+\.\d\d%$"))
    expect(plan).to_contain_text("国家融资担保基金 20%")
    plan.get_by_text("贷款明白纸").click()
    expect(plan.get_by_role("table")).to_contain_text("利息")
    bank = plan.locator("summary .quiet").first.inner_text().split(" · ")[0]
    guarantor = re.search(r"· (\S+融资担保有限公司)", plan.locator(".part p").first.inner_text())
    assert guarantor is not None
    plan.get_by_role("button", name="申请这个方案").click()
    expect(firm.get_by_role("status")).to_contain_text("申请已提交")
    await_text(firm, "银行正在审查")
    request = firm.url

    officer = signed_in(f"{_key_of(bank)}.officer")
    officer.locator("tbody th a").first.click()
    officer.fill("#rate", "3.6")
    officer.get_by_role("button", name="同意贷款").click()
    expect(officer.locator("main")).to_contain_text("已发给企业，等企业接受。")

    firm.goto(request)
    await_text(firm, "银行给出的方案")
    firm.get_by_role("button", name="接受这笔方案").click()
    expect(firm.get_by_role("status")).to_contain_text("已接受这笔方案")

    await_text(officer, "合同已签")
    officer.fill("#loan_contract", "HT-2026-0001")
    officer.fill("#guarantee_contract", "BZ-2026-0001")
    officer.get_by_role("button", name="合同已签").click()
    await_text(officer, "等担保机构确认后可以放款")

    manager = signed_in(f"{_key_of(guarantor[1])}.manager")
    expect(manager.locator("article").first).to_contain_text("80万元")
    manager.get_by_role("button", name="确认担保").first.click()
    expect(manager.get_by_role("status")).to_contain_text("担保已确认")

    await_text(officer, "报告已放款")
    officer.fill("#external_id", "JJ-2026-0001")
    officer.get_by_role("button", name="报告已放款").click()
    officer.fill("#principal", "300000")
    officer.fill("#external_id", "HK-2026-0001")
    officer.get_by_role("button", name="报告还款").click()
    expect(officer.locator("main")).to_contain_text("500,000元")

    firm.goto(request)
    await_text(firm, "贷款已发放")


def _key_of(name: str) -> str:
    from app.demo import catalogue

    return next(known["key"] for known in catalogue.organisations() if known["name"] == name)


def test_a_new_firm_enrols_completes_its_file_consents_and_asks(visitor: Page) -> None:
    visitor.goto("/enrol")
    visitor.fill("#uscc", complete("91640104DEM990001").code)
    visitor.fill("#name", "银川新苗食品有限公司（演示）")
    visitor.select_option("#county", "640104")
    visitor.fill("#display_name", "马小苗")
    visitor.fill("#login", "new.sprout")
    visitor.fill("#password", "a sentence is best")
    visitor.get_by_role("button", name="注册并登录").click()
    expect(visitor.get_by_role("status")).to_contain_text("注册成功")

    visitor.select_option("#kind", "ENTERPRISE")
    visitor.select_option("#industry", "13")
    visitor.fill("#established_on", "2023-05-18")
    visitor.get_by_role("button", name="保存资料").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("银川新苗食品有限公司（演示）")

    visitor.goto("/consents")
    visitor.fill("#signer", "马小苗")
    visitor.get_by_role("button", name="签署授权").click()
    expect(visitor.locator(".consent")).to_contain_text("用于匹配 · 签署人 马小苗")
    visitor.locator(".consent summary").click()
    visitor.get_by_role("button", name="确认撤回").click()
    expect(visitor.locator(".consent .tag")).to_contain_text("已撤回")

    deadline = time.monotonic() + patience.SECONDS
    while time.monotonic() < deadline:
        ask(visitor, "30", "12", "采购原料")
        if "平台还没有这家企业的资料" not in visitor.inner_text("main"):
            break
        visitor.wait_for_timeout(250)
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("30万元 · 12个月")
    expect(visitor.locator("main")).to_contain_text("三个问题的答案")


def test_a_bank_checks_registers_and_publishes_products_by_two_people(signed_in: SignedIn) -> None:
    officer = signed_in("open_gate.officer")
    officer.goto("/bank/products/import")
    rows = (
        "external_id,name,kind,amount_min_fen,amount_max_fen,term_min_months,term_max_months,rate,"
        "repayment_methods,guarantee_modes,decision_days\n"
        "WEB-1,网页试贷,WORKING_CAPITAL,1000000,50000000,3,12,LPR_1Y:5000ppm:9000ppm,BULLET,UNSECURED,3\n"
        "WEB-2,缺利率贷,WORKING_CAPITAL,1000000,50000000,3,12,,BULLET,UNSECURED,3\n"
    )
    upload = {"name": "products.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    officer.set_input_files("#file", upload)  # type: ignore[arg-type]
    officer.get_by_role("button", name="先检查").click()
    expect(officer.locator("main")).to_contain_text("1 行合格，1 行需要修改。")
    expect(officer.locator("main")).to_contain_text("这一格不能空着。")
    officer.get_by_role("button", name="正式登记合格的 1 行").click()
    officer.get_by_role("link", name="WEB-1").click()
    officer.get_by_role("button", name="上市").click()
    expect(officer.locator("main")).to_contain_text("您的账号没有做这件事的权限")

    manager = signed_in("open_gate.manager")
    manager.goto("/bank/products?status=DRAFT")
    manager.get_by_role("link", name="网页试贷").click()
    manager.get_by_role("button", name="上市").click()
    expect(manager.get_by_role("status")).to_contain_text("产品已上市")
    manager.get_by_text("下市", exact=True).click()
    manager.get_by_role("button", name="确认下市").click()
    expect(manager.get_by_role("status")).to_contain_text("产品已下市")


def test_a_need_that_nobody_meets_reaches_the_service_centre_which_closes_it(signed_in: SignedIn) -> None:
    firm = signed_in("defaulter")
    ask(firm, "200", "24", "购置设备")
    await_text(firm, "服务协调中心已收到这一事项")
    expect(firm.locator("main")).to_contain_text("目前没有合适的方案，原因是：")

    centre = signed_in("service_centre")
    await_text(centre, "没有合适的方案")
    case = centre.locator("article", has=centre.get_by_text("待办", exact=True)).first
    case.locator("summary").click()
    case.locator("textarea").fill("已联系企业，先办理信用修复，再次申请。")
    case.get_by_role("button", name="办结这件事项").click()
    expect(centre.get_by_role("status")).to_contain_text("事项已办结")
    centre.goto("/cases?status=CLOSED")
    expect(centre.locator("main")).to_contain_text("先办理信用修复")


def test_a_regulator_reads_totals_and_why_cells_are_hidden(signed_in: SignedIn) -> None:
    regulator = signed_in("regulator")
    expect(regulator.get_by_role("table")).to_contain_text("合计")
    expect(regulator.locator("main")).to_contain_text("表示不显示的格子")
    regulator.select_option("#rows", "SIZE")
    regulator.select_option("#columns", "INDUSTRY")
    regulator.get_by_role("button", name="查看").click()
    expect(regulator.get_by_role("alert")).to_contain_text("没有这样组合的表")
