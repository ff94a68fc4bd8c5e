"""Returns: read row by row, held against all that must agree, accepted by a second person, told as sums."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.clock import SettableClock
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.criteria.violation import Violation
from rongqiao.common.v1 import common_pb2
from rongqiao.lending.v1 import events_pb2, lending_pb2
from services.lending.domain.loan import Loan
from services.lending.domain.repayment import Repayment
from services.lending.domain.returns.book import Reader
from services.lending.domain.returns.differences import (
    MOST_OF_A_KIND,
    Explanation,
    OnPlatform,
    bounded,
    of_platform,
)
from services.lending.domain.returns.figures import period_of
from services.lending.domain.returns.returned import NewReturn, ReturnRejection
from services.lending.operations import returns
from services.lending.store import metadata
from tests.support.services import opened
from tests.unit.lending.desk import MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk
from tests.unit.lending.returning import BOOK, FIGURES, Returner, csv_of, firm, new_return, row

REPAYMENT = Repayment(principal_fen=5_000_000, paid_on=date(2026, 11, 22), external_id="R-1")


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Returner]:
    with opened(f"sqlite:///{tmp_path / 'returns.db'}", metadata) as database:
        yield Returner(Desk(database))


@pytest.fixture
def either_bank(desk: Desk) -> Returner:
    """On each engine: where locks, joins or sums are asked of it."""
    return Returner(desk)


@pytest.fixture
def one_bank(one_desk: Desk) -> Returner:
    """On one database for many tests: each takes a period of its own."""
    return Returner(one_desk)


def test_a_return_that_agrees_waits_for_the_second_person(either_bank: Returner) -> None:
    report = either_bank.told(new_return())

    assert report.loaded is not None
    assert (report.rows, report.wrong_rows, report.blocking, report.unexplained) == (6, 0, 0, 0)
    assert (report.loaded.version, report.loaded.status) == (1, "LOADED")
    assert (report.loaded.loans, report.loaded.balance_fen) == (6, 155_000_001)
    assert either_bank.seen(report.loaded) == report.loaded


def test_the_one_who_loaded_a_return_does_not_accept_it(one_bank: Returner) -> None:
    loaded = one_bank.loaded(new_return(period="2026-01", rows=_granted("2026-01-02")))
    own = replace(one_bank, officer=MANAGER)
    theirs = own.loaded(new_return(period="2026-01", rows=_granted("2026-01-02")))

    with pytest.raises(Violation, match="may not accept"):
        one_bank.desk.act(returns.accept_return, MANAGER, theirs.id)
    with pytest.raises(Forbidden):
        one_bank.desk.act(returns.accept_return, OFFICER, theirs.id)
    assert one_bank.seen(loaded).status == "REPLACED"


def _granted(day: str) -> list[dict[str, str]]:
    return [one | {"granted_on": day} for one in BOOK]


def test_a_correction_is_a_new_version_and_the_earlier_stays(either_bank: Returner) -> None:
    first = either_bank.accepted()
    corrected = either_bank.loaded(new_return(granted_fen=91_000_000))
    still = either_bank.desk.ask(returns.list_returns, OFFICER, "2026-10", "ACCEPTED")
    second = either_bank.desk.act(returns.accept_return, MANAGER, corrected.id)

    listed = either_bank.desk.ask(returns.list_returns, OFFICER, "2026-10").items
    assert [one.id for one in still.items] == [first.id]
    assert [(one.version, one.status) for one in listed] == [(2, "ACCEPTED"), (1, "ACCEPTED")]
    assert listed[1] == first
    assert second.figures.granted_fen == 91_000_000


def test_of_two_that_wait_the_earlier_is_replaced(bank: Returner) -> None:
    first, second = bank.loaded(), bank.loaded()

    with pytest.raises(Violation, match="REPLACED"):
        bank.desk.act(returns.accept_return, MANAGER, first.id)
    rejected = bank.desk.act(
        returns.reject_return, MANAGER, second.id, ReturnRejection(reason="WRONG_PERIOD")
    )

    assert (second.version, rejected.status, rejected.reason) == (2, "REJECTED", "WRONG_PERIOD")
    with pytest.raises(Conflict):
        bank.desk.act(returns.explain_difference, OFFICER, first.id, 1, Explanation(explanation="?"))


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"number": ""}, "number"),
        ({"number": "9" * 65}, "number"),
        ({"number": "L-1"}, "number"),
        ({"borrower": "91640100MA76GQ0X1Z"}, "borrower"),
        ({"borrower": "王小二"}, "borrower"),
        ({"kind": "LOTTERY"}, "kind"),
        ({"county": "640100"}, "county"),
        ({"industry": "99999"}, "industry"),
        ({"size": "TINY"}, "size"),
        ({"owner_kind": ""}, "owner_kind"),
        ({"balance": "三十万"}, "balance"),
        ({"balance": "-1"}, "balance"),
        ({"balance": "500000.01"}, "credit_line"),
        ({"borrower": firm(1), "credit_line": "600000"}, "credit_line"),
        ({"rate": "4.35001"}, "rate"),
        ({"rate": "435"}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"rate": "Infinity"}, "rate"),
        ({"granted_on": "2026-11-01"}, "granted_on"),
        ({"granted_on": "昨天"}, "granted_on"),
        ({"first_loan": "maybe"}, "first_loan"),
        ({"class": "GOOD"}, "class"),
        ({"days_past_due": "91"}, "class"),
        ({"days_past_due": "-1"}, "days_past_due"),
    ],
)
def test_a_mistake_names_its_row_and_column_and_nothing_is_kept(
    one_bank: Returner, changes: dict[str, str], column: str
) -> None:
    report = one_bank.told(new_return([row(1), row(2) | changes]))

    assert (report.loaded, report.rows, report.wrong_rows) == (None, 2, 1)
    assert [(one.row, one.column) for one in report.mistakes] == [(3, column)]
    assert report.mistakes[0].mend
    assert not one_bank.desk.ask(returns.list_returns, OFFICER, "2026-10").items


@pytest.mark.parametrize(
    ("csv", "place"),
    [
        ("", "csv/1/number"),
        ("number,number", "csv/1/borrower"),
        (csv_of([row(1)]).replace("rate", "price", 1), "csv/1/rate"),
        (csv_of([row(1)]).replace("number,", "number,number,", 1), "csv/1/number"),
        (csv_of([row(1)]) + '\n"L-2', "csv/3"),
    ],
)
def test_a_text_that_is_no_book_is_refused(one_bank: Returner, csv: str, place: str) -> None:
    with pytest.raises(Violation) as refused:
        one_bank.told(NewReturn(period="2026-10", figures=FIGURES, csv=csv))

    assert refused.value.field == place


@pytest.mark.parametrize("period", ["2026-13", "2026-Q5", "202610", "2026-1", ""])
def test_a_period_is_a_month_or_a_quarter(period: str) -> None:
    with pytest.raises(Violation):
        new_return(period=period)


def test_a_period_is_over_before_it_is_returned(one_bank: Returner) -> None:
    with pytest.raises(Violation, match="not over"):
        one_bank.told(new_return(period="2026-11"))
    with pytest.raises(Violation, match="rules of 2009-Q1 are not known"):
        one_bank.told(new_return(period="2009-Q1"))


def test_periods_know_what_was_before_them() -> None:
    month, quarter = period_of("2026-01"), period_of("2026-Q3")

    assert [str(one) for one in (month.before, month.year_start, month.year_ago)] == [
        "2025-12",
        "2025-12",
        "2025-01",
    ]
    assert [str(one) for one in (quarter.before, quarter.year_start, quarter.year_ago)] == [
        "2026-Q2",
        "2025-Q4",
        "2025-Q3",
    ]
    assert (month.last_day, quarter.last_day) == (date(2026, 1, 31), date(2026, 9, 30))


@pytest.mark.parametrize(
    "changes",
    [
        {"households": -1},
        {"inclusive_fen": 200_000_000_000},
        {"inclusive_npl_fen": 115_000_001},
        {"granted_rate_ppm": 1_000_001},
    ],
)
def test_figures_that_cannot_be_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(Violation) as refused:
        replace(FIGURES, **changes)

    assert refused.value.field.startswith("figures/")


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


def test_a_dry_run_says_the_same_and_keeps_nothing(one_bank: Returner) -> None:
    report = one_bank.told(
        new_return(period="2026-08", rows=_granted("2026-02-02"), households=9, dry_run=True)
    )

    assert (report.loaded, report.rows, report.blocking) == (None, 6, 1)
    assert not one_bank.desk.ask(returns.list_returns, OFFICER, "2026-08").items


def test_only_the_bank_itself_sees_and_changes_its_returns(one_bank: Returner) -> None:
    period = "2026-07"
    loaded = one_bank.loaded(new_return(period=period, rows=_granted("2026-02-02"), households=9))
    strangers = (THEIR_MANAGER, OWNER, Principal("acc_r", Role.REGULATOR, "org_r"))

    for by in strangers:
        for query, *more in (
            (returns.get_return, loaded.id),
            (returns.list_differences, loaded.id),
            (returns.assess_return, loaded.id),
        ):
            with pytest.raises(Forbidden):
                one_bank.desk.ask(query, by, *more)
        for operation, *told in (
            (returns.accept_return,),
            (returns.reject_return, ReturnRejection(reason="NO")),
            (returns.explain_difference, 1, Explanation(explanation="?")),
        ):
            with pytest.raises(Forbidden):
                one_bank.desk.act(operation, by, loaded.id, *told)
    assert not one_bank.desk.ask(returns.list_returns, THEIR_MANAGER, period).items
    for by in strangers[1:]:
        with pytest.raises(Forbidden):
            one_bank.desk.ask(returns.list_returns, by)
        with pytest.raises(Forbidden):
            one_bank.desk.act(returns.load_return, by, new_return(period=period))


def told_of(desk: Desk) -> list[events_pb2.ReturnAccepted]:
    return [event.decode(events_pb2.ReturnAccepted) for event in desk.events("ReturnAccepted")]


def test_statistics_are_told_sums_and_no_borrower(either_bank: Returner) -> None:
    either_bank.accepted()

    (fact,) = told_of(either_bank.desk)
    cells = {(cell.size, cell.owner_kind, cell.inclusive): cell for cell in fact.cells}

    assert (fact.bank, fact.period, fact.version, fact.part, fact.parts) == (
        OFFICER.organisation,
        "2026-10",
        1,
        1,
        1,
    )
    assert (fact.figures.households, fact.figures.inclusive_fen, fact.business_date) == (
        4,
        115_000_000,
        "2026-11-22",
    )
    small = cells[common_pb2.SIZE_SMALL, common_pb2.OWNER_KIND_ENTERPRISE, True]
    assert (small.county, small.industry_division, small.kind) == (
        "640104",
        "14",
        lending_pb2.PRODUCT_KIND_WORKING_CAPITAL,
    )
    assert (small.loans, small.households, small.balance_fen, small.npl_fen) == (
        3,
        3,
        110_000_000,
        10_000_000,
    )
    assert (small.unsecured_fen, small.first_loan_households) == (70_000_000, 1)
    assert sum(cell.balance_fen for cell in fact.cells) == 155_000_001
    (event,) = either_bank.desk.events("ReturnAccepted")
    for number in range(1, 7):
        assert firm(number).encode() not in event.data
        assert f"L-{number}".encode() not in event.data


def test_the_returns_of_a_sandbox_are_told_to_nobody(bank: Returner) -> None:
    people = [replace(one, sandbox=True) for one in (OFFICER, MANAGER)]

    accepted = Returner(bank.desk, *people).accepted()

    assert (accepted.sandbox, told_of(bank.desk)) == (True, [])


some_rows = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "borrower": st.integers(1, 4).map(lambda number: f"person:{number}"),
            "county": st.sampled_from(["640104", "640122"]),
            "size": st.sampled_from(["SMALL", "MICRO", "MEDIUM", ""]),
            "balance": st.integers(0, 500_000).map(str),
            "unsecured": st.sampled_from(["yes", "no"]),
            "class": st.sampled_from(["NORMAL", "LOSS"]),
        },
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None)
@given(changes=some_rows)
def test_whatever_the_book_its_cells_come_to_it(one_desk: Desk, changes: list[dict[str, str]]) -> None:
    rows = [row(at) | some for at, some in enumerate(changes, start=1)]
    one_bank, before = Returner(one_desk), len(told_of(one_desk))
    honest = _figures_of(rows)
    accepted = one_bank.accepted(new_return(rows, "2024-06", **honest) if not rows else _dated(rows, honest))

    (fact,) = told_of(one_desk)[before:]

    assert sum(cell.balance_fen for cell in fact.cells) == accepted.balance_fen
    assert sum(cell.loans for cell in fact.cells) == len(rows)
    assert sum(cell.balance_fen for cell in fact.cells if cell.inclusive) == honest["inclusive_fen"]


def _dated(rows: list[dict[str, str]], honest: dict[str, int]) -> NewReturn:
    return new_return([one | {"granted_on": "2024-03-02"} for one in rows], "2024-06", **honest)


def _figures_of(rows: list[dict[str, str]]) -> dict[str, int]:
    """The figures that an honest bank works out for its book by itself."""
    counted = [
        (one, 100 * int(float(one["balance"].replace(",", ""))))
        for one in rows
        if one["size"] in ("SMALL", "MICRO")
    ]
    return {
        "inclusive_fen": sum(fen for _, fen in counted),
        "inclusive_npl_fen": sum(fen for one, fen in counted if one["class"] == "LOSS"),
        "inclusive_unsecured_fen": sum(fen for one, fen in counted if one["unsecured"] == "yes"),
        "inclusive_medium_long_fen": 0,
        "households": len({one["borrower"] for one, fen in counted if fen}),
        "first_loan_households": 0,
    }


def _long_book(size: int) -> NewReturn:
    one = row(1, granted_on="2024-03-02")
    bad = {7: {"county": "640100"}, 5_000: {"rate": "x"}, 9_999: {"balance": ""}}
    own = ({"number": f"L-{at}", "borrower": f"person:{at % 7_000}"} for at in range(size))
    return new_return([one | some | bad.get(at, {}) for at, some in enumerate(own)], "2024-03")


def test_of_ten_thousand_rows_the_bad_ones_are_told(one_bank: Returner) -> None:
    report = one_bank.told(_long_book(10_000))

    told = [(one.row, one.column) for one in report.mistakes]
    assert told == [(9, "county"), (5_002, "rate"), (10_001, "balance")]
    assert (report.rows, report.wrong_rows) == (10_000, 3)


def test_a_book_is_read_in_memory_that_its_rows_do_not_fill() -> None:
    csv = _long_book(2_000).csv
    reader = Reader(date(2024, 3, 31), {})
    list(Reader(date(2024, 3, 31), {}).read(_long_book(1).csv))  # what is loaded with the first row stays

    tracemalloc.start()
    count = sum(1 for _ in reader.read(csv))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 2_000
    assert peak < 8 * len(csv)  # four bytes a sign, numbers and borrowers; as rows it would be twice that


def test_a_bank_is_tested_by_the_rules_of_the_year(bank: Returner) -> None:
    desk, clock = bank.desk, bank.desk.database.clock
    assert isinstance(clock, SettableClock)
    clock.instant = datetime(2027, 2, 1, 4, tzinfo=UTC)
    then = {"all_loans_fen": 100_000_000_000, "granted_rate_ppm": 50_500}
    bank.accepted(new_return(_granted("2025-01-02"), "2025-12", **then))
    loaded = bank.loaded(new_return(period="2026-12"))
    alone = bank.loaded(new_return(_granted("2025-01-02"), "2025-06", first_loan_households=1))

    found = desk.ask(returns.assess_return, OFFICER, loaded.id)
    unjudged = desk.ask(returns.assess_return, OFFICER, alone.id)

    assert (found.base_period, found.base, found.passed) == ("2025-12", "YEAR_START", False)
    assert [(one.measure, one.passed) for one in found.tests] == [
        ("GROWTH", False),
        ("NPL", False),
        ("RATE", True),
    ]
    assert (unjudged.base_period, unjudged.tests, unjudged.passed) == (None, (), None)
