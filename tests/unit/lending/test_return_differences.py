"""What must agree with a return: its figures, the platform, and the return before it."""

from dataclasses import replace
from datetime import date

import pytest

from libs.criteria.violation import Violation
from services.lending.domain.loan import Loan
from services.lending.domain.repayment import Repayment
from services.lending.domain.returns.differences import (
    MOST_OF_A_KIND,
    Explanation,
    OnPlatform,
    bounded,
    of_platform,
)
from services.lending.domain.returns.returned import NewReturn
from services.lending.operations import returns
from tests.unit.lending.desk import MANAGER, OFFICER, Desk
from tests.unit.lending.returning import BOOK, Returner, firm, new_return, row

REPAYMENT = Repayment(principal_fen=5_000_000, paid_on=date(2026, 11, 22), external_id="R-1")


def test_a_book_that_is_not_its_figures_blocks_the_return(one_bank: Returner) -> None:
    loaded = one_bank.loaded(
        new_return(inclusive_fen=115_000_001, households=5, inclusive_npl_fen=0, first_loan_households=0)
    )

    assert one_bank.differences(loaded) == [
        ("FIGURE", "figures/inclusive_fen", True),
        ("FIGURE", "figures/inclusive_npl_fen", True),
        ("FIGURE", "figures/households", True),
        ("FIGURE", "figures/first_loan_households", True),
    ]
    with pytest.raises(Violation, match="4 differences block"):
        one_bank.desk.act(returns.accept_return, MANAGER, loaded.id)
    with pytest.raises(Violation, match="no matter of words"):
        one_bank.desk.act(
            returns.explain_difference, OFFICER, loaded.id, 1, Explanation(explanation="四舍五入")
        )


def test_the_platforms_own_loans_are_looked_for_in_the_book(either_bank: Returner) -> None:
    loan = _lent_in_september(either_bank.desk)
    either_bank.desk.repaid(
        loan, replace(REPAYMENT, external_id="R-NOV")
    )  # in November: not yet in October's balance
    inside = row(77) | {"number": "BANK-77", "balance": "900000", "credit_line": "900000"}
    more = {"inclusive_fen": 205_000_000, "households": 5}

    missing = either_bank.loaded()
    other = either_bank.loaded(new_return([*BOOK, inside], **more))
    same = either_bank.loaded(
        new_return([*BOOK, inside | {"balance": "800000"}], **more | {"inclusive_fen": 195_000_000})
    )

    assert either_bank.differences(missing) == [("PLATFORM_MISSING", "loans/BANK-77", False)]
    assert either_bank.differences(other) == [("PLATFORM_BALANCE", "loans/BANK-77", False)]
    assert either_bank.differences(same) == []


def _lent_in_september(desk: Desk) -> Loan:
    """A loan of 800,000 yuan on the platform, as if it had been paid out in September."""
    loan = desk.lent()
    with desk.database.write() as tx:
        tx.connection.exec_driver_sql("UPDATE loans SET disbursed_on = '2026-09-20', external_id = 'BANK-77'")
    return loan


def test_what_does_not_block_is_explained_before_it_is_accepted(bank: Returner) -> None:
    _lent_in_september(bank.desk)
    loaded = bank.loaded()
    with pytest.raises(Violation, match="1 differences are not explained"):
        bank.desk.act(returns.accept_return, MANAGER, loaded.id)

    words = Explanation(explanation="已于十月底转让给资产管理公司")
    for _ in range(2):  # said again, it is said better
        told = bank.desk.act(returns.explain_difference, OFFICER, loaded.id, 1, words)
    accepted = bank.desk.act(returns.accept_return, MANAGER, loaded.id)

    assert (told.explanation, told.explained_by) == (words.explanation, OFFICER.subject)
    assert (accepted.status, accepted.unexplained, accepted.decided_by) == ("ACCEPTED", 0, MANAGER.subject)
    with bank.desk.database.read() as tx:
        (stored,) = tx.connection.exec_driver_sql("SELECT explanation FROM return_differences").all()
    assert "转让" not in str(stored)


@pytest.mark.parametrize("explanation", ["", "  ", "字" * 1_001])
def test_an_explanation_says_something(explanation: str) -> None:
    with pytest.raises(Violation):
        Explanation(explanation=explanation)


SEPTEMBER = {
    "inclusive_fen": 105_000_000,
    "inclusive_npl_fen": 0,
    "granted_fen": 70_000_000,
    "repaid_fen": 10_000_000,
}


def _september() -> NewReturn:
    """One loan fewer, and 100,000 yuan more of another; since then 200,000 were granted and 100,000 repaid."""
    return new_return([BOOK[0], BOOK[1], BOOK[2]], "2026-09", **SEPTEMBER | {"households": 3})


def test_balances_that_roll_on_agree(bank: Returner) -> None:
    bank.accepted(_september())

    assert bank.differences(bank.loaded()) == []


def test_a_balance_that_does_not_roll_on_is_to_be_explained(bank: Returner) -> None:
    bank.accepted(_september())

    assert bank.differences(bank.loaded(new_return(written_off_fen=1))) == [
        ("ROLLED", "figures/inclusive_fen", False)
    ]


def test_what_happened_since_january_begins_anew_with_the_year(bank: Returner) -> None:
    old = [one | {"granted_on": "2025-03-02", "first_loan": "no"} for one in BOOK]
    december = new_return(old, "2025-12", granted_fen=700_000_000, first_loan_households=0)
    bank.accepted(december)

    fresh = {"granted_fen": 5_000_000, "repaid_fen": 5_000_000, "first_loan_households": 0}
    january = bank.loaded(new_return(old, "2026-01", **fresh))

    assert bank.differences(january) == []


def test_loans_keep_their_numbers_and_do_not_grow(either_bank: Returner) -> None:
    either_bank.accepted(_september())
    odd = [
        BOOK[0] | {"balance": "300000.01"},
        BOOK[1] | {"borrower": firm(99)},
        BOOK[2] | {"granted_on": "2026-03-03"},
        *BOOK[3:],
    ]

    assert either_bank.differences(
        either_bank.loaded(new_return(odd, inclusive_fen=115_000_001, granted_fen=90_000_001))
    ) == [
        ("GROWN", "loans/L-1", False),
        ("CHANGED", "loans/L-2", True),
        ("CHANGED", "loans/L-3", True),
    ]


def test_a_line_that_is_drawn_on_again_may_grow(bank: Returner) -> None:
    line = {"kind": "REVOLVING_LINE"}
    bank.accepted(new_return([BOOK[0] | line, BOOK[1], BOOK[2]], "2026-09", **SEPTEMBER | {"households": 3}))

    book = [BOOK[0] | line | {"balance": "300000.01"}, *BOOK[1:]]
    grown = bank.loaded(new_return(book, inclusive_fen=115_000_001, granted_fen=90_000_001))

    assert bank.differences(grown) == []


def test_more_differences_than_anybody_explains_block_the_return() -> None:
    lost = [OnPlatform(f"L-{number}", 1, None) for number in range(MOST_OF_A_KIND + 5)]

    found = bounded(of_platform(lost))

    assert len(found) == MOST_OF_A_KIND + 1
    assert (found[-1].kind, found[-1].blocking, found[0].blocking) == ("TOO_MANY", True, False)


def test_differences_come_in_pages(bank: Returner) -> None:
    loaded = bank.loaded(
        new_return(
            inclusive_fen=0,
            inclusive_npl_fen=0,
            inclusive_unsecured_fen=0,
            households=0,
            inclusive_medium_long_fen=0,
        )
    )

    first = bank.desk.ask(returns.list_differences, OFFICER, loaded.id, 0, 3)
    rest = bank.desk.ask(returns.list_differences, OFFICER, loaded.id, first.next_after, 3)

    assert [one.number for one in (*first.items, *rest.items)] == [1, 2, 3, 4, 5]
    assert (first.next_after, rest.next_after) == (3, None)
