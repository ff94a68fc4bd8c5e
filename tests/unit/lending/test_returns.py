"""Returns: accepted by a second person, corrected by a new version, told as sums."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis.clock import SettableClock
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.criteria.violation import Violation
from rongqiao.common.v1 import common_pb2
from rongqiao.lending.v1 import events_pb2, lending_pb2
from services.lending.domain.returns.differences import (
    Explanation,
)
from services.lending.domain.returns.returned import NewReturn, ReturnRejection
from services.lending.operations import returns
from tests.unit.lending.desk import MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk
from tests.unit.lending.returning import Returner, firm, granted, new_return, row


def test_a_return_that_agrees_waits_for_the_second_person(either_bank: Returner) -> None:
    report = either_bank.told(new_return())

    assert report.loaded is not None
    assert (report.rows, report.wrong_rows, report.blocking, report.unexplained) == (6, 0, 0, 0)
    assert (report.loaded.version, report.loaded.status) == (1, "LOADED")
    assert (report.loaded.loans, report.loaded.balance_fen) == (6, 155_000_001)
    assert either_bank.seen(report.loaded) == report.loaded


def test_the_one_who_loaded_a_return_does_not_accept_it(one_bank: Returner) -> None:
    loaded = one_bank.loaded(new_return(period="2026-01", rows=granted("2026-01-02")))
    own = replace(one_bank, officer=MANAGER)
    theirs = own.loaded(new_return(period="2026-01", rows=granted("2026-01-02")))

    with pytest.raises(Violation, match="may not accept"):
        one_bank.desk.act(returns.accept_return, MANAGER, theirs.id)
    with pytest.raises(Forbidden):
        one_bank.desk.act(returns.accept_return, OFFICER, theirs.id)
    assert one_bank.seen(loaded).status == "REPLACED"


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


def test_a_period_is_over_before_it_is_returned(one_bank: Returner) -> None:
    with pytest.raises(Violation, match="not over"):
        one_bank.told(new_return(period="2026-11"))
    with pytest.raises(Violation, match="rules of 2009-Q1 are not known"):
        one_bank.told(new_return(period="2009-Q1"))


def test_a_dry_run_says_the_same_and_keeps_nothing(one_bank: Returner) -> None:
    report = one_bank.told(
        new_return(period="2026-08", rows=granted("2026-02-02"), households=9, dry_run=True)
    )

    assert (report.loaded, report.rows, report.blocking) == (None, 6, 1)
    assert not one_bank.desk.ask(returns.list_returns, OFFICER, "2026-08").items


def test_only_the_bank_itself_sees_and_changes_its_returns(one_bank: Returner) -> None:
    period = "2026-07"
    loaded = one_bank.loaded(new_return(period=period, rows=granted("2026-02-02"), households=9))
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


def test_a_bank_is_tested_by_the_rules_of_the_year(bank: Returner) -> None:
    desk, clock = bank.desk, bank.desk.database.clock
    assert isinstance(clock, SettableClock)
    clock.instant = datetime(2027, 2, 1, 4, tzinfo=UTC)
    then = {"all_loans_fen": 100_000_000_000, "granted_rate_ppm": 50_500}
    bank.accepted(new_return(granted("2025-01-02"), "2025-12", **then))
    loaded = bank.loaded(new_return(period="2026-12"))
    alone = bank.loaded(new_return(granted("2025-01-02"), "2025-06", first_loan_households=1))

    found = desk.ask(returns.assess_return, OFFICER, loaded.id)
    unjudged = desk.ask(returns.assess_return, OFFICER, alone.id)

    assert (found.base_period, found.base, found.passed) == ("2025-12", "YEAR_START", False)
    assert [(one.measure, one.passed) for one in found.tests] == [
        ("GROWTH", False),
        ("NPL", False),
        ("RATE", True),
    ]
    assert (unjudged.base_period, unjudged.tests, unjudged.passed) == (None, (), None)
