"""Books and figures as they come in: every mistake is told with its place."""

import tracemalloc
from dataclasses import replace
from datetime import date

import pytest

from libs.criteria.violation import Violation
from services.lending.domain.returns.book import Reader
from services.lending.domain.returns.figures import period_of
from services.lending.domain.returns.returned import NewReturn
from services.lending.operations import returns
from tests.unit.lending.desk import OFFICER
from tests.unit.lending.returning import FIGURES, Returner, csv_of, firm, new_return, row


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
