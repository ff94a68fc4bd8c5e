"""The end of a day: what the platform has, against the bank's own file, to the row and the fen."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from services.lending.domain.day_end import (
    DayRow,
    DifferenceKind,
    RowKind,
    SignDay,
    compared,
    digest_of,
    from_csv,
    to_csv,
    totals_of,
)
from services.lending.domain.repayment import Repayment
from services.lending.http.day_ends import router
from services.lending.operations import day_ends, loans
from services.lending.store import metadata
from tests.support.services import NOON, client_of, opened
from tests.unit.lending.desk import BANK, MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk

DAY = date(2026, 11, 22)
LATER = NOON + timedelta(days=2)
SECOND = Principal("acc_second", Role.BANK_MANAGER, BANK)


def with_a_loan(desk: Desk) -> Desk:
    """One loan of 800,000 yuan on the day, repaid in part on the next."""
    loan = desk.lent()
    desk.opened(request_id="req_2")
    clock: Any = desk.database.clock
    clock.instant = NOON + timedelta(days=1)
    payment = Repayment(
        principal_fen=5_000_000, interest_fen=9_000, paid_on=DAY + timedelta(days=1), external_id="R-1"
    )
    desk.repaid(loan, payment)
    clock.instant = LATER
    return desk


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("days") / "made.db"
    with opened(f"sqlite:///{file}", metadata) as database:
        with_a_loan(Desk(database))
    return file


@pytest.fixture
def lent(made: Path, tmp_path: Path) -> Iterator[Desk]:
    """A copy of its own of a bank with a loan."""
    with opened(f"sqlite:///{shutil.copy(made, tmp_path)}", metadata, LATER) as database:
        yield Desk(database)


def file_of(desk: Desk, day: date) -> str:
    return to_csv(desk.ask(day_ends.day_end_rows, OFFICER, day))


def test_a_day_has_what_was_paid_out_repaid_and_owed_then(desk: Desk) -> None:
    lent = with_a_loan(desk)
    first = lent.ask(day_ends.get_day_end, OFFICER, DAY)
    second = lent.ask(day_ends.get_day_end, OFFICER, DAY + timedelta(days=1))
    assert [(row.kind, row.loan, row.amount_fen) for row in first.rows] == [
        (RowKind.DISBURSED, "L-1", 80_000_000),
        (RowKind.BALANCE, "L-1", 80_000_000),
    ]
    assert [(row.kind, row.number, row.amount_fen, row.interest_fen) for row in second.rows] == [
        (RowKind.REPAID, "R-1", 5_000_000, 9_000),
        (RowKind.BALANCE, "", 75_000_000, 0),
    ]
    assert {(state.status, state.count) for state in first.applications} == {
        ("DISBURSED", 1),
        ("SUBMITTED", 1),
    }
    assert first.complete
    assert first.totals == totals_of(first.rows)


def test_another_bank_has_a_day_of_its_own_and_a_firm_has_none(lent: Desk) -> None:
    assert lent.ask(day_ends.get_day_end, THEIR_MANAGER, DAY).rows == ()
    with pytest.raises(Forbidden):
        lent.ask(day_ends.get_day_end, OWNER, DAY)
    with pytest.raises(Violation):
        lent.ask(day_ends.get_day_end, OFFICER, DAY + timedelta(days=9))


def test_the_own_file_shows_no_difference_and_a_second_person_signs(lent: Desk) -> None:
    kept = lent.act(day_ends.reconcile, MANAGER, DAY, file_of(lent, DAY))
    assert (kept.rows_here, kept.rows_there, kept.difference_count) == (2, 2, 0)
    with pytest.raises(Violation, match="himself"):
        lent.act(day_ends.sign_day_off, MANAGER, DAY, SignDay(reconciliation_id=kept.id))
    lent.act(day_ends.sign_day_off, SECOND, DAY, SignDay(reconciliation_id=kept.id))
    signed = lent.ask(day_ends.get_day_end, OFFICER, DAY).signed_off
    assert (signed.by, signed.still_true) == ("acc_second", True)


def test_what_is_reported_after_the_signature_is_seen(lent: Desk) -> None:
    kept = lent.act(day_ends.reconcile, OFFICER, DAY, file_of(lent, DAY))
    lent.act(day_ends.sign_day_off, MANAGER, DAY, SignDay(reconciliation_id=kept.id))
    [loan] = lent.ask(loans.list_loans, OFFICER).items
    lent.repaid(loan, Repayment(principal_fen=1, paid_on=DAY, external_id="R-late"))
    assert not lent.ask(day_ends.get_day_end, OFFICER, DAY).signed_off.still_true


def test_each_difference_says_what_it_is_and_how_to_mend_it(lent: Desk) -> None:
    theirs = "kind,loan,number,amount_fen,interest_fen\nDISBURSED,L-1,,80000001,\nDISBURSED,L-9,,5,0\n"
    kept = lent.act(day_ends.reconcile, OFFICER, DAY, theirs)
    told = {(one.what, one.loan, one.kind): one for one in kept.differences}
    wrong = told[DifferenceKind.AMOUNT_DIFFERS, "L-1", RowKind.DISBURSED]
    assert (wrong.here_fen, wrong.there_fen, wrong.line) == (80_000_000, 80_000_001, 2)
    missing = told[DifferenceKind.MISSING_HERE, "L-9", RowKind.DISBURSED]
    assert "disburse" in missing.mend
    assert (DifferenceKind.MISSING_THERE, "L-1", RowKind.BALANCE) in told
    assert kept.difference_count == 3
    with pytest.raises(Violation) as refused:
        lent.act(day_ends.sign_day_off, MANAGER, DAY, SignDay(reconciliation_id=kept.id))
    assert refused.value.field == "note"
    order = SignDay(reconciliation_id=kept.id, note="L-9 于次日入账")
    assert lent.act(day_ends.sign_day_off, MANAGER, DAY, order).note == "L-9 于次日入账"
    assert lent.ask(day_ends.list_reconciliations, OFFICER, DAY).items[0].signed_by == "acc_manager"


def test_a_comparison_of_another_bank_or_day_cannot_be_signed(lent: Desk) -> None:
    kept = lent.act(day_ends.reconcile, OFFICER, DAY, file_of(lent, DAY))
    for who, day in ((THEIR_MANAGER, DAY), (MANAGER, DAY - timedelta(days=1))):
        with pytest.raises(NotFound):
            lent.act(day_ends.sign_day_off, who, day, SignDay(reconciliation_id=kept.id))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("loan,amount\nL-1,5\n", "csv/1/kind"),
        ("kind,loan,number,amount_fen,interest_fen\nPAID,L-1,,5,0\n", "csv/2/kind"),
        ("kind,loan,number,amount_fen,interest_fen\nREPAID,L-1,R-1,5.00,0\n", "csv/2/amount_fen"),
        ("kind,loan,number,amount_fen,interest_fen\nREPAID,L-1,R-1\n", "csv/2/amount_fen"),
        ("kind,loan,number,amount_fen,interest_fen\nREPAID,L-1,R-1,5,0,9\n", "csv/2"),
        ('kind,loan,number,amount_fen,interest_fen\nREPAID,"L-1,R-1,5,0\n', "csv/2"),
    ],
)
def test_a_file_that_cannot_be_read_names_the_cell(text: str, field: str) -> None:
    with pytest.raises(Violation) as refused:
        from_csv(text)
    assert refused.value.field == field


def test_the_file_comes_and_goes_over_http(lent: Desk) -> None:
    client = client_of(lent.database, router, Role.BANK_OFFICER, BANK, "acc_officer")
    file = client.get(f"/v1/day-ends/{DAY}.csv")
    assert file.text == file_of(lent, DAY)
    headers = client._headers("key-1")
    sent = {"file": ("day.csv", file.text.encode("gb18030"), "text/csv")}
    answer = client.http.post(f"/v1/day-ends/{DAY}/reconcile", files=sent, headers=headers)
    assert (answer.status_code, answer.json()["difference_count"]) == (201, 0)
    assert client.get(f"/v1/day-ends/{DAY}").json()["rows"][0]["loan"] == "L-1"


# Whatever the rows are

numbers = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(
    str.strip
)
fens = st.integers(0, 10**15)
day_rows = st.lists(
    st.builds(
        DayRow,
        kind=st.sampled_from(RowKind),
        loan=numbers,
        number=numbers,
        amount_fen=fens,
        interest_fen=fens,
    ),
    max_size=8,
    unique_by=lambda row: row.key,
)


@given(day_rows, st.randoms())
def test_the_exported_file_in_any_order_shows_no_difference(rows: list[DayRow], random: Any) -> None:
    shuffled = list(from_csv(to_csv(rows)))
    random.shuffle(shuffled)
    assert compared(rows, shuffled) == ()
    assert digest_of(rows) == digest_of(from_csv(to_csv(rows)))


@given(day_rows, day_rows)
def test_every_row_that_is_not_the_same_on_both_sides_is_told_once(here: Any, there: Any) -> None:
    told = compared(here, there)
    ours, theirs = {row.key: row for row in here}, {row.key: row for row in there}
    wrong = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    assert {(one.kind.value, one.loan, one.number) for one in told} == wrong
    assert len(told) == len(wrong)
