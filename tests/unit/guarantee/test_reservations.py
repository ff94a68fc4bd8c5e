"""What a reservation takes, and when it is given back. Every test runs on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.criteria.violation import Violation
from services.guarantee import jobs
from services.guarantee.domain.guarantee import GuaranteeStatus, Rejection
from services.guarantee.operations import guarantees, guarantors
from tests.unit.guarantee.chain import (
    HELAN,
    LENDING,
    MANAGER,
    MILLION,
    OPERATOR,
    YINCHUAN,
    YUAN,
    confirm,
    disburse,
    held,
    house_rules,
    limits_out_of_order,
    open_business,
    read_back,
    repay,
    reserve,
    wish,
    with_figures,
)

ALL_OF_THREE_MILLION = {
    "admission/org_helan": 3 * MILLION,
    "borrower/uscc:a/ordinary": 3 * MILLION,
    # A small firm's balance up to five million weighs 75 %: of 2,400,000 that is 1,800,000.
    "guarantor/org_helan/borrower/uscc:a": 1_800_000 * YUAN,
    "guarantor/org_helan/liability": 1_800_000 * YUAN,
    "programme/ordinary/2026": 3 * MILLION,
    "province/2026": 3 * MILLION,
}


def test_a_reservation_takes_of_every_limit(database: Database) -> None:
    guarantee = reserve(database, wish())

    assert guarantee.status is GuaranteeStatus.RESERVED
    assert [share.amount_fen for share in guarantee.shares] == [
        60_000_000,
        60_000_000,
        60_000_000,
        120_000_000,
    ]
    assert guarantee.fee_fen == 30_000 * YUAN
    assert held(database) == ALL_OF_THREE_MILLION


def test_a_refused_reservation_takes_of_none(database: Database) -> None:
    too_much_for_one = wish(amount_fen=10 * MILLION + 1)

    with pytest.raises(Conflict) as refused:
        reserve(database, too_much_for_one)

    assert refused.value.field == "guarantee.ordinary.loan_limit_fen"
    assert "guarantee.ordinary.borrower_limit_fen" in refused.value.detail
    assert held(database) == {}


def test_of_two_loans_of_three_million_the_last_room_takes_one(database: Database) -> None:
    """Golden G27: capacity 10 million, 6 million reserved, two of 3 million."""
    open_business(database, with_figures(house_rules(), "ordinary", annual_quota_fen=10 * MILLION))
    reserve(database, wish("app_0", 6 * MILLION, "uscc:first"))

    reserve(database, wish("app_1", 3 * MILLION, "uscc:a"))
    with pytest.raises(Conflict) as refused:
        reserve(database, wish("app_2", 3 * MILLION, "uscc:b"))

    assert refused.value.field == "guarantee.ordinary.annual_quota_fen"
    assert held(database)["programme/ordinary/2026"] == 9 * MILLION


def test_one_borrower_is_stopped_at_a_tenth_of_net_assets(database: Database) -> None:
    small = replace(HELAN, net_assets_fen=9_375_000 * YUAN)
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, small.id, small))
    reserve(database, wish("app_1", 1_562_500 * YUAN))  # 80 % of it, at 75 %, is the tenth: 937,500

    with pytest.raises(Conflict, match="937,500.00 held and 0.03 more"):
        reserve(database, wish("app_2", 4))

    assert reserve(database, wish("app_3", 4, "uscc:b")).amount_fen == 4


def test_the_book_from_before_the_platform_counts(database: Database) -> None:
    full = replace(HELAN, opening_liability_fen=1000 * MILLION)  # ten times its net assets
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, full.id, full))

    with pytest.raises(Conflict) as refused:
        reserve(database, wish(amount_fen=4))
    raised = replace(full, mainly_small=True)
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, raised.id, raised))

    assert refused.value.field == "guarantee.red_lines.leverage_multiple"
    assert refused.value.source is not None and "第十五条" in refused.value.source
    assert reserve(database, wish()).status is GuaranteeStatus.RESERVED


def test_a_limit_that_falls_below_what_is_held_blocks_the_new_and_cancels_nothing(database: Database) -> None:
    guarantee = reserve(database, wish())
    poor = replace(HELAN, net_assets_fen=100_000 * YUAN)
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, poor.id, poor))

    with database.read() as tx:
        headroom = guarantors.get_headroom(tx, OPERATOR, poor.id)
    with pytest.raises(Conflict):
        reserve(database, wish("app_2", 100, "uscc:b"))

    assert {room.programme: room.room_fen for room in headroom.programmes}["ordinary"] == -1_000_000 * YUAN
    assert read_back(database, guarantee).status is GuaranteeStatus.RESERVED
    assert held(database) == ALL_OF_THREE_MILLION


def test_the_same_wish_again_gets_the_same_guarantee(database: Database) -> None:
    first = reserve(database, wish())

    again = reserve(database, wish())

    assert again == first
    assert held(database) == ALL_OF_THREE_MILLION


def test_another_wish_for_the_same_application_is_refused(database: Database) -> None:
    reserve(database, wish())

    with pytest.raises(Conflict) as refused:
        reserve(database, wish(amount_fen=2 * MILLION))

    assert refused.value.field == "application_id"


def test_an_unknown_programme_is_named_with_those_in_force(database: Database) -> None:
    with pytest.raises(Violation) as refused:
        reserve(database, wish(programme="batches"))

    assert refused.value.field == "programme"
    assert "batch, ordinary, " in refused.value.mend


def test_batch_business_is_confirmed_at_once_for_the_bank_has_underwritten(database: Database) -> None:
    guarantee = reserve(database, wish(programme="batch"))

    assert guarantee.status is GuaranteeStatus.CONFIRMED
    assert guarantee.confirmed_by == "programme:batch"


def test_only_a_manager_of_the_guarantor_confirms(database: Database) -> None:
    guarantee = reserve(database, wish())
    officer = replace(MANAGER, role=Role.GUARANTOR_OFFICER)
    stranger = replace(MANAGER, organisation=YINCHUAN.id)

    for by in (officer, stranger, Principal("acc_bank", Role.BANK_MANAGER, "org_bank")):
        with pytest.raises(Forbidden):
            database.transact(lambda tx, by=by: guarantees.confirm(tx, by, guarantee.id))

    confirmed = confirm(database, guarantee)
    assert (confirmed.status, confirmed.confirmed_by) == (GuaranteeStatus.CONFIRMED, "acc_manager")


def test_a_rejection_gives_everything_back_and_tells_why(database: Database) -> None:
    guarantee = reserve(database, wish())

    rejected = database.transact(
        lambda tx: guarantees.reject(tx, MANAGER, guarantee.id, Rejection(reason="反担保不足"))
    )

    assert (rejected.status, rejected.note) == (GuaranteeStatus.REJECTED, "反担保不足")
    assert held(database) == {}


def test_a_release_gives_back_once_and_never_a_guarantee_in_effect(database: Database) -> None:
    given_back = reserve(database, wish("app_1"))
    in_effect = confirm(database, reserve(database, wish("app_2", party="uscc:b")))
    disburse(database, in_effect)

    first = database.transact(lambda tx: guarantees.release(tx, LENDING, given_back.id))
    second = database.transact(lambda tx: guarantees.release(tx, LENDING, given_back.id))
    with pytest.raises(Violation):
        database.transact(lambda tx: guarantees.release(tx, LENDING, in_effect.id))

    assert first == second and first.status is GuaranteeStatus.CANCELLED
    assert held(database)["programme/ordinary/2026"] == 3 * MILLION


def test_repayment_frees_liability_but_not_the_years_quota(database: Database) -> None:
    guarantee = disburse(database, confirm(database, reserve(database, wish())))

    half = repay(database, guarantee, 1_500_000 * YUAN)
    after_half = held(database)
    nothing = repay(database, guarantee, 0)

    assert (half.status, half.outstanding_fen) == (GuaranteeStatus.EFFECTIVE, 1_500_000 * YUAN)
    assert after_half == {
        "admission/org_helan": 1_500_000 * YUAN,
        "borrower/uscc:a/ordinary": 1_500_000 * YUAN,
        "guarantor/org_helan/borrower/uscc:a": 900_000 * YUAN,
        "guarantor/org_helan/liability": 900_000 * YUAN,
        "programme/ordinary/2026": 3 * MILLION,
        "province/2026": 3 * MILLION,
    }
    assert (nothing.status, nothing.outstanding_fen) == (GuaranteeStatus.RELEASED, 0)
    assert held(database) == {"programme/ordinary/2026": 3 * MILLION, "province/2026": 3 * MILLION}


def test_a_smaller_loan_than_reserved_gives_the_rest_back(database: Database) -> None:
    guarantee = confirm(database, reserve(database, wish()))

    drawn = disburse(database, guarantee, amount_fen=123_456_789)

    assert [share.amount_fen for share in drawn.shares] == [24_691_358, 24_691_357, 24_691_357, 49_382_717]
    assert drawn.fee_fen == 1_234_568
    assert held(database)["programme/ordinary/2026"] == 123_456_789
    assert held(database)["guarantor/org_helan/liability"] == 74_074_074


def test_a_reservation_ends_after_its_days_and_the_days_of_report(database: Database) -> None:
    guarantee = reserve(database, wish())
    start = database.clock.now()

    database.clock.instant = start + timedelta(days=33)  # type: ignore[attr-defined]
    still_waiting = jobs.expire_reservations(database)
    database.clock.instant = start + timedelta(days=34)  # type: ignore[attr-defined]
    ended = jobs.expire_reservations(database)

    assert (still_waiting, ended) == (0, 1)
    assert read_back(database, guarantee).status is GuaranteeStatus.EXPIRED
    assert held(database) == {}


def test_a_reservation_that_ended_is_not_confirmed(database: Database) -> None:
    guarantee = reserve(database, wish())
    database.clock.instant += timedelta(days=31)  # type: ignore[attr-defined]

    with pytest.raises(Violation) as refused:
        confirm(database, guarantee)

    assert refused.value.field == "reserved_until"


def test_the_tiers_of_a_scheme_share_the_limit_of_a_borrower(database: Database) -> None:
    of_yinchuan = {"guarantor": YINCHUAN.id, "party": "uscc:tech"}
    reserve(
        database, wish("app_1", 20 * MILLION, programme="technology_35", labels=("high_tech",), **of_yinchuan)
    )

    with pytest.raises(Conflict) as refused:
        reserve(
            database, wish("app_2", 11 * MILLION, programme="technology_40", labels=("srdi",), **of_yinchuan)
        )

    assert refused.value.field == "guarantee.technology.borrower_limit_fen"
    assert limits_out_of_order(database) == []
