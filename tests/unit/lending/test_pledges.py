"""Pledges: what is lent on them and when, and what stands against them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from services.lending.domain.pledge import (
    IpTerms,
    PledgeContract,
    PledgeRegistration,
    RightKind,
    Upkeep,
    lendable,
)
from services.lending.operations import pledges
from tests.unit.lending.desk import Desk
from tests.unit.lending.pledging import (
    ALIVE,
    TODAY,
    Lender,
    fresh,
    invention,
    pledge_product,
    receivable,
)

MATURES_ON = date(2029, 11, 22)


def test_an_invention_of_six_million_lends_one_million_eight(lender: Lender) -> None:
    pledge = lender.proposed(invention(lender.opened(), number=fresh()))

    assert (pledge.lendable_fen, pledge.cap_bp, pledge.status) == (180_000_000, 3_000, "PROPOSED")
    assert (pledge.ends_on, pledge.debt_ends_on) == (date(2035, 3, 10), MATURES_ON)


def test_a_claim_lends_by_its_own_cap_and_its_debtor_is_sealed(lender: Lender) -> None:
    pledge = lender.proposed(receivable(lender.opened()))

    with lender.desk.database.read() as tx:
        stored = tx.connection.exec_driver_sql(
            "SELECT receivable FROM pledges WHERE ends_on IS NULL"
        ).scalar()
    assert (pledge.lendable_fen, pledge.ends_on) == (360_000_000, None)
    assert "MA75WX4T32" not in str(stored)


def test_nothing_is_paid_out_before_the_registration(lender: Lender) -> None:
    number = fresh()
    application = lender.opened(ip_rights=(number,))
    lender.approved(application)

    with pytest.raises(Violation, match="is not pledged") as unpledged:
        lender.check(application, 1)
    pledge = lender.proposed(invention(application, number=number))
    with pytest.raises(Violation, match="PROPOSED"):
        lender.check(application, 1)
    lender.signed(pledge)
    with pytest.raises(Violation, match="CONTRACTED") as unregistered:
        lender.check(application, 1)
    lender.entered(pledge)

    with pytest.raises(Violation, match="after the loan"):
        lender.check(application, 1, disbursed_on=TODAY - timedelta(days=1))
    lender.check(application, 180_000_000)
    assert (unpledged.value.field, unregistered.value.source) == (
        "pledges",
        "Civil Code, articles 444 and 445",
    )


def test_an_application_that_wants_no_pledge_and_has_none_is_not_held_up(lender: Lender) -> None:
    lender.check(lender.opened(), 180_000_000)


def test_more_than_the_pledges_carry_is_not_lent(lender: Lender) -> None:
    application = lender.opened(amount_fen=300_000_000)
    lender.registered(invention(application, number=fresh()))

    with pytest.raises(Violation, match=r"carry 1,800,000\.00 yuan") as refused:
        lender.check(application, 180_000_001)
    lender.registered(receivable(application, number=fresh()))

    lender.check(application, 540_000_000)
    assert refused.value.field == "amount_fen"


def test_a_utility_model_of_2017_does_not_carry_a_loan_of_three_years(lender: Lender) -> None:
    model = IpTerms(runs_from=date(2017, 5, 1), fee_paid_until=date(2027, 5, 1))
    new = invention(lender.opened(), kind=RightKind.UTILITY_MODEL, number=fresh(), ip=model)

    with pytest.raises(Violation, match="outlasts") as refused:
        lender.proposed(replace(new, debt_ends_on=date(2028, 6, 3)))

    assert refused.value.field == "debt_ends_on"
    assert "announcement 461" in str(refused.value.source)


def test_the_margin_of_the_product_is_kept(lender: Lender) -> None:
    ends = IpTerms(runs_from=date(2009, 11, 22), fee_paid_until=TODAY)  # on the very day of the loan
    plain, careful = (
        lender.opened(lender.published(pledge_product("P-M", ip_margin_months=months))) for months in (0, 1)
    )

    assert lender.proposed(invention(plain, number=fresh(), ip=ends)).ends_on == MATURES_ON
    with pytest.raises(Violation, match="1 months more"):
        lender.proposed(invention(careful, number=fresh(), ip=ends))


def test_all_that_stands_against_a_pledge_is_told_at_once(lender: Lender) -> None:
    bad = IpTerms(runs_from=date(2008, 1, 1), fee_paid_until=date(2026, 1, 1), disputed=True)
    new = invention(lender.opened(), number=fresh(), co_owned=True, rank=2, ip=bad)

    with pytest.raises(Violation) as refused:
        lender.proposed(new)

    assert refused.value.field == "co_owners_consent"
    for words in ("several owners", "pledged already", "disputed", "fees are paid until", "outlasts"):
        assert words in refused.value.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": RightKind.COPYRIGHT}, "kind"),
        ({"ip": replace(ALIVE, runs_from=date(1990, 1, 1))}, "ip/runs_from"),
        ({"ip": replace(ALIVE, runs_from=date(2026, 11, 23))}, "ip/runs_from"),
        ({"ip": replace(ALIVE, ended_on=date(2026, 11, 21))}, "ip/runs_from"),
    ],
)
def test_a_right_that_cannot_be_pledged_is_refused(
    lender: Lender, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Violation) as refused:
        lender.proposed(invention(lender.opened(), number=fresh(), **changes))

    assert refused.value.field == field


@pytest.mark.parametrize(
    "changes",
    [
        {"number": " - "},
        {"number": "9" * 81},
        {"owner": ""},
        {"rank": 0},
        {"rank": 101},
        {"debt_ends_on": date(9999, 12, 31)},
        {"ip": None},
        {"ip": replace(ALIVE, fee_paid_until=None)},
        {"kind": RightKind.RECEIVABLE},
    ],
)
def test_a_pledge_that_says_too_little_is_none(lender: Lender, changes: dict[str, object]) -> None:
    application = lender.opened()

    with pytest.raises(Violation):
        invention(application, **changes)


def test_an_application_that_ended_takes_no_pledge_and_frees_its_own(lender: Lender, other: Lender) -> None:
    number = fresh()
    application = lender.opened()
    pledge = lender.proposed(invention(application, number=number))
    lender.desk.declined(application, "FIRM_AGE")

    seen = lender.desk.ask(pledges.get_pledge, lender.officer, pledge.id)
    with pytest.raises(Violation, match="DECLINED"):
        lender.proposed(invention(application, number=fresh()))

    assert (seen.status, seen.reason) == ("RELEASED", "DECLINED")
    assert other.proposed(invention(other.opened(), number=number)).status == "PROPOSED"


@pytest.mark.parametrize(
    ("step", "told", "field"),
    [
        ("sign", PledgeContract(number="Z-1", signed_on=TODAY + timedelta(days=1)), "signed_on"),
        ("sign", PledgeContract(number="Z-1", signed_on=TODAY), None),
        (
            "register",
            PledgeRegistration(number="Y-1", registered_on=TODAY + timedelta(days=1)),
            "registered_on",
        ),
        (
            "register",
            PledgeRegistration(number="Y-1", registered_on=TODAY - timedelta(days=1)),
            "registered_on",
        ),
    ],
)
def test_steps_are_told_when_they_happened_and_in_their_order(
    lender: Lender, step: str, told: PledgeContract | PledgeRegistration, field: str | None
) -> None:
    pledge = lender.proposed(invention(lender.opened(), number=fresh()))
    operation = {"sign": pledges.sign_pledge, "register": pledges.register_pledge}[step]
    with pytest.raises(Violation, match="PROPOSED"):
        lender.entered(pledge)
    if step == "register" or field is None:
        lender.signed(pledge)

    with pytest.raises(Violation) as refused:
        lender.desk.act(operation, lender.officer, pledge.id, told)

    assert refused.value.field == (field or "status")


def test_a_right_that_falls_into_arrears_holds_up_the_next_drawdown(lender: Lender) -> None:
    application = lender.opened()
    pledge = lender.registered(invention(application, number=fresh()))
    lender.desk.act(pledges.keep_up_pledge, lender.officer, pledge.id, Upkeep(disputed=True))

    with pytest.raises(Violation, match="disputed"):
        lender.check(application, 1)
    with pytest.raises(Violation, match="outlasts"):
        lender.check(application, 1, date(2035, 3, 11))


@pytest.mark.parametrize(
    ("kind", "upkeep", "field"),
    [
        (RightKind.INVENTION, Upkeep(), "fee_paid_until"),
        (RightKind.INVENTION, Upkeep(renewed_until=date(2040, 1, 1)), "renewed_until"),
        (RightKind.TRADEMARK, Upkeep(fee_paid_until=date(2040, 1, 1)), "fee_paid_until"),
        (RightKind.TRADEMARK, Upkeep(renewed_until=date(2030, 3, 10)), "renewed_until"),
    ],
)
def test_upkeep_is_of_its_kind_of_right(lender: Lender, kind: RightKind, upkeep: Upkeep, field: str) -> None:
    born = replace(ALIVE, runs_from=date(2020, 3, 10))
    pledge = lender.proposed(invention(lender.opened(), kind=kind, number=fresh(), ip=born))

    with pytest.raises(Violation) as refused:
        lender.desk.act(pledges.keep_up_pledge, lender.officer, pledge.id, upkeep)

    assert refused.value.field == field


def test_a_bank_is_told_once_of_fees_that_run_out_and_again_of_the_next(desk: Desk) -> None:
    lender, soon = Lender(desk), replace(ALIVE, fee_paid_until=TODAY + timedelta(days=60))
    pledge = lender.registered(invention(lender.opened(), ip=soon))
    lender.registered(invention(lender.opened(), number="ZL201510000009.9"))

    told = [pledges.watch(desk.database), pledges.watch(desk.database)]
    paid = Upkeep(fee_paid_until=TODAY + timedelta(days=59))
    desk.act(pledges.keep_up_pledge, lender.officer, pledge.id, paid)
    told += [pledges.watch(desk.database)]

    assert told == [1, 0, 1]


def test_a_renewed_trademark_lasts_longer_and_carries_a_longer_loan(lender: Lender) -> None:
    mark = IpTerms(runs_from=date(2019, 3, 10))
    new = invention(lender.opened(), kind=RightKind.TRADEMARK, number=fresh(), ip=mark)
    with pytest.raises(Violation, match="Renew the trademark"):
        lender.proposed(new)
    pledge = lender.proposed(replace(new, debt_ends_on=date(2029, 1, 1)))

    renewed = Upkeep(renewed_until=date(2039, 3, 9))
    longer = lender.desk.act(pledges.keep_up_pledge, lender.officer, pledge.id, renewed)

    assert (longer.ends_on, longer.ip.renewed_until) == (date(2039, 3, 9), date(2039, 3, 9))


@given(value_fen=st.integers(1, 10**15), cap_bp=st.integers(1, 10_000))
def test_what_is_lent_on_a_value_is_never_more_than_its_part(value_fen: int, cap_bp: int) -> None:
    lent = lendable(value_fen, cap_bp)

    assert lent * 10_000 <= value_fen * cap_bp < (lent + 1) * 10_000


def test_a_right_does_not_begin_beyond_our_time() -> None:
    with pytest.raises(Violation):
        IpTerms(runs_from=date(9999, 12, 31))
