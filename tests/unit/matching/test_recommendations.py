"""What a firm is told: families, costs to the fen, reasons as banks allow, near misses."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from libs.criteria.evaluate import Outcome
from libs.finance.cost import cost_sheet
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeeTiming
from libs.finance.schedule import RepaymentMethod
from libs.registry.loan_terms import GuaranteeMode, ProductKind
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.answer import Family
from services.matching.domain.guarantee import Status
from tests.unit.matching.world import (
    FIRM,
    FIRST_LOAN,
    GUARANTEED,
    GUARANTOR,
    IP_LOAN,
    ORDINARY,
    YUAN,
    ask,
    catalogue,
    product,
    rule,
    with_facts,
)

MILLION = 1_000_000 * YUAN


def test_each_named_family_has_a_plan_where_a_product_of_it_fits() -> None:
    answer = ask(catalogue(FIRST_LOAN, IP_LOAN, GUARANTEED))
    families = {plan.product_id: plan.family for plan in answer.plans}
    assert families == {
        "prd_first": Family.FIRST_LOAN,
        "prd_patent": Family.IP_PLEDGE,
        "prd_covered": Family.GUARANTEE,
    }
    assert [(one.family, len(one.plans), one.why_none) for one in answer.families] == [
        (Family.FIRST_LOAN, 1, ()),
        (Family.IP_PLEDGE, 1, ()),
        (Family.GUARANTEE, 1, ()),
    ]


def test_plans_are_numbered_best_first_by_the_named_formula() -> None:
    answer = ask(catalogue(FIRST_LOAN, IP_LOAN, GUARANTEED))
    values = [plan.rank_value_ppm for plan in answer.plans]
    assert [plan.number for plan in answer.plans] == [1, 2, 3]
    assert values == sorted(values, reverse=True)
    assert (answer.ranking, answer.policy_set[:4]) == ("expected-benefit v1", "pol_")


def test_the_guarantee_shares_the_loan_to_the_fen_and_its_fee_is_in_the_cost() -> None:
    (plan,) = ask(catalogue(GUARANTEED), amount_fen=MILLION + 1).plans
    assert plan.guarantee is not None
    assert plan.security is GuaranteeMode.FINANCING_GUARANTEE
    assert [(one.party, one.amount_fen) for one in plan.guarantee.shares] == [
        ("bank", 20_000_001),
        ("national", 20_000_000),
        ("provincial", 20_000_000),
        ("local", 40_000_000),
    ]
    assert plan.guarantee.fee_fen == 10_000 * YUAN  # 1 % of a year of 365 days
    fee = Fee(
        name="担保费",
        payee=FeePayee.GUARANTOR,
        basis=FeeBasis.FIXED,
        amount_fen=10_000 * YUAN,
        timing=FeeTiming.UPFRONT,
    )
    sheet = cost_sheet(MILLION + 1, plan.rate_ppm, 12, RepaymentMethod.INTEREST_FIRST, (fee,))
    assert (plan.total_cost_fen, plan.all_in_effective_ppm) == (sheet.total_fen, sheet.all_in.effective_ppm)
    assert sum(item.amount_fen for item in plan.costs) == plan.total_cost_fen


def test_the_better_the_likelihood_the_nearer_the_rate_to_the_lower_end() -> None:
    known = catalogue(FIRST_LOAN)
    (strong,), (weak,) = ask(known, with_facts(score=700)).plans, ask(known, with_facts(score=520)).plans
    assert strong.likelihood_ppm > weak.likelihood_ppm
    assert 35_000 <= strong.rate_ppm < weak.rate_ppm <= 45_000  # LPR 3.00 % and 0.5 to 1.5 points
    assert (strong.likelihood_band, weak.likelihood_band) == ("high", "low")


def test_rights_carry_value_times_cap_and_must_reach_the_amount() -> None:
    (plan,) = ask(catalogue(IP_LOAN)).plans
    assert plan.pledge is not None
    assert (plan.pledge.rights, plan.pledge.lends_fen) == (("ZL2018",), 1_200_000 * YUAN)
    refused = ask(catalogue(IP_LOAN), amount_fen=1_200_001 * YUAN)
    assert refused.plans == ()
    assert [reason.code for reason in refused.families[1].why_none] == ["IP_PLEDGE"]


def test_a_right_whose_value_is_not_opened_carries_nothing_and_the_reason_says_so() -> None:
    firm = replace(FIRM, rights=(replace(FIRM.rights[0], appraised_fen=None),))
    answer = ask(catalogue(IP_LOAN), firm)

    (reason,) = answer.families[1].why_none
    assert (answer.plans, reason.code) == ((), "IP_PLEDGE")
    assert "未授权" in reason.text


@pytest.mark.parametrize(
    "changed",
    [{"encumbered": True}, {"expires_on": date(2028, 11, 21)}],
    ids=["pledged already", "a day short of term and margin"],
)
def test_a_right_that_cannot_be_pledged_carries_nothing(changed: dict[str, object]) -> None:
    firm = replace(FIRM, rights=(replace(FIRM.rights[0], **changed),))
    assert ask(catalogue(IP_LOAN), firm).plans == ()


@pytest.mark.parametrize(
    "guarantor",
    [
        None,
        replace(GUARANTOR, counties=("640221",)),
        replace(GUARANTOR, banks=("org_east",)),
        replace(GUARANTOR, programmes=(replace(GUARANTOR.programmes[0], room_fen=MILLION - 1),)),
        replace(GUARANTOR, borrower_limit_fen=799_999 * YUAN),
    ],
    ids=["none", "another county", "no partner", "no room", "too much of one borrower"],
)
def test_without_a_guarantor_that_can_take_it_there_is_no_guaranteed_plan(guarantor: object) -> None:
    answer = ask(catalogue(GUARANTEED, guarantor=guarantor))  # type: ignore[arg-type]
    assert answer.plans == ()
    assert [reason.code for reason in answer.families[2].why_none] == ["GUARANTEE"]


@pytest.mark.parametrize(
    "terms",
    [
        {"term_min_months": 13},
        {"product_kinds": (ProductKind.FIXED_ASSET,)},
        {"status": Status.SUSPENDED},
    ],
    ids=["a longer term", "another kind of loan", "suspended"],
)
def test_a_programme_that_does_not_take_the_loan_covers_no_plan(terms: dict[str, Any]) -> None:
    known = catalogue(GUARANTEED)
    known.put_programme(replace(ORDINARY, **terms))
    assert ask(known).plans == ()


def test_a_programme_takes_the_terms_and_kinds_that_it_names() -> None:
    known = catalogue(GUARANTEED)
    narrow = replace(ORDINARY, term_min_months=12, product_kinds=(ProductKind.WORKING_CAPITAL,))
    known.put_programme(narrow)
    assert [plan.product_id for plan in ask(known).plans] == ["prd_covered"]


def test_a_firm_with_a_loan_record_is_told_why_it_gets_no_first_loan() -> None:
    answer = ask(catalogue(FIRST_LOAN), with_facts(bank_loan_record=1))
    (why,) = answer.families[0].why_none
    assert (why.code, why.outcome, why.text) == (
        "LOAN_RECORD",
        Outcome.FAIL,
        "从未取得过银行贷款（有银行贷款记录：是）",
    )


def test_a_family_that_no_bank_offers_says_so() -> None:
    answer = ask(catalogue(GUARANTEED))
    assert [reason.code for reason in answer.families[1].why_none] == ["NO_PRODUCT"]


def test_what_is_not_known_excludes_nobody_ranks_lower_and_names_its_document() -> None:
    asks = product("asks", bank="org_west", criteria=[rule("tax_grade", "IN", "A", "B")])
    known = catalogue(product("plain"), asks)
    first, second = ask(known, with_facts(tax_grade=None)).plans
    assert (first.product_id, second.product_id) == ("prd_plain", "prd_asks")
    assert (second.missing, second.reasons[0].outcome) == (("纳税信用级别证明",), Outcome.UNKNOWN)
    assert second.likelihood_ppm < first.likelihood_ppm


def test_a_broken_soft_rule_lowers_the_likelihood_and_excludes_nobody() -> None:
    soft = product("soft", bank="org_west", criteria=[rule("lending_banks", "LE", "2", hard=False)])
    plain, broken = ask(catalogue(product("plain"), soft), with_facts(lending_banks=3)).plans
    assert broken.product_id == "prd_soft"
    assert broken.likelihood_ppm < plain.likelihood_ppm
    assert (broken.reasons[0].code, broken.reasons[0].outcome) == ("LENDING_BANKS", Outcome.FAIL)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("PUBLIC", ("TAX_GRADE", "tax_grade", "纳税信用A级（目前：C级）")),
        ("REASON_CODE", ("TAX_GRADE", "", "")),
        ("CONFIDENTIAL", ("BANK_RULE", "", "")),
    ],
)
def test_a_failed_rule_is_shown_as_its_bank_allows(shown: str, expected: tuple[str, str, str]) -> None:
    strict = product("strict", criteria=[rule("tax_grade", "EQ", "A", shown=shown, says="纳税信用A级")])
    answer = ask(catalogue(strict), with_facts(tax_grade=3))
    (miss,) = answer.near_misses
    (reason,) = miss.reasons
    assert (reason.code, reason.fact, reason.text) == expected


def test_a_confidential_rule_leaves_no_trace_in_a_plan_that_keeps_it_nor_in_its_documents() -> None:
    criteria = [rule("refund_share_bp", "LE", "1000", shown="CONFIDENTIAL")]
    known = catalogue(product("quiet", criteria=criteria))
    (kept,), (open_,) = ask(known, with_facts(refund_share_bp=10)).plans, ask(known).plans
    assert kept.reasons == ()
    assert [reason.code for reason in open_.reasons] == ["BANK_RULE"]
    assert open_.missing == ()


def test_near_misses_come_with_fewest_broken_rules_first() -> None:
    one = product("one", criteria=[rule("tax_grade", "EQ", "A")])
    two = product("two", criteria=[rule("tax_grade", "EQ", "A"), rule("score", "GE", "700")])
    three = product("three", criteria=[*two.terms.criteria, rule("lending_banks", "LE", "0")])
    answer = ask(catalogue(three, two, one), with_facts(tax_grade=3, lending_banks=2))
    assert [miss.product_id for miss in answer.near_misses] == ["prd_one", "prd_two"]


def test_an_amount_beyond_the_product_is_told_with_its_limits() -> None:
    (miss,) = ask(catalogue(FIRST_LOAN), amount_fen=6_000_000 * YUAN).near_misses
    assert [reason.text for reason in miss.reasons] == [
        "金额在10,000.00元至5,000,000.00元之间（申请：6,000,000.00元）"
    ]


TIERS = (
    pb.AmountTier(fact="revenue_year_fen", up_to=50_000_000 * YUAN, amount_max_fen=MILLION),
    pb.AmountTier(fact="revenue_year_fen", amount_max_fen=4 * MILLION),
)


def test_a_firm_gets_no_more_than_its_tier_and_is_told_the_tiers() -> None:
    market = catalogue(product("tiered", amount_tiers=TIERS))
    small, large = (with_facts(revenue_year_fen=fen * YUAN) for fen in (50_000_000, 50_000_001))
    (miss,) = ask(market, small, amount_fen=2 * MILLION).near_misses
    assert [(reason.code, reason.text) for reason in miss.reasons] == [
        (
            "AMOUNT_TIER",
            "按上年度营业收入分档：不超过5,000万元的最高1,000,000.00元；"
            "以上最高4,000,000.00元（申请：2,000,000.00元）",
        )
    ]
    assert ask(market, small, amount_fen=MILLION).plans
    assert ask(market, large, amount_fen=2 * MILLION).plans


def test_a_firm_of_unknown_tier_is_not_excluded_and_told_what_would_settle_it() -> None:
    market = catalogue(product("tiered", amount_tiers=TIERS))
    (plan,) = ask(market, amount_fen=2 * MILLION).plans
    assert ("AMOUNT_TIER", Outcome.UNKNOWN) in [(one.code, one.outcome) for one in plan.reasons]
    assert "上年度利润表" in plan.missing
    (sure,) = ask(market, amount_fen=MILLION).plans
    assert "上年度利润表" not in sure.missing


def test_money_is_not_asked_for_longer_than_one_use_of_a_line_runs() -> None:
    market = catalogue(product("line", term_max_months=24, drawdown_term_max_months=6))
    assert ask(market, term_months=6).plans
    (miss,) = ask(market, term_months=12).near_misses
    assert [reason.text for reason in miss.reasons] == ["期限在3至6个月之间（申请：12个月）"]


def test_what_others_pay_or_a_borrower_may_leave_is_no_cost_of_his() -> None:
    free = pb.Fee(name="评估费", payee="FEE_PAYEE_APPRAISER", basis="FEE_BASIS_FIXED", amount_fen=300_000)
    free.timing, free.payer = pb.FEE_TIMING_UPFRONT, pb.FEE_PAYER_GOVERNMENT
    choice = pb.Fee(name="账户管理费", payee="FEE_PAYEE_LENDER", basis="FEE_BASIS_FIXED", amount_fen=9_900)
    choice.timing, choice.mandatory = pb.FEE_TIMING_UPFRONT, False
    (plan,) = ask(catalogue(product("free", fees=[free, choice]))).plans
    assert [item.name for item in plan.costs] == ["利息"]


def test_papers_that_shared_data_supplies_are_not_asked_of_the_firm() -> None:
    papers = [pb.Paper(name="营业执照", from_shared_data=True), pb.Paper(name="购销合同")]
    (plan,) = ask(catalogue(product("papers", materials=["身份证件"], papers=papers))).plans
    assert plan.materials == ("身份证件", "购销合同")


def test_a_letter_of_guarantee_is_shown_only_to_who_asks_for_one() -> None:
    market = catalogue(product("letter", kind=pb.PRODUCT_KIND_LETTER_OF_GUARANTEE))
    assert ask(market).plans == ()
    assert ask(market, kinds=(ProductKind.LETTER_OF_GUARANTEE,)).plans


def test_at_most_ten_plans_and_three_of_one_bank() -> None:
    many = [product(f"east{number}") for number in range(60)]
    others = [
        product(
            f"other{number}",
            bank=f"org_{number}",
            rate=pb.Rate(base=pb.RATE_BASE_LPR_1Y, min_ppm=20_000, max_ppm=30_000),
        )
        for number in range(4)
    ]
    answer = ask(catalogue(*many, *others))
    banks = [plan.bank for plan in answer.plans]
    assert (len(banks), banks.count("org_east")) == (7, 3)
    crowded = ask(
        catalogue(*many, *others, *(product(f"x{number}", bank=f"org_x{number}") for number in range(9)))
    )
    assert len(crowded.plans) == 10


def test_a_product_with_two_ways_shows_the_better_one_and_answers_the_guarantee_family() -> None:
    both = product("both", bank="org_north", modes=("UNSECURED", "FINANCING_GUARANTEE"))
    answer = ask(catalogue(both, *(product(f"p{number}", bank=f"org_{number}") for number in range(12))))
    assert [plan.product_id for plan in answer.plans if plan.family is Family.GUARANTEE] == ["prd_both"]
    assert len(answer.plans) == 10


def test_only_the_kinds_asked_for_come() -> None:
    answer = ask(catalogue(FIRST_LOAN, IP_LOAN), kinds=("PROJECT",))
    assert (answer.plans, answer.near_misses, answer.products_considered) == ((), (), 2)
    assert [reason.code for reason in answer.families[0].why_none] == ["PRODUCT_KIND"]


def test_an_empty_market_is_answered_too() -> None:
    answer = ask(catalogue())
    assert (answer.plans, answer.products_considered, answer.products_eligible) == ((), 0, 0)
    assert all(one.why_none for one in answer.families)
