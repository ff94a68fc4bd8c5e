"""From submission to signed contracts: what the bank promises, what the firm accepts, what time and others end."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden
from libs.criteria.violation import Violation
from libs.registry.loan_terms import GuaranteeMode, IpRightKind, RateBase
from services.lending.domain.application import Answer, ApplicationStatus, Question, Renewal
from services.lending.domain.offer import Approval, Declination
from services.lending.domain.product import IpPledgeCap, Rate
from services.lending.operations import choices, decisions, timers
from tests.support.lending import GUARANTEED, OTHER_FIRM, new_product
from tests.unit.lending.desk import (
    APPROVAL,
    OFFICER,
    OTHER_BANK,
    OWNER,
    SIGNED,
    Desk,
)

S = ApplicationStatus
THEIR_OFFICER = Principal("acc_their_officer", Role.BANK_OFFICER, OTHER_BANK)
STRANGER = Principal("acc_other", Role.SME, OTHER_FIRM)


@pytest.fixture
def desk(light_desk: Desk) -> Desk:
    return light_desk


def days_go_by(desk: Desk, days: int) -> None:
    desk.database.clock.instant += timedelta(days=days)  # type: ignore[attr-defined]
    timers.lapse_offers(desk.database)
    timers.note_overdue(desk.database)


def test_a_bank_takes_up_asks_and_decides(desk: Desk) -> None:
    application = desk.replied(desk.asked(desk.accepted(desk.opened())))

    assert application.information is not None
    assert (application.information.question, application.information.answer) == (
        "去年的纳税申报表？",
        "已寄出。",
    )
    reached = [step.status for step in desk.contracted(application).timeline]
    assert reached == [
        S.SUBMITTED,
        S.ACCEPTED,
        S.INFORMATION_ASKED,
        S.ACCEPTED,
        S.APPROVED,
        S.OFFER_ACCEPTED,
        S.CONTRACTED,
    ]


STEPS: dict[str, tuple[Any, tuple[Any, ...], Principal]] = {
    "accept": (decisions.accept_application, (), OFFICER),
    "ask": (decisions.ask_information, (Question(question="?"),), OFFICER),
    "answer": (choices.answer_question, (Answer(answer="!"),), OWNER),
    "approve": (decisions.approve_application, (APPROVAL,), OFFICER),
    "decline": (decisions.decline_application, (Declination(reason_codes=("FIRM_AGE",)),), OFFICER),
    "accept the offer": (choices.accept_offer, (), OWNER),
    "sign": (decisions.sign_contracts, (SIGNED,), OFFICER),
    "withdraw": (choices.withdraw_application, (), OWNER),
}


@pytest.mark.parametrize(("operation", "told", "right"), STEPS.values(), ids=STEPS.keys())
def test_each_step_is_of_the_bank_or_of_the_firm_and_of_nobody_else(
    one_desk: Desk, operation: Any, told: tuple[Any, ...], right: Principal
) -> None:
    application = one_desk.opened(one_desk.published(new_product(f"P-of-{operation.__name__}")))

    for by in {OFFICER, OWNER, THEIR_OFFICER, STRANGER} - {right}:
        with pytest.raises(Forbidden):
            one_desk.act(operation, by, application.id, *told)
    assert one_desk.seen(application) == application


def test_nothing_is_paid_out_before_the_contracts_are_signed(desk: Desk) -> None:
    application = desk.opened()

    for step in (desk.approved, desk.offer_accepted):
        application = step(application)
        with pytest.raises(Violation, match="nothing to pay out"):
            desk.disbursed(application)

    assert desk.disbursed(desk.signed(application, SIGNED)).amount_fen == 80_000_000


def test_the_contracts_that_a_loan_stands_on_are_named(desk: Desk) -> None:
    cap = IpPledgeCap(right=IpRightKind.INVENTION, cap_bp=3_000)
    both = (GuaranteeMode.IP_PLEDGE, GuaranteeMode.FINANCING_GUARANTEE)
    product = desk.published(new_product(guarantee_modes=both, ip_pledge_caps=(cap,)))
    application = desk.opened(product, ip_rights=("ZL202010000001.X",), **GUARANTEED)
    accepted = desk.offer_accepted(desk.approved(application))

    with pytest.raises(Violation) as without_guarantee:
        desk.signed(accepted, SIGNED)
    with pytest.raises(Violation) as without_pledge:
        desk.signed(accepted, replace(SIGNED, guarantee_contract="G-1"))
    with pytest.raises(Violation) as tomorrow:
        late = replace(SIGNED, guarantee_contract="G-1", pledge_contract="Z-1", signed_on=date(2026, 11, 23))
        desk.signed(accepted, late)

    fields = [told.value.field for told in (without_guarantee, without_pledge, tomorrow)]
    assert fields == ["guarantee_contract", "pledge_contract", "signed_on"]


def test_an_offer_holds_for_thirty_days_unless_the_bank_names_another_last_day(desk: Desk) -> None:
    product = desk.published()
    usual, named = desk.opened(product), desk.opened(product, request_id="req_2")

    usual = desk.approved(usual)
    named = desk.approved(named, replace(APPROVAL, valid_until=date(2026, 11, 25)))

    assert (usual.offer_valid_until, named.offer_valid_until) == (date(2026, 12, 22), date(2026, 11, 25))
    with pytest.raises(Violation, match="is past"):
        desk.approved(desk.opened(product), replace(APPROVAL, valid_until=date(2026, 11, 21)))


def test_a_late_acceptance_is_refused_even_before_the_job_came_by(desk: Desk) -> None:
    application = desk.approved(desk.opened(), replace(APPROVAL, valid_until=date(2026, 11, 22)))
    desk.database.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]

    with pytest.raises(Violation, match="good until 2026-11-22"):
        desk.offer_accepted(application)


def test_a_decision_is_promised_in_working_days(desk: Desk) -> None:
    application = desk.opened()  # on a Sunday, for five working days

    assert application.decision_due_on == date(2026, 11, 27)
    assert application.timeline[0].due_on == date(2026, 11, 27)
    assert not application.timeline[0].estimated


def test_a_promise_into_a_year_whose_holidays_are_unknown_says_so(desk: Desk) -> None:
    application = desk.opened(desk.published(new_product(decision_days=30)))

    assert application.timeline[0].due_on == date(2027, 1, 1)
    assert application.timeline[0].estimated


def test_while_the_bank_waits_for_the_firm_its_time_stands_still(desk: Desk) -> None:
    application = desk.asked(desk.opened())

    days_go_by(desk, 8)  # six working days, and the promised day is past
    assert not desk.seen(application).overdue

    assert desk.replied(application).decision_due_on == date(2026, 12, 7)


def test_a_need_asked_for_before_is_pointed_out_to_the_bank_and_never_blocked(desk: Desk) -> None:
    application = desk.opened(similar=True)

    seen = desk.seen(application)
    assert seen.similar and desk.approved(application).status is S.APPROVED
    assert "req_" not in str(replace(seen, request_id=""))


WRONG_OFFERS: dict[str, tuple[dict[str, Any], str]] = {
    "a spread over nothing": ({"spread_bp": 85}, "spread_bp"),
    "a base without a spread": ({"rate_base": RateBase.LPR_1Y}, "spread_bp"),
    "a spread over a fixed rate": ({"rate_base": RateBase.FIXED, "spread_bp": 85}, "spread_bp"),
    "a line smaller than the loan": ({"borrower_line_fen": 79_999_999}, "borrower_line_fen"),
}


@pytest.mark.parametrize(("changes", "field"), WRONG_OFFERS.values(), ids=WRONG_OFFERS.keys())
def test_an_offer_that_contradicts_itself_is_refused(
    one_desk: Desk, changes: dict[str, Any], field: str
) -> None:
    application = one_desk.opened(one_desk.published(new_product(f"P-{field}-{len(changes)}-{changes}"[:64])))

    with pytest.raises(Violation) as refused:
        one_desk.approved(application, replace(APPROVAL, **changes))

    assert refused.value.field == field


def test_an_offer_shows_no_lower_rate_than_the_lpr_and_the_spread_make(desk: Desk) -> None:
    offer = Approval(
        amount_fen=80_000_000, rate_ppm=38_499, term_months=12, rate_base=RateBase.LPR_1Y, spread_bp=85
    )

    with pytest.raises(Violation, match="make 38500 today, not 38499") as refused:
        desk.approved(desk.opened(), offer)

    assert refused.value.field == "rate_ppm"


PROMISED = {
    "above the LPR of the day and the spread": ({}, {"rate_ppm": 44_001}, "rate_ppm", "44000"),
    "above a fixed rate": (
        {"rate": Rate(base=RateBase.FIXED, min_ppm=30_000, max_ppm=36_000)},
        {"rate_ppm": 36_001},
        "rate_ppm",
        "36000",
    ),
    "shorter than the product": ({}, {"term_months": 5}, "term_months", "6 to 24 months"),
    "longer than the product": ({}, {"term_months": 25}, "term_months", "6 to 24 months"),
}


@pytest.mark.parametrize(("terms", "changes", "field", "allowed"), PROMISED.values(), ids=PROMISED.keys())
def test_an_approval_outside_what_the_product_promised_is_refused(
    light_desk: Desk, terms: dict[str, Any], changes: dict[str, Any], field: str, allowed: str
) -> None:
    application = light_desk.opened(light_desk.published(new_product(**terms)))

    with pytest.raises(Violation, match=allowed) as refused:
        light_desk.approved(application, replace(APPROVAL, **changes))

    assert refused.value.field == field
    assert "register a new version" in refused.value.mend
    assert refused.value.source == ("PBC Announcement [2021] No. 3" if field == "rate_ppm" else None)


def test_a_bank_may_lend_less_and_cheaper_than_its_product(desk: Desk) -> None:
    offer = replace(APPROVAL, amount_fen=1, rate_ppm=0, term_months=24)

    assert desk.approved(desk.opened(), offer).status is S.APPROVED


def test_an_approval_is_held_to_the_version_that_the_firm_saw(desk: Desk) -> None:
    asked = desk.opened()
    dearer = Rate(base=RateBase.LPR_1Y, min_ppm=4_000, max_ppm=30_000)
    later = desk.opened(desk.published(new_product(rate=dearer)), request_id="req_2")
    dear = replace(APPROVAL, rate_ppm=60_000)

    with pytest.raises(Violation, match="above 44000"):
        desk.approved(asked, dear)
    assert desk.approved(later, dear).status is S.APPROVED


def test_an_offer_keeps_what_its_rate_follows_from(desk: Desk) -> None:
    offer = Approval(
        amount_fen=80_000_000,
        rate_ppm=38_500,
        term_months=12,
        rate_base=RateBase.LPR_1Y,
        spread_bp=85,
        borrower_line_fen=100_000_000,
        revolving=True,
    )

    decision = desk.approved(desk.opened(), offer).decision

    assert decision is not None
    assert (decision.rate_base, decision.spread_bp, decision.borrower_line_fen) == (
        RateBase.LPR_1Y,
        85,
        100_000_000,
    )


def test_an_unknown_reason_names_those_that_are_near() -> None:
    with pytest.raises(Violation, match="REPAYMENT_ABILITY") as refused:
        Declination(reason_codes=("FIRM_AGE", "REPAYMENT_ABILTY"))

    assert (refused.value.field, refused.value.source) == ("reason_codes/1", "2021 opinions, paragraph 10")


def test_a_renewal_names_a_loan_of_this_firm_at_this_bank(desk: Desk) -> None:
    loan = desk.lent()
    product = desk.published(new_product("P-2"))

    renewing = desk.opened(product, request_id="req_2", renewal=Renewal(loan_id=loan.id))
    with pytest.raises(Violation) as refused:
        desk.opened(product, request_id="req_3", party=OTHER_FIRM, renewal=Renewal(loan_id=loan.id))

    assert renewing.renewal is not None
    assert refused.value.field == "renewal/loan_id"


def test_what_comes_too_late_or_too_early_is_told_with_what_comes_first(desk: Desk) -> None:
    application = desk.opened()

    with pytest.raises(Violation, match="The bank approves it first"):
        desk.act(decisions.sign_contracts, OFFICER, application.id, SIGNED)
    desk.approved(application)
    with pytest.raises(Violation, match="It was decided already"):
        desk.act(decisions.approve_application, OFFICER, application.id, APPROVAL)
    with pytest.raises(Violation, match="The firm accepts the offer first"):
        desk.act(decisions.sign_contracts, OFFICER, application.id, SIGNED)
