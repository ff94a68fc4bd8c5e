"""Notices: what a bank may claim, until when, and how often it is heard."""

from datetime import date, timedelta
from typing import Any

import pytest

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound, Problem
from libs.criteria.violation import Violation
from services.guarantee.domain.claim import ClaimStatus, Notice
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.operations import claims
from tests.unit.guarantee.chain import MANAGER, TODAY
from tests.unit.guarantee.losses import (
    BANK,
    STORY_FEN,
    accept,
    bears,
    claimed,
    difference,
    drawdown,
    everything,
    go_to,
    lend,
    notice,
    notify,
    pay_all,
    settled,
)

OTHER_BANK = Principal("acc_other", Role.BANK_MANAGER, "org_other")


def test_the_same_notice_is_the_same_claim(business: Database) -> None:
    loan = lend(business)
    first = notify(business, loan, STORY_FEN)
    before = everything(business)

    again = business.transact(lambda tx: claims.notify(tx, BANK, first.notice))

    assert (again, everything(business)) == (first, before)


def test_a_notice_that_comes_again_after_everything_is_paid_changes_nothing(business: Database) -> None:
    claim = settled(business, lend(business), STORY_FEN)
    before = everything(business)

    again = business.transact(lambda tx: claims.notify(tx, BANK, claim.notice))

    assert (again, everything(business)) == (claim, before)


WRONG: list[tuple[dict[str, Any], type[Exception], str, bool]] = [
    ({"principal_fen": STORY_FEN + 1}, Problem, "principal_fen", True),
    ({"principal_fen": 0}, Violation, "principal_fen", False),
    ({"principal_fen": -1}, Violation, "principal_fen", False),
    ({"interest_fen": -1}, Violation, "interest_fen", False),
    ({"excluded_fen": -1}, Violation, "excluded_fen", False),
    ({"notice_number": " "}, Violation, "notice_number", False),
    ({"noticed_on": TODAY - timedelta(days=1)}, Problem, "noticed_on", False),
    ({"noticed_on": TODAY + timedelta(days=1)}, Problem, "noticed_on", False),
    ({"accelerated_on": TODAY - timedelta(days=1)}, Problem, "accelerated_on", False),
    ({"accelerated_on": TODAY + timedelta(days=1)}, Problem, "accelerated_on", False),
    ({"loan_id": "loan_of_nobody"}, NotFound, "loan_id", False),
]


@pytest.mark.parametrize(("change", "kind", "field", "has_source"), WRONG)
def test_a_wrong_notice_is_refused_by_its_field_and_changes_nothing(
    business: Database, change: dict[str, Any], kind: type[Exception], field: str, has_source: bool
) -> None:
    right = {"loan_id": lend(business), "notice_number": "1", "noticed_on": TODAY, "principal_fen": STORY_FEN}
    before = everything(business)

    with pytest.raises(kind) as refused:
        business.transact(lambda tx: claims.notify(tx, BANK, Notice(**(right | change))))

    problem: Any = refused.value
    assert (problem.field, bool(problem.source)) == (field, has_source)
    assert everything(business) == before


def test_other_content_under_the_same_number_is_refused(business: Database) -> None:
    loan = lend(business)
    notify(business, loan, STORY_FEN)
    before = everything(business)

    with pytest.raises(Conflict, match="with other content") as refused:
        notify(business, loan, STORY_FEN - 1)

    assert (refused.value.field, everything(business)) == ("notice_number", before)
    assert "keyed by loan and notice number" in (refused.value.source or "")


def test_no_other_bank_learns_that_a_loan_is_covered(business: Database) -> None:
    told = notice(business, lend(business), STORY_FEN)
    before = everything(business)

    with pytest.raises(NotFound):
        business.transact(lambda tx: claims.notify(tx, OTHER_BANK, told))
    with pytest.raises(Forbidden):
        business.transact(lambda tx: claims.notify(tx, MANAGER, told))

    assert everything(business) == before


PERIODS = [
    (date(2023, 8, 29), date(2024, 2, 29), date(2027, 2, 28)),
    (date(2024, 12, 30), date(2025, 6, 30), date(2028, 6, 30)),
]


@pytest.mark.parametrize(("drawn_on", "due_on", "last"), PERIODS)
def test_the_guarantee_period_ends_after_three_years_and_not_a_day_later(
    business: Database, drawn_on: date, due_on: date, last: date
) -> None:
    go_to(business, drawn_on)
    loan = lend(business, programme="batch", filed=(), term_months=6)
    go_to(business, last + timedelta(days=1))
    before = everything(business)

    with pytest.raises(Problem, match=f"ended on {last}") as refused:
        notify(business, loan, STORY_FEN)

    assert drawdown(business, loan).due_on == due_on
    assert refused.value.field == "noticed_on"
    assert "guarantee_period_months" in (refused.value.source or "")
    assert everything(business) == before
    assert notify(business, loan, STORY_FEN, noticed_on=last).status is ClaimStatus.NOTIFIED


def test_the_period_runs_from_the_day_on_which_the_bank_called_the_loan(business: Database) -> None:
    loan = lend(business)
    called_on = TODAY + timedelta(days=30)
    go_to(business, date(2029, 12, 23))

    with pytest.raises(Problem, match="ended on 2029-12-22"):
        notify(business, loan, STORY_FEN, accelerated_on=called_on)

    assert notify(business, loan, STORY_FEN).status is ClaimStatus.NOTIFIED


def test_claims_of_one_loan_never_sum_to_more_than_is_outstanding(business: Database) -> None:
    loan = lend(business, 10_000)
    first = claimed(business, loan, 6_001)
    before = everything(business)

    with pytest.raises(Problem, match=r"40\.00 yuan of principal are claimed, 39\.99 are outstanding"):
        notify(business, loan, 4_000, "2")

    assert everything(business) == before
    second = claimed(business, loan, 3_999, "2")
    pay_all(business)
    assert drawdown(business, loan).status is DrawdownStatus.RELEASED
    assert bears(first) == {"bank": 1_201, "national": 1_200, "provincial": 1_200, "local": 2_400}
    assert bears(second) == {"bank": 800, "national": 799, "provincial": 799, "local": 1_601}
    assert difference(business) is None


def test_normal_interest_is_claimed_with_the_principal_and_penalties_are_not(business: Database) -> None:
    loan = lend(business, 10_000)

    told = notify(business, loan, 10_000, interest_fen=55, excluded_fen=1_000)

    assert (told.claimed_fen, told.covered_fen) == (10_055, 8_044)
    assert sum(bears(accept(business, told)).values()) == 10_055
