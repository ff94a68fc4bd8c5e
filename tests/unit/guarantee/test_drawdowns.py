"""Several loans under one guarantee, extensions, renewals, and what the books say of each."""

from dataclasses import replace
from datetime import date

import pytest

from libs.chassis.database import Database
from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from services.guarantee import jobs
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.filing import FilingStatus
from services.guarantee.domain.guarantee import Guarantee, GuaranteeStatus, Reservation
from services.guarantee.operations import guarantees, rules
from tests.unit.guarantee.chain import (
    FUND,
    HELAN,
    LENDING,
    MILLION,
    PROVINCE,
    SELF,
    TODAY,
    YUAN,
    confirm,
    disburse,
    held,
    house_rules,
    limits_out_of_order,
    pass_line,
    read_back,
    repay,
    reserve,
    wish,
)
from tests.unit.guarantee.life import (
    accept,
    books_out_of_order,
    drawdown,
    extend,
    file,
    filings_of,
    let_pass,
    liabilities,
    loan_of,
    reduce,
    send_back,
    standing,
    submit,
)

LIABILITY = "guarantor/org_helan/liability"
BORROWER = "borrower/uscc:a/ordinary"


def in_parts(database: Database, amount_fen: int = 3 * MILLION) -> Guarantee:
    return confirm(database, reserve(database, replace(wish(amount_fen=amount_fen), in_parts=True)))


def in_effect(database: Database, application: str = "app_1", amount_fen: int = 3 * MILLION) -> Guarantee:
    return disburse(database, confirm(database, reserve(database, wish(application, amount_fen))))


def test_a_loan_in_parts_is_covered_part_by_part_until_all_is_drawn(database: Database) -> None:
    guarantee = in_parts(database)

    first = disburse(database, guarantee, loan_id="loan_1", amount_fen=1 * MILLION)
    second = disburse(database, guarantee, loan_id="loan_2", amount_fen=500_000 * YUAN)
    again = disburse(database, guarantee, loan_id="loan_1", amount_fen=1 * MILLION)
    third = disburse(database, guarantee, loan_id="loan_3", amount_fen=2 * MILLION)
    fourth = disburse(database, guarantee, loan_id="loan_4", amount_fen=1 * MILLION)

    assert (first.undrawn_fen, second.undrawn_fen, third.undrawn_fen) == (2 * MILLION, 150_000_000, 0)
    assert again == second
    assert drawdown(database, "loan_3").amount_fen == 150_000_000
    assert drawdown(database, "loan_4").status is DrawdownStatus.REFUSED
    assert fourth.note is not None and fourth.note.endswith("all that was reserved is drawn.")
    assert (fourth.loan_id, fourth.outstanding_fen, fourth.amount_fen) == ("loan_1", 3 * MILLION, 3 * MILLION)
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000}


def test_each_part_is_repaid_by_itself_and_the_last_releases_the_guarantee(database: Database) -> None:
    guarantee = in_parts(database)
    disburse(database, guarantee, loan_id="loan_1", amount_fen=1 * MILLION)
    disburse(database, guarantee, loan_id="loan_2", amount_fen=2 * MILLION)

    half = repay(database, guarantee, 0, loan_id="loan_1")
    whole = repay(database, guarantee, 0, loan_id="loan_2")

    assert (half.status, half.outstanding_fen) == (GuaranteeStatus.EFFECTIVE, 2 * MILLION)
    assert drawdown(database, "loan_1").status is DrawdownStatus.RELEASED
    assert whole.status is GuaranteeStatus.RELEASED
    assert liabilities(database) == {}


def test_what_was_not_drawn_in_time_is_given_back_and_the_rest_stays_covered(database: Database) -> None:
    guarantee = in_parts(database)
    disburse(database, guarantee, loan_id="loan_1", amount_fen=1 * MILLION)

    let_pass(database, 34)
    jobs.expire_reservations(database)
    left = read_back(database, guarantee)

    assert (left.status, left.amount_fen, left.undrawn_fen) == (GuaranteeStatus.EFFECTIVE, 1 * MILLION, 0)
    assert (held(database)[BORROWER], held(database)["programme/ordinary/2026"]) == (1 * MILLION, 1 * MILLION)


def test_the_fee_of_each_part_is_charged_from_its_own_day(database: Database) -> None:
    guarantee = in_parts(database, 2 * MILLION)
    disburse(database, guarantee, loan_id="loan_1", amount_fen=1 * MILLION)
    both = disburse(database, guarantee, loan_id="loan_2", amount_fen=1 * MILLION, term_months=6)

    assert drawdown(database, "loan_1").fee_fen == 10_000 * YUAN
    assert drawdown(database, "loan_2").fee_fen == 495_890  # 181 days of 365
    assert both.fee_fen == 1_495_890


def test_a_repayment_ahead_of_its_own_loan_waits_for_that_loan(database: Database) -> None:
    guarantee = in_parts(database)
    repay(database, guarantee, 400_000 * YUAN, loan_id="loan_2")

    disburse(database, guarantee, loan_id="loan_1", amount_fen=1 * MILLION)
    disburse(database, guarantee, loan_id="loan_2", amount_fen=1 * MILLION)

    assert drawdown(database, "loan_1").outstanding_fen == 1 * MILLION
    assert drawdown(database, "loan_2").outstanding_fen == 400_000 * YUAN
    assert books_out_of_order(database) == {}


def test_no_fen_drifts_in_any_book_however_a_loan_is_repaid(database: Database) -> None:
    guarantee = in_effect(database, amount_fen=123_456_789)
    file(database, guarantee)

    for left_fen in (123_456_788, 77_777_777, 9, 5, 4, 1):
        repay(database, guarantee, left_fen)
        assert books_out_of_order(database) == {}
    repay(database, guarantee, 0)

    assert liabilities(database) == {}


def test_a_claim_takes_principal_out_of_cover_in_all_books(database: Database) -> None:
    guarantee = in_effect(database)
    file(database, guarantee)

    reduce(database, loan_of(guarantee), 1 * MILLION, TODAY)
    with pytest.raises(Violation, match="are outstanding"):
        reduce(database, loan_of(guarantee), 2 * MILLION + 1, TODAY)

    assert liabilities(database) == {
        (HELAN.id, "uscc:a"): 160_000_000,
        (PROVINCE.id, "uscc:a"): 40_000_000,
        (FUND.id, "uscc:a"): 40_000_000,
    }
    assert read_back(database, guarantee).outstanding_fen == 2 * MILLION


def test_an_extension_asks_the_tiers_again_and_they_cover_the_old_term_until_they_agree(
    database: Database,
) -> None:
    guarantee = in_effect(database)
    file(database, guarantee)
    before, old = liabilities(database), drawdown(database, loan_of(guarantee)).due_on
    later = date(2028, 5, 22)

    extend(database, guarantee, later)

    asked = filings_of(database, loan_of(guarantee))
    assert {one.status for one in asked} == {FilingStatus.PENDING}
    assert all(one.covers(old) and not one.covers(later) for one in asked)
    assert (liabilities(database), drawdown(database, loan_of(guarantee)).due_on) == (before, later)
    assert all(one.covers(later) for one in file(database, guarantee))
    assert liabilities(database) == before


def test_a_tier_that_never_agreed_to_an_extension_has_no_part_after_the_old_term(database: Database) -> None:
    guarantee = in_effect(database)
    file(database, guarantee)
    extend(database, guarantee, date(2028, 5, 22))
    submit(database, guarantee)
    accept(database, guarantee, "provincial")
    send_back(database, guarantee, "national")

    let_pass(database, 366)
    jobs.expire_filings(database)

    assert standing(filings_of(database, loan_of(guarantee))) == {
        "national": FilingStatus.EXPIRED,
        "provincial": FilingStatus.FILED,
    }
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000, (PROVINCE.id, "uscc:a"): 60_000_000}


@pytest.mark.parametrize("due_on", [TODAY, date(2027, 11, 22)])
def test_an_extension_is_to_a_later_day(database: Database, due_on: date) -> None:
    guarantee = in_effect(database)

    with pytest.raises(Violation) as refused:
        extend(database, guarantee, due_on)

    assert refused.value.field == "due_on"


def renewal(old: Guarantee, amount_fen: int = 3 * MILLION) -> Reservation:
    return replace(wish("app_2", amount_fen), renews=old.id)


def test_a_renewal_takes_over_the_room_and_then_the_loan(database: Database) -> None:
    old = in_effect(database)
    before = held(database)

    new = confirm(database, reserve(database, renewal(old)))
    reserved = held(database)
    disburse(database, new)

    assert (reserved[BORROWER], reserved[LIABILITY]) == (before[BORROWER], before[LIABILITY])
    assert read_back(database, old).status is GuaranteeStatus.RELEASED
    assert read_back(database, new).status is GuaranteeStatus.EFFECTIVE
    assert held(database)[BORROWER] == 3 * MILLION
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000}


def test_a_renewal_that_comes_to_nothing_gives_the_room_back_to_what_it_was_to_renew(
    database: Database,
) -> None:
    old = in_effect(database)
    before = held(database)
    new = reserve(database, renewal(old, 2 * MILLION))

    database.transact(lambda tx: guarantees.release(tx, LENDING, new.id))

    assert held(database) == before
    assert read_back(database, old).renewed_by is None


def test_a_renewal_drawn_for_less_leaves_the_rest_with_the_old_loan(database: Database) -> None:
    old = in_effect(database)
    new = confirm(database, reserve(database, renewal(old)))

    disburse(database, new, amount_fen=2 * MILLION)

    assert read_back(database, old).outstanding_fen == 1 * MILLION
    assert held(database)[BORROWER] == 3 * MILLION
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000}


def test_a_listed_renewal_drawn_for_less_leaves_the_rest_with_the_old_loan_at_once(
    database: Database,
) -> None:
    """It holds its own part while it waits for the check; the old loan holds the rest, and all if it fails."""
    old = pass_line(database, disburse(database, reserve(database, wish(programme="batch"))))
    before = held(database)["borrower/uscc:a/batch"]
    wanted = replace(wish("app_2", programme="batch"), renews=old.id)

    listed = disburse(database, reserve(database, wanted), amount_fen=1 * MILLION)
    waiting = held(database)["borrower/uscc:a/batch"]
    pass_line(database, listed)

    assert (before, waiting) == (3 * MILLION, 3 * MILLION)
    assert held(database)["borrower/uscc:a/batch"] == 3 * MILLION
    assert read_back(database, old).outstanding_fen == 2 * MILLION


def test_a_renewal_enlarges_no_liability_and_changes_no_programme(database: Database) -> None:
    old = in_effect(database)

    with pytest.raises(Violation, match="may not enlarge liability"):
        reserve(database, renewal(old, 3 * MILLION + 1))
    with pytest.raises(Violation) as other:
        reserve(database, replace(wish("app_2", programme="batch"), renews=old.id))
    reserve(database, renewal(old))
    with pytest.raises(Violation, match="by one"):
        reserve(database, replace(wish("app_3"), renews=old.id))

    assert other.value.field == "renews"


def test_a_renewal_whose_old_loan_was_repaid_meanwhile_has_nothing_to_take_over(database: Database) -> None:
    old = in_effect(database)
    new = confirm(database, reserve(database, renewal(old)))

    repay(database, old, 0)
    between = held(database)[BORROWER]
    disburse(database, new)

    assert (between, held(database)[BORROWER]) == (3 * MILLION, 3 * MILLION)
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000}
    assert limits_out_of_order(database) == []


def test_a_renewal_given_back_after_its_old_loan_was_repaid_frees_everything(database: Database) -> None:
    old = in_effect(database)
    new = reserve(database, renewal(old))
    repay(database, old, 0)

    database.transact(lambda tx: guarantees.release(tx, LENDING, new.id))

    assert BORROWER not in held(database)
    assert limits_out_of_order(database) == []


def test_a_renewal_is_drawn_at_once(database: Database) -> None:
    old = in_effect(database)

    with pytest.raises(Violation) as refused:
        replace(renewal(old), in_parts=True)

    assert refused.value.field == "in_parts"


def test_a_guarantee_whose_programme_the_rules_no_longer_know_goes_by_its_own(database: Database) -> None:
    guarantee = confirm(database, reserve(database, wish()))
    left = tuple(one for one in house_rules().programmes if one.id != "ordinary")
    forgetful = replace(house_rules(), programmes=left, policy_set="pol_forgetful")
    database.transact(lambda tx: rules.load(tx, SELF, forgetful))

    drawn = disburse(database, guarantee)
    file(database, guarantee)
    repaid = repay(database, guarantee, 0)

    assert (drawn.fee_fen, repaid.status) == (30_000 * YUAN, GuaranteeStatus.RELEASED)


def test_the_same_application_with_another_way_of_drawing_is_refused(database: Database) -> None:
    in_parts(database)

    with pytest.raises(Conflict) as refused:
        reserve(database, wish())

    assert refused.value.field == "application_id"
