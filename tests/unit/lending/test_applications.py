"""Applications: bound to what the firm saw, decided with reasons, never paid out before the guarantee stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod
from libs.registry.loan_terms import GuaranteeMode, IpRightKind
from services.lending.domain.application import (
    Application,
    ApplicationStatus,
    Cover,
)
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.offer import Approval, Declination
from services.lending.domain.product import IpPledgeCap
from services.lending.operations import applications, choices, covers, decisions, loans
from tests.support.lending import GUARANTEED, OTHER_FIRM, new_application, new_product
from tests.unit.lending.desk import (
    APPROVAL,
    CANCELLED,
    CONFIRMED,
    COORDINATION,
    EFFECTIVE,
    EXPIRED,
    MANAGER,
    NO_ROOM,
    OFFICER,
    OWNER,
    REJECTED,
    RELEASED,
    RESERVED,
    THEIR_MANAGER,
    Desk,
    reservation,
)

STRANGER = Principal("acc_other", Role.SME, OTHER_FIRM)


def reserving(desk: Desk) -> Application:
    """An approved application whose guarantee is being reserved."""
    return desk.approved(desk.opened(**GUARANTEED))


def test_an_application_is_bound_to_the_version_that_the_firm_saw(desk: Desk) -> None:
    seen = desk.published(new_product(name="首户贷"))
    application = desk.opened(seen)
    desk.published(new_product(name="首户贷新"))

    assert (application.product_version, desk.seen(application).product_name) == (1, "首户贷")
    assert desk.approved(application).status is ApplicationStatus.APPROVED


def test_a_version_that_left_the_market_takes_no_new_application(desk: Desk) -> None:
    old = desk.published()
    desk.published(new_product(name="首户贷新"))

    with pytest.raises(Violation, match="WITHDRAWN") as refused:
        desk.opened(old)

    assert refused.value.field == "product_id"


OUTSIDE: dict[str, tuple[dict[str, Any], str]] = {
    "too little": ({"amount_fen": 9_999_999}, "amount_fen"),
    "too much": ({"amount_fen": 300_000_001}, "amount_fen"),
    "too short": ({"term_months": 5}, "term_months"),
    "too long": ({"term_months": 25}, "term_months"),
    "repaid in another way": ({"repayment_method": RepaymentMethod.BULLET}, "repayment_method"),
    "pledging rights": ({"ip_rights": ("ZL202010000001.X",)}, "ip_rights"),
}


@pytest.mark.parametrize(("changes", "field"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_what_the_product_does_not_offer_is_refused(
    one_desk: Desk, changes: dict[str, Any], field: str
) -> None:
    product = one_desk.published(new_product(f"P-{field}-{changes}"[:64]))

    with pytest.raises(Violation) as refused:
        one_desk.opened(product, **changes)

    assert refused.value.field == field


def test_a_guarantee_only_where_the_product_takes_one(one_desk: Desk) -> None:
    unsecured = new_product("P-unsecured", guarantee_modes=(GuaranteeMode.UNSECURED,), programmes=())

    with pytest.raises(Violation, match="no financing guarantee"):
        one_desk.opened(one_desk.published(unsecured), **GUARANTEED)


def test_rights_are_pledged_where_the_product_takes_them(one_desk: Desk) -> None:
    cap = IpPledgeCap(right=IpRightKind.INVENTION, cap_bp=3_000)
    pledging = new_product(
        "P-pledging", guarantee_modes=(GuaranteeMode.IP_PLEDGE,), ip_pledge_caps=(cap,), programmes=()
    )

    application = one_desk.opened(one_desk.published(pledging), ip_rights=("ZL202010000001.X",))

    assert application.ip_rights == ("ZL202010000001.X",)


def test_a_guarantee_has_a_programme_and_a_guarantor(one_desk: Desk) -> None:
    product = one_desk.published(new_product("P-half"))

    with pytest.raises(Violation, match="Give both or neither"):
        new_application(product, programme="prog_ordinary")


def test_only_coordination_opens_an_application(desk: Desk) -> None:
    product = desk.published()

    for by in (OFFICER, OWNER):
        with pytest.raises(Forbidden):
            desk.act(applications.open_application, by, new_application(product))


def test_the_bank_and_the_firm_see_it_and_nobody_else(desk: Desk) -> None:
    application = desk.opened()

    for by in (OFFICER, MANAGER, COORDINATION):
        assert desk.ask(applications.get_application, by, application.id) == application
    assert desk.ask(applications.get_application, OWNER, application.id) == replace(
        application, query_count=1
    )
    for by in (THEIR_MANAGER, STRANGER, Principal("acc_r", Role.REGULATOR, "org_r")):
        with pytest.raises(Forbidden):
            desk.ask(applications.get_application, by, application.id)


def test_each_sees_its_own_in_a_list(desk: Desk) -> None:
    product = desk.published()
    mine, theirs = desk.opened(product), desk.opened(product, party=OTHER_FIRM)

    assert desk.ask(applications.list_applications, OFFICER).items == (theirs, mine)
    assert [item.id for item in desk.ask(applications.list_applications, OWNER).items] == [mine.id]
    assert [item.id for item in desk.ask(applications.list_applications, STRANGER).items] == [theirs.id]
    assert desk.ask(applications.list_applications, THEIR_MANAGER).items == ()
    assert desk.ask(applications.list_applications, OFFICER, ApplicationStatus.APPROVED).items == ()


ON_ONE: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "approve": (decisions.approve_application, (APPROVAL,)),
    "decline": (decisions.decline_application, (Declination(reason_codes=("FIRM_AGE",)),)),
    "disburse": (
        loans.disburse,
        (Disbursement(disbursed_on=date(2026, 11, 20), external_id="L-1"),),
    ),
}


@pytest.mark.parametrize(("operation", "told"), ON_ONE.values(), ids=ON_ONE.keys())
def test_another_bank_decides_nothing(desk: Desk, operation: Any, told: tuple[Any, ...]) -> None:
    application = desk.opened()

    with pytest.raises(Forbidden):
        desk.act(operation, THEIR_MANAGER, application.id, *told)
    with pytest.raises(Forbidden):
        desk.act(operation, OWNER, application.id, *told)
    with pytest.raises(NotFound):
        desk.act(operation, OFFICER, "app_none", *told)
    assert desk.seen(application) == application


def test_another_firm_withdraws_nothing(desk: Desk) -> None:
    application = desk.opened()

    for by in (STRANGER, OFFICER):
        with pytest.raises(Forbidden):
            desk.act(choices.withdraw_application, by, application.id)
    assert desk.seen(application) == application


def test_an_approval_keeps_who_and_on_what(desk: Desk) -> None:
    application = desk.approved(desk.opened())

    decision = application.decision
    assert decision is not None
    assert (decision.approved, decision.amount_fen, decision.decided_by) == (
        True,
        80_000_000,
        OFFICER.subject,
    )
    assert (application.cover, desk.intended(application)) == (Cover.NOT_NEEDED, [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_fen": 80_000_001}, "amount_fen"),
        ({"amount_fen": 0}, "amount_fen"),
        ({"rate_ppm": -1}, "rate_ppm"),
        ({"rate_ppm": 1_000_001}, "rate_ppm"),
        ({"term_months": 0}, "term_months"),
        ({"term_months": 601}, "term_months"),
    ],
)
def test_an_approval_that_cannot_be_is_refused(desk: Desk, changes: dict[str, int], field: str) -> None:
    application = desk.opened()
    approval = Approval(**({"amount_fen": 1, "rate_ppm": 1, "term_months": 1} | changes))

    with pytest.raises(Violation) as refused:
        desk.act(decisions.approve_application, OFFICER, application.id, approval)

    assert refused.value.field == field


def test_a_refusal_has_reasons(desk: Desk) -> None:
    application = desk.declined(desk.opened(), "FIRM_AGE", "TAX_GRADE")

    assert application.status is ApplicationStatus.DECLINED
    assert application.decision is not None
    assert application.decision.reason_codes == ("FIRM_AGE", "TAX_GRADE")


@pytest.mark.parametrize("codes", [(), ("",), ("李伟没有还款能力",), ("FIRM_AGE", "call 13812345678")])
def test_a_refusal_without_a_code_is_none(codes: Sequence[str]) -> None:
    with pytest.raises(Violation) as refused:
        Declination(reason_codes=tuple(codes))

    assert refused.value.field.startswith("reason_codes")


def test_what_was_decided_is_not_decided_again(desk: Desk) -> None:
    approved = desk.approved(desk.opened())

    with pytest.raises(Violation, match="APPROVED, not SUBMITTED"):
        desk.approved(approved)
    with pytest.raises(Violation, match="APPROVED, not SUBMITTED"):
        desk.declined(approved, "FIRM_AGE")


def test_a_wanted_guarantee_is_reserved_when_the_bank_approves(desk: Desk) -> None:
    opened = desk.opened(**GUARANTEED)
    assert (opened.cover, desk.intended(opened)) == (Cover.WANTED, [])

    approved = desk.approved(opened)

    assert (approved.cover, desk.intended(approved)) == (Cover.RESERVING, [covers.RESERVE])


NOT_YET = {
    "being reserved": [],
    "reserved": [RESERVED],
    "rejected": [RESERVED, REJECTED],
    "expired": [RESERVED, EXPIRED],
    "given back": [RESERVED, CONFIRMED, CANCELLED],
}


@pytest.mark.parametrize("news", NOT_YET.values(), ids=NOT_YET.keys())
def test_nothing_is_paid_out_before_the_guarantee_stands(desk: Desk, news: list[int]) -> None:
    application = desk.signed(desk.offer_accepted(reserving(desk)))
    for status in news:
        desk.heard(application, status)

    with pytest.raises(Violation, match="not CONFIRMED") as refused:
        desk.disbursed(application)

    assert refused.value.field == "cover"


def test_a_confirmed_guarantee_goes_with_the_loan(desk: Desk) -> None:
    application = desk.signed(desk.offer_accepted(reserving(desk)))
    desk.answered(application, reservation(application))
    desk.heard(application, CONFIRMED)

    loan = desk.disbursed(application)

    assert (loan.guarantee_id, loan.outstanding_fen) == ("gua_1", 80_000_000)
    assert desk.seen(application).status is ApplicationStatus.DISBURSED


def test_a_refused_reservation_says_why(desk: Desk) -> None:
    application = reserving(desk)

    desk.answered(application, NO_ROOM)

    known = desk.seen(application)
    assert (known.cover, known.cover_note) == (Cover.REFUSED, "No room is left in the programme.")


def test_a_note_of_the_guarantor_is_kept(desk: Desk) -> None:
    application = reserving(desk)

    desk.heard(application, REJECTED, "反担保不足")

    assert desk.seen(application).cover_note == "反担保不足"


def test_a_firm_that_steps_back_while_room_is_reserved_gives_it_back(desk: Desk) -> None:
    application = reserving(desk)
    desk.withdrawn(application)
    desk.forget_intents()

    desk.answered(application, reservation(application))

    assert desk.intended(application) == [covers.RELEASE]
    assert desk.seen(application).guarantee_id == "gua_1"


def test_a_firm_that_steps_back_after_the_reservation_gives_it_back(desk: Desk) -> None:
    application = reserving(desk)
    desk.answered(application, reservation(application))
    desk.forget_intents()

    desk.withdrawn(application)

    assert desk.intended(application) == [covers.RELEASE]


def test_a_firm_that_steps_back_before_gives_nothing_back(desk: Desk) -> None:
    application = desk.withdrawn(desk.opened(**GUARANTEED))

    assert (application.status, desk.intended(application)) == (ApplicationStatus.WITHDRAWN, [])


def test_a_refusal_after_the_firm_stepped_back_gives_nothing_back(desk: Desk) -> None:
    application = reserving(desk)
    desk.withdrawn(application)
    desk.forget_intents()

    desk.answered(application, NO_ROOM)

    assert desk.intended(application) == []


@pytest.mark.parametrize("end", ["declined", "withdrawn", "disbursed"])
def test_what_has_ended_cannot_be_withdrawn(desk: Desk, end: str) -> None:
    application = desk.opened()
    if end == "declined":
        desk.declined(application, "FIRM_AGE")
    elif end == "withdrawn":
        desk.withdrawn(application)
    else:
        desk.disbursed(desk.contracted(application))

    with pytest.raises(Violation, match="nothing to withdraw"):
        desk.withdrawn(application)


ANSWER = -1
FURTHEST = [
    (Cover.REFUSED, {REJECTED, CANCELLED, EXPIRED}),
    (Cover.ENDED, {RELEASED}),
    (Cover.EFFECTIVE, {EFFECTIVE}),
    (Cover.CONFIRMED, {CONFIRMED}),
    (Cover.RESERVED, {RESERVED, ANSWER}),
]

news_of_a_guarantee = st.lists(
    st.sampled_from([ANSWER, RESERVED, CONFIRMED, EFFECTIVE, RELEASED, REJECTED, CANCELLED, EXPIRED]),
    max_size=8,
)


@given(news_of_a_guarantee)
def test_in_whatever_order_news_comes_the_furthest_is_believed(one_desk: Desk, news: list[int]) -> None:
    """Events repeat and overtake one another, and the answer of the call comes before, between or after them."""
    application = reserving(one_desk)

    for status in news:
        if status == ANSWER:
            one_desk.answered(application, reservation(application))
        else:
            one_desk.heard(application, status)

    expected = next((cover for cover, told in FURTHEST if told & set(news)), Cover.RESERVING)
    assert one_desk.seen(application).cover is expected
    assert one_desk.seen(application).guarantee_id == ("gua_1" if news else None)


@given(news_of_a_guarantee, st.integers(0, 8))
def test_whenever_the_firm_steps_back_reserved_room_is_given_back(
    one_desk: Desk, news: list[int], when: int
) -> None:
    application = reserving(one_desk)
    for status in set(news[:when]) - {ANSWER}:
        one_desk.heard(application, status)
    one_desk.withdrawn(application)

    one_desk.answered(application, reservation(application))

    over = {REJECTED, CANCELLED, EXPIRED, RELEASED, EFFECTIVE} & set(news[:when])
    assert covers.RELEASE in one_desk.intended(application) or over
