"""What stands in a plan: the room of every tier, each right, benefits for the firm alone, what to do before drawing."""

from dataclasses import replace
from datetime import date

import pytest

from libs.criteria.evaluate import Criterion, Operator, Outcome
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import GuaranteeMode, IpRightKind
from libs.registry.size import Size
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.answer import Match, MatchRequest, PledgedRight
from services.matching.domain.benefit import Beneficiary, Benefit
from services.matching.domain.firm import Firm, IpRight
from services.matching.domain.guarantee import Headroom, ProgrammeRoom, TierRoom
from services.matching.operations.recommend import recommend
from services.matching.operations.rulebook import rulebook
from tests.unit.matching.world import (
    FIRM,
    FIRST_LOAN,
    GUARANTEED,
    GUARANTOR,
    IP_LOAN,
    ORDINARY,
    POLICIES,
    TODAY,
    YUAN,
    ask,
    catalogue,
    product,
    rule,
    with_facts,
)

MILLION = 1_000_000 * YUAN
ROOMS = {"national": 900 * MILLION, "provincial": 2 * MILLION, "local": 5 * MILLION, "programme": 7 * MILLION}
RULES = {
    "national": "PROVINCIAL_LINE",
    "provincial": "CREDIT_LINE",
    "local": "LEVERAGE",
    "programme": "PROGRAMME_QUOTA",
}


def tiered() -> Headroom:
    tiers = tuple(
        TierRoom(party=party, rule=RULES[party], room_fen=room_fen) for party, room_fen in ROOMS.items()
    )
    return replace(
        GUARANTOR, programmes=(ProgrammeRoom(programme="ordinary", room_fen=2 * MILLION, tiers=tiers),)
    )


def answer_with(benefits: dict[str, Benefit], firm: Firm = FIRM, *products: pb.Product) -> Match:
    rules = replace(rulebook(POLICIES, TODAY), benefits=benefits)
    request = MatchRequest(party=firm.party, amount_fen=MILLION, term_months=12)
    return recommend(catalogue(*products), rules, firm, request, "mat_1")


def benefit(name: str, kind: str = "GRANT", **other: object) -> Benefit:
    given: dict[str, object] = {"id": f"benefits.{name}", "name": name, "kind": kind, "source": "文件第一条"}
    return Benefit(**(given | {"document": "文件", "paragraph": "第一条"} | other))  # type: ignore[arg-type]


def test_a_guarantee_names_what_each_tier_bears_and_what_room_it_has_left() -> None:
    (plan,) = ask(catalogue(GUARANTEED, guarantor=tiered())).plans
    assert plan.guarantee is not None

    told = [(one.party, one.bp, one.amount_fen, one.rule, one.room_fen) for one in plan.guarantee.tiers]

    assert told == [
        ("bank", 2_000, 200_000 * YUAN, "", None),
        ("national", 2_000, 200_000 * YUAN, "PROVINCIAL_LINE", 900 * MILLION),
        ("provincial", 2_000, 200_000 * YUAN, "CREDIT_LINE", 2 * MILLION),
        ("local", 4_000, 400_000 * YUAN, "LEVERAGE", 5 * MILLION),
        ("programme", 0, 0, "PROGRAMME_QUOTA", 7 * MILLION),
    ]
    assert [one.party for one in plan.guarantee.tiers if one.binds] == ["provincial"]
    assert plan.guarantee.room_fen == 2 * MILLION
    names = [one.name for one in plan.guarantee.tiers]
    assert names == ["north bank", "国家融资担保基金", "自治区再担保机构", "兴庆融资担保", "普通融资担保业务"]


def test_the_tiers_bear_the_loan_to_the_fen() -> None:
    (plan,) = ask(catalogue(GUARANTEED, guarantor=tiered()), amount_fen=123_456_789).plans
    assert plan.guarantee is not None
    assert sum(one.amount_fen for one in plan.guarantee.tiers) == 123_456_789
    assert [one.amount_fen for one in plan.guarantee.tiers[:-1]] == [
        one.amount_fen for one in plan.guarantee.shares
    ]


def test_a_guarantor_that_tells_no_tiers_is_shown_with_its_one_room() -> None:
    (plan,) = ask(catalogue(GUARANTEED)).plans
    assert plan.guarantee is not None
    assert plan.guarantee.room_fen == 2 * MILLION
    assert {one.room_fen for one in plan.guarantee.tiers} == {None}


def test_each_pledged_right_says_its_cap_and_how_long_it_lives() -> None:
    (plan,) = ask(catalogue(IP_LOAN)).plans
    assert plan.pledge is not None
    assert plan.pledge.items == (
        PledgedRight(
            id="ZL2018",
            kind=IpRightKind.INVENTION,
            appraised_fen=4 * MILLION,
            cap_bp=3_000,
            lends_fen=1_200_000 * YUAN,
            expires_on=date(2038, 1, 1),
            months_left=133,
        ),
    )
    assert plan.pledge.lends_fen == sum(one.lends_fen for one in plan.pledge.items)


@pytest.mark.parametrize(
    ("expires_on", "months"),
    [(date(2028, 11, 22), 24), (date(2028, 12, 21), 24), (date(2028, 12, 22), 25)],
)
def test_a_begun_month_of_a_right_does_not_count(expires_on: date, months: int) -> None:
    right = replace(FIRM.rights[0], expires_on=expires_on)
    (plan,) = ask(catalogue(IP_LOAN), replace(FIRM, rights=(right,))).plans
    assert plan.pledge is not None
    assert plan.pledge.items[0].months_left == months


def test_as_few_rights_as_carry_the_amount_are_pledged() -> None:
    rights = tuple(
        IpRight(
            id=f"R{worth}",
            kind=IpRightKind.INVENTION,
            expires_on=date(2040, 1, 1),
            appraised_fen=worth * MILLION,
        )
        for worth in (1, 2, 3)
    )
    (plan,) = ask(catalogue(IP_LOAN), replace(FIRM, rights=rights)).plans
    assert plan.pledge is not None
    assert plan.pledge.rights == ("R3", "R2")


@pytest.mark.parametrize(
    ("offered", "codes"),
    [
        (FIRST_LOAN, ["CREDIT_REPORT", "FIRST_LOAN"]),
        (GUARANTEED, ["CREDIT_REPORT", "GUARANTEE_REVIEW", "GUARANTEE_CONTRACTS"]),
        (IP_LOAN, ["CREDIT_REPORT", "PLEDGE_CONTRACT", "PATENT_PLEDGE_REGISTRATION"]),
        (product("house", modes=("MORTGAGE",)), ["CREDIT_REPORT", "MORTGAGE"]),
        (product("surety", modes=("THIRD_PARTY",)), ["CREDIT_REPORT", "SURETY"]),
        (
            product("wish", criteria=[rule("tax_grade", "EQ", "A", hard=False)]),
            ["CREDIT_REPORT", "OPEN_RULES"],
        ),
        (
            product("soft", criteria=[rule("score", "GE", "900", hard=False)]),
            ["CREDIT_REPORT", "SOFT_RULES"],
        ),
    ],
)
def test_a_plan_says_what_is_to_be_done_before_the_money_is_drawn(
    offered: pb.Product, codes: list[str]
) -> None:
    (plan,) = ask(catalogue(offered)).plans
    assert [one.code for one in plan.conditions] == codes
    assert all(one.text and one.text_en for one in plan.conditions)


def test_batch_business_is_checked_for_compliance_alone() -> None:
    known = catalogue(GUARANTEED)
    known.put_programme(replace(ORDINARY, batch=True))
    (plan,) = ask(known).plans
    assert "GUARANTEE_COMPLIANCE" in [one.code for one in plan.conditions]
    assert "GUARANTEE_REVIEW" not in [one.code for one in plan.conditions]


def test_a_condition_does_not_count_rules_that_a_bank_keeps_to_itself() -> None:
    hidden = [rule("tax_grade", "EQ", grade, hard=False, shown="CONFIDENTIAL") for grade in ("A", "B")]
    one, two = (ask(catalogue(product("hidden", criteria=hidden[:many]))).plans[0] for many in (1, 2))
    assert one.conditions == two.conditions


def test_a_guarantee_brings_the_benefit_of_the_three_tiers_and_it_is_not_listed_twice() -> None:
    answer = ask(catalogue(GUARANTEED))
    (plan,) = answer.plans
    assert [one.id for one in plan.benefits] == ["benefits.three_tier_guarantee"]
    assert "见实施细则" in plan.benefits[0].amount_text
    assert "benefits.three_tier_guarantee" not in [one.id for one in answer.other_benefits]
    assert "benefits.three_tier_guarantee" in [one.id for one in ask(catalogue(FIRST_LOAN)).other_benefits]


def test_every_other_benefit_in_force_is_listed_with_where_it_stands() -> None:
    found = {one.id: one for one in ask(catalogue(FIRST_LOAN)).other_benefits}
    assert set(found) >= {"benefits.listing_reward", "benefits.bond_interest_subsidy"}
    assert "benefits.technology_loan_pool" in found  # whether it is a technology SME is not known
    listing, bond = found["benefits.listing_reward"], found["benefits.bond_interest_subsidy"]
    assert (listing.amount_fen, listing.paragraph) == (1_000_000_000, "（十二）")
    assert listing.document.startswith("宁夏《关于健全支持中小企业发展制度")
    assert (
        listing.amount_text
        == "每户10,000,000元（各阶段合计）；各阶段（辅导备案、受理、发行）的金额划分见实施细则"
    )
    assert bond.amount_text == "2%；贴息基数（发行额或利息）、年限、上限见实施细则"
    assert (bond.amount_fen, bond.rate_ppm, bond.departments) == (0, 20_000, ("地方金融监管局",))


def test_benefits_for_the_firm_come_before_those_that_people_must_judge() -> None:
    outcomes = [one.outcome for one in ask(catalogue(FIRST_LOAN)).other_benefits]
    assert outcomes == sorted(outcomes, key=lambda outcome: outcome is not Outcome.PASS)
    assert {Outcome.PASS, Outcome.UNKNOWN} == set(outcomes)


@pytest.mark.parametrize(
    ("beneficiary", "outcome"),
    [
        (Beneficiary(sizes=(Size.SMALL,)), Outcome.PASS),
        (Beneficiary(sizes=(Size.SMALL,), partly=True), Outcome.UNKNOWN),
        (Beneficiary(owner_kinds=(OwnerKind.ENTERPRISE,)), Outcome.PASS),
        (
            Beneficiary(criteria=(Criterion(fact="srdi", operator=Operator.EQ, values=("true",)),)),
            Outcome.UNKNOWN,
        ),
        (Beneficiary(), Outcome.UNKNOWN),
        (Beneficiary(sizes=(Size.MEDIUM,)), None),
        (Beneficiary(sizes=(Size.MEDIUM,), partly=True), None),
        (Beneficiary(owner_kinds=(OwnerKind.FARMER,)), None),
        (Beneficiary(criteria=(Criterion(fact="score", operator=Operator.GE, values=("700",)),)), None),
    ],
)
def test_a_benefit_is_told_to_whom_it_may_be_for(beneficiary: Beneficiary, outcome: Outcome | None) -> None:
    known = benefit("one", beneficiary_of=beneficiary)
    told = answer_with({known.id: known}, FIRM, FIRST_LOAN).other_benefits
    assert [one.outcome for one in told] == ([] if outcome is None else [outcome])


def test_a_size_that_is_not_known_or_does_not_count_leaves_it_open() -> None:
    known = benefit("one", beneficiary_of=Beneficiary(sizes=(Size.SMALL,)))
    unknown = replace(FIRM, dimensions=replace(FIRM.dimensions, size=None))
    farmer = replace(FIRM, dimensions=replace(FIRM.dimensions, owner_kind=OwnerKind.FARMER))
    told = [answer_with({known.id: known}, firm, FIRST_LOAN).other_benefits[0] for firm in (unknown, farmer)]
    assert [one.outcome for one in told] == [Outcome.UNKNOWN, Outcome.UNKNOWN]


SUBSIDISED = product("subsidised", benefits=["benefits.subsidy"])


@pytest.mark.parametrize(
    ("beneficiary", "named", "counted"),
    [
        (Beneficiary(sizes=(Size.SMALL,)), 1, True),
        (Beneficiary(), 1, True),  # the bank says that it applies
        (Beneficiary(sizes=(Size.SMALL,), partly=True), 1, False),
        (Beneficiary(sizes=(Size.LARGE,)), 0, False),
    ],
)
def test_a_subsidy_lowers_the_cost_only_of_whom_the_policy_means(
    beneficiary: Beneficiary, named: int, *, counted: bool
) -> None:
    known = benefit("subsidy", "INTEREST_SUBSIDY", rate_ppm=20_000, beneficiary_of=beneficiary)
    (plan,) = answer_with({known.id: known}, FIRM, SUBSIDISED).plans
    assert len(plan.benefits) == named
    assert (plan.after_subsidy_effective_ppm < plan.all_in_effective_ppm) is counted
    assert [one.amount_fen for one in plan.benefits] == ([20_000 * YUAN] if counted else [0] * named)


def test_two_subsidies_each_have_their_own_sum() -> None:
    one = benefit("subsidy", "INTEREST_SUBSIDY", rate_ppm=10_000)
    two = benefit("fee", "FEE_SUBSIDY", amount_fen=3_000 * YUAN)
    offered = product("both", benefits=[one.id, two.id])
    (plan,) = answer_with({one.id: one, two.id: two}, FIRM, offered).plans
    assert [known.amount_fen for known in plan.benefits] == [10_000 * YUAN, 3_000 * YUAN]


def test_a_first_loan_award_of_an_operator_joins_first_loans_alone() -> None:
    award = benefit("award", "FIRST_LOAN_AWARD", amount_fen=5_000 * YUAN)
    first, other = answer_with({award.id: award}, FIRM, FIRST_LOAN, product("other")).plans
    assert {first.product_id: len(first.benefits), other.product_id: len(other.benefits)} == {
        "prd_first": 1,
        "prd_other": 0,
    }
    assert min(first.after_subsidy_effective_ppm, other.after_subsidy_effective_ppm) < min(
        first.all_in_effective_ppm, other.all_in_effective_ppm
    )


def test_a_right_of_another_kind_is_registered_elsewhere() -> None:
    offered = product(
        "mark",
        modes=("IP_PLEDGE",),
        ip_pledge_caps=[
            pb.IpPledgeCap(right=pb.IP_RIGHT_KIND_TRADEMARK, cap_bp=3_000),
            pb.IpPledgeCap(right=pb.IP_RIGHT_KIND_COPYRIGHT, cap_bp=3_000),
        ],
    )
    rights = tuple(
        IpRight(id=kind, kind=kind, expires_on=date(2040, 1, 1), appraised_fen=2 * MILLION)
        for kind in (IpRightKind.TRADEMARK, IpRightKind.COPYRIGHT)
    )
    (plan,) = ask(catalogue(offered), replace(FIRM, rights=rights)).plans
    assert plan.security is GuaranteeMode.IP_PLEDGE
    assert [one.code for one in plan.conditions][2:] == [
        "COPYRIGHT_PLEDGE_REGISTRATION",
        "TRADEMARK_PLEDGE_REGISTRATION",
    ]


def test_a_known_technology_firm_is_no_reason_to_leave_a_benefit_out() -> None:
    yes, no = (ask(catalogue(FIRST_LOAN), with_facts(technology_sme=value)) for value in (1, 0))
    assert "benefits.technology_loan_pool" in [one.id for one in yes.other_benefits]
    assert "benefits.technology_loan_pool" not in [one.id for one in no.other_benefits]
