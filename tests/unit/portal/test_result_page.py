"""The page that the whole platform is for, of the messages that coordination sends."""

import pytest

from libs.chassis.principal import Role
from rongqiao.coordination.v1 import coordination_pb2 as coordination
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import matching_pb2 as matching
from services.portal.forms import fresh
from services.portal.results import Offer, result_of
from services.portal.wording import LANGUAGES
from tests.unit.portal import samples
from tests.unit.portal.pages import Page, shown


def result_page(request: coordination.FinancingRequest, language: str = "zh") -> Page:
    return shown(
        "sme/result.html", Role.SME, language, request=request, result=result_of(request), form=fresh()
    )


def test_each_plan_shows_its_annual_cost_before_everything_else() -> None:
    page = result_page(samples.request())
    for rate in ("3.98%", "4.61%", "4.89%"):
        assert f'<p class="value">{rate}</p>' in page.html


def test_the_cost_sheet_names_every_item_with_payee_and_time() -> None:
    text = result_page(samples.request()).text
    assert "利息 银行 按还款计划 61,234.56元" in text
    assert "登记费 登记机构 放款时一次 80元" in text


def test_a_guarantee_tells_what_every_tier_carries_in_yuan() -> None:
    text = result_page(samples.request()).text
    assert "银行 20% 300,000元" in text
    assert "国家融资担保基金 20% 300,000元" in text
    assert "自治区再担保机构 20% 300,000元" in text
    assert "承办担保机构 40% 600,000元" in text


def test_a_guarantee_tells_the_room_of_every_party_that_sets_a_limit() -> None:
    text = result_page(samples.request()).text
    assert "自治区再担保机构：剩余额度 800万元 （最紧的一层）" in text
    assert "贺兰山银行：剩余额度" not in text


def test_a_pledge_tells_cap_and_life_of_each_right_and_what_is_to_be_done() -> None:
    text = result_page(samples.request()).text
    assert "ZL2024100000001：质押率 30%，可贷 126万元，剩余有效期" in text
    assert "（至 2044-01-05）" in text
    assert "放款前要做的事 签订知识产权质押合同" in text
    assert "sign the contract of the pledge" in result_page(samples.request(), "en").text


def test_other_benefits_stand_with_their_document_and_paragraph() -> None:
    text = result_page(samples.request()).text
    assert "企业上市分阶段奖励 （是否适用由主管部门认定） 每户10,000,000元（各阶段合计）" in text
    assert "对象：上市企业 · 地方金融监管局 · 实施意见（十二）" in text
    assert "CNY 10,000,000 a firm" in result_page(samples.request(), "en").text


def test_what_is_not_known_stands_beside_the_document_that_would_settle_it() -> None:
    text = result_page(samples.request()).text
    assert "近12个月用电量不下降：未授权 补充这些材料就能确定：近24个月电费账单" in text


def test_a_family_without_a_plan_says_why() -> None:
    text = result_page(samples.request()).text
    assert "知识产权质押 目前没有合适的方案，原因是： 成立不少于36个月：企业为26个月" in text


def test_a_near_miss_says_what_is_missing() -> None:
    assert "科创贷 云杉科创银行 成立不少于36个月：企业为26个月" in result_page(samples.request()).text


def test_a_rule_that_the_bank_keeps_to_itself_is_told_by_what_it_is_about() -> None:
    request = samples.request()
    request.match.plans[0].reasons.append(matching.Reason(code="SCORE", outcome=matching.OUTCOME_PASS))
    assert "「信用评分」（银行不公布具体标准）" in result_page(request).text


def test_each_plan_can_be_applied_for_by_a_form_of_its_own() -> None:
    forms = [form for form in result_page(samples.request()).forms if str(form["action"]).endswith("/apply")]
    assert [form["names"] for form in forms] == [["form_token", "form_key", "plan"]] * 3


def test_a_refused_application_tells_its_reasons_in_words() -> None:
    request = samples.request(coordination.REQUEST_STATUS_REFERRED)
    request.referrals.append(
        samples.referral(2, coordination.REFERRAL_STATUS_DECLINED, "TAX_GRADE", "PURPOSE")
    )
    assert "原因：纳税信用级别不够、用途不符合规定" in result_page(request).text


def test_a_page_that_waits_for_plans_reloads_itself() -> None:
    request = samples.request(coordination.REQUEST_STATUS_OPEN)
    request.ClearField("match")
    page = result_page(request)
    assert '<meta http-equiv="refresh"' in page.html
    assert "推荐方案" not in page.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", coordination.RequestStatus.values()[2:])
def test_the_page_can_be_shown_in_every_later_state(
    status: coordination.RequestStatus.ValueType, language: str
) -> None:
    request = samples.request(status)
    for place, state in enumerate(coordination.ReferralStatus.values()[1:], 1):
        request.referrals.append(samples.referral(place, state))
    assert samples.plan().product_name in result_page(request, language).text


def test_english_readers_get_english_reasons() -> None:
    page = result_page(samples.request(), "en")
    assert "tax credit grade A, B or M: yours is B" in page.text
    assert '<html lang="en">' in page.html


def test_a_name_cannot_smuggle_markup_into_the_page() -> None:
    request = samples.request()
    request.purpose = "<script>alert(1)</script>"
    request.match.plans[0].product_name = '<img src=x onerror="alert(1)">'
    page = result_page(request)
    assert "<script>alert" not in page.html
    assert page.inline == []


def test_no_id_stands_twice() -> None:
    ids = result_page(samples.request()).ids
    assert len(ids) == len(set(ids))


def offered(number: int, rate_ppm: int, all_in_ppm: int | None) -> Offer:
    application = lending.Application(
        id=f"app_{number}",
        bank=samples.BANK,
        product_name=f"首贷{number}号",
        status=lending.APPLICATION_STATUS_APPROVED,
        offer_valid_until="2026-12-22",
        decision=lending.Decision(
            approved=True,
            amount_fen=120_000_000,
            rate_ppm=rate_ppm,
            term_months=12,
            decided_by="",
            decided_at="",
        ),
    )
    return Offer(application, all_in_ppm)


def test_offers_stand_side_by_side_the_cheapest_by_all_in_cost_first() -> None:
    request = samples.request(coordination.REQUEST_STATUS_REFERRED)
    for number in (1, 2):
        request.referrals.append(samples.referral(number, coordination.REFERRAL_STATUS_APPROVED))
    offers = {"app_1": offered(1, 36_000, 58_800), "app_2": offered(2, 41_000, 43_900)}

    page = shown(
        "sme/result.html", Role.SME, "zh", request=request, result=result_of(request, offers), form=fresh()
    )

    assert page.text.index("首贷2号 4.39% 4.10%") < page.text.index("首贷1号 5.88% 3.60%")
    assert page.html.count("/accept-offer") == 2


def test_a_question_of_the_bank_is_answered_where_it_is_read() -> None:
    request = samples.request(coordination.REQUEST_STATUS_REFERRED)
    request.referrals.append(samples.referral(1, coordination.REFERRAL_STATUS_INFORMATION_ASKED))
    asking = lending.Application(
        id="app_1",
        status=lending.APPLICATION_STATUS_INFORMATION_ASKED,
        information=lending.InformationRequest(question="去年的纳税申报表？", asked_at=""),
    )

    page = shown(
        "sme/result.html",
        Role.SME,
        "zh",
        request=request,
        result=result_of(request, {"app_1": Offer(asking)}),
        form=fresh(),
    )

    assert "银行想了解： 去年的纳税申报表？" in page.text or "银行想了解：去年的纳税申报表？" in page.text
    assert 'action="/applications/app_1/answer"' in page.html


def test_a_firm_reads_how_many_banks_query_its_record() -> None:
    request = samples.request(coordination.REQUEST_STATUS_REFERRED)
    request.referrals.append(samples.referral(1, coordination.REFERRAL_STATUS_SUBMITTED))
    request.query_count = 1

    text = result_page(request).text

    assert "已有 1 家银行因这一需求查询企业信用记录。" in text
    assert "申请后，将有 1 家银行查询企业信用记录。" in text  # the other plans are the same bank's


def test_where_nothing_fits_the_page_says_what_to_change() -> None:
    asked = samples.request()
    del asked.match.plans[:]
    change = matching.Change(text="申请金额减少到至多80万元", text_en="ask for at most CNY 800,000")
    way = matching.Way(product_name="科创贷", bank_name="云杉科创银行", changes=[change])
    asked.match.changes.CopyFrom(matching.Changes(ways=[way], note="另有产品", note_en="others keep a rule"))

    assert "科创贷 · 云杉科创银行 申请金额减少到至多80万元" in result_page(asked).text
    assert "另有产品" in result_page(asked).text
    assert "ask for at most CNY 800,000" in result_page(asked, "en").text
    assert "怎样才能贷到" not in result_page(samples.request()).text


def test_where_no_change_would_do_the_page_says_so() -> None:
    asked = samples.request()
    asked.match.changes.CopyFrom(matching.Changes(fixed=3))

    assert "目前没有只靠改变金额" in result_page(asked).text
