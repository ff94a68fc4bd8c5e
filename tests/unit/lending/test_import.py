"""Products from CSV: every row is told what became of it, and all of its mistakes where they stand."""

import csv
import io
from collections.abc import Iterator

import pytest

from libs.criteria.violation import Violation
from services.lending.domain.intake.report import ImportReport, RowOutcome
from services.lending.domain.product import ProductStatus
from services.lending.operations import products
from services.lending.store import metadata
from tests.support.services import opened
from tests.unit.lending.desk import OFFICER, Desk

GOOD = {
    "external_id": "P-1",
    "name": "首户贷",
    "kind": "WORKING_CAPITAL",
    "amount_min_fen": "10000000",
    "amount_max_fen": "300000000",
    "term_min_months": "6",
    "term_max_months": "24",
    "decision_days": "5",
    "rate": "LPR_1Y:4000ppm:11000ppm",
    "repayment_methods": "INTEREST_FIRST|EQUAL_INSTALMENT",
    "guarantee_modes": "UNSECURED",
    "fees": "评估费:APPRAISER:PRINCIPAL:1500ppm:UPFRONT | 抵押登记费:REGISTRY:FIXED:8000fen:UPFRONT",
    "criteria": 'tax_grade IN A,B,M !PUBLIC "纳税信用A、B或M级"; score GE 560 ?CONFIDENTIAL "综合评分"',
    "summary": "",
}


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    """Reading a CSV is the same on every engine."""
    with opened(sqlite_url, metadata) as database:
        yield Desk(database)


def row(**changes: str) -> dict[str, str]:
    return GOOD | changes


def text(*rows: dict[str, str]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0] if rows else GOOD))
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def outcomes(report: ImportReport) -> list[str]:
    return [told.outcome.value for told in report.rows]


def listed(desk: Desk) -> list[str]:
    page = desk.ask(products.list_products, OFFICER, limit=200)
    return sorted(product.external_id for product in page.items)


def test_every_good_row_becomes_a_draft(desk: Desk) -> None:
    report = desk.imported(text(row(), row(external_id="P-2")))

    assert (report.accepted, report.rejected) == (2, 0)
    assert [(told.row, told.external_id) for told in report.rows] == [(2, "P-1"), (3, "P-2")]
    product = desk.ask(products.get_product, OFFICER, report.rows[0].product_id)
    assert product.status is ProductStatus.DRAFT
    assert [fee.name for fee in product.terms.fees] == ["评估费", "抵押登记费"]
    assert [criterion.fact for criterion in product.terms.criteria] == ["tax_grade", "score"]


BAD = {
    "a code that is none": ({"kind": "PAYDAY"}, "C2 kind UNKNOWN"),
    "a word for a number": ({"amount_min_fen": "viel"}, "D2 amount_min_fen UNREADABLE"),
    "a number out of bounds": ({"amount_max_fen": "9" * 16}, "E2 amount_max_fen TERMS"),
    "limits the wrong way round": ({"amount_min_fen": "400000000"}, "D2 amount_min_fen TERMS"),
    "an empty cell that is wanted": ({"name": ""}, "B2 name MISSING"),
    "a rate without a unit": ({"rate": "LPR_1Y:0.4:1.1"}, "I2 rate/min_ppm AMBIGUOUS"),
    "a rate in two parts": ({"rate": "LPR_1Y:4000ppm"}, "I2 rate/max_ppm MISSING"),
    "a rate in four parts": ({"rate": "LPR_1Y:1%:2%:3%"}, "I2 rate UNREADABLE"),
    "a rate the wrong way round": ({"rate": "LPR_1Y:5000ppm:4000ppm"}, "I2 rate/min_ppm TERMS"),
    "a mode that is none": ({"guarantee_modes": "UNSECURED|FRIENDSHIP"}, "K2 guarantee_modes/1 UNKNOWN"),
    "a fee of no payee": ({"fees": "评估费:NOBODY:FIXED:8000fen:UPFRONT"}, "L2 fees/0/payee UNKNOWN"),
    "a criterion of no fact": ({"criteria": 'shoe_size GE 42 !PUBLIC "鞋码"'}, "M2 criteria/0/fact TERMS"),
    "a number of its own that is missing": ({"external_id": ""}, "A2 external_id MISSING"),
    "a flag that the terms do not keep": ({"flags": "IP_PLEDGE"}, "K2 guarantee_modes TERMS"),
    "a promise that the terms cannot keep": (
        {"stated_rate": "1%:2%:NOMINAL"},
        "P2 stated_rate/min_ppm TERMS",
    ),
}


@pytest.mark.parametrize(("changes", "told"), BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_told_with_its_cell_and_mend(desk: Desk, changes: dict[str, str], told: str) -> None:
    empty = {"flags": "", "stated_rate": ""}
    report = desk.imported(text(row(**empty) | changes, row(external_id="P-2", **empty)))

    bad, good = report.rows
    mistake = bad.mistakes[0]
    assert (bad.row, bad.outcome) == (2, RowOutcome.REJECTED)
    assert f"{mistake.place} {mistake.field} {mistake.rule}" == told
    assert (bad.field, bad.message, bad.mend) == (mistake.field, mistake.message, mistake.mend)
    assert mistake.mend
    assert good.outcome is RowOutcome.ACCEPTED
    assert listed(desk) == ["P-2"]


def test_all_mistakes_of_a_row_are_told_at_once(desk: Desk) -> None:
    wrong = {"kind": "PAYDAY", "amount_max_fen": "viel", "decision_days": "bald", "rate": "LPR_9Y:1%:x"}

    (bad,) = desk.imported(text(row(**wrong, external_id=""))).rows

    assert sorted(mistake.field for mistake in bad.mistakes) == [
        "amount_max_fen",
        "decision_days",
        "external_id",
        "kind",
        "rate/base",
        "rate/max_ppm",
    ]


def test_all_rules_that_the_terms_break_are_told_at_once(desk: Desk) -> None:
    (bad,) = desk.imported(
        text(row(amount_min_fen="400000000", term_min_months="30", flags="IP_PLEDGE"))
    ).rows

    assert {mistake.field for mistake in bad.mistakes} == {
        "amount_min_fen",
        "term_min_months",
        "guarantee_modes",
    }


def test_a_row_with_too_many_or_too_few_cells_is_told(desk: Desk) -> None:
    header, line = text(row()).splitlines()
    report = desk.imported("\r\n".join([header, f"{line},more", "P-3,首户贷"]))

    assert outcomes(report) == ["REJECTED", "REJECTED"]
    assert report.rows[0].mistakes[0].place == "O2"
    assert "more cells" in report.rows[0].mistakes[0].message
    assert [mistake.place for mistake in report.rows[1].mistakes] == [
        "C3",
        "E3",
        "G3",
        "I3",
        "J3",
        "K3",
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_column(desk: Desk) -> None:
    report = desk.imported("\ufeff" + text(row()))

    assert outcomes(report) == ["ACCEPTED"]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(desk: Desk) -> None:
    header, first, second = text(row(summary="一行\n两行"), row(external_id="P-2")).split("\r\n")[:3]

    report = desk.imported("\r\n".join([header, first, "", second]))

    assert [told.row for told in report.rows] == [2, 4]


def test_a_number_that_stands_twice_is_kept_once(desk: Desk) -> None:
    report = desk.imported(text(row(name="第一"), row(name="第二")))

    assert outcomes(report) == ["ACCEPTED", "REJECTED"]
    assert (report.rows[1].field, report.rows[1].row) == ("external_id", 3)
    assert "row 2" in (report.rows[1].message or "")


def test_a_dry_run_judges_and_keeps_nothing(desk: Desk) -> None:
    report = desk.imported(text(row(), row(external_id="P-2", kind="PAYDAY")), dry_run=True)

    assert outcomes(report) == ["NOT_KEPT", "REJECTED"]
    assert (report.accepted, report.rejected) == (0, 1)
    assert listed(desk) == []


def test_all_or_nothing_keeps_nothing_beside_a_bad_row(desk: Desk) -> None:
    rows = text(row(), row(external_id="P-2", kind="PAYDAY"))

    assert outcomes(desk.imported(rows, all_or_nothing=True)) == ["NOT_KEPT", "REJECTED"]
    assert listed(desk) == []
    assert outcomes(desk.imported(text(row()), all_or_nothing=True)) == ["ACCEPTED"]
    assert listed(desk) == ["P-1"]


def test_a_second_upload_of_the_same_file_changes_nothing(desk: Desk) -> None:
    first = desk.imported(text(row()))
    second = desk.imported(text(row()))

    assert second.rows[0].product_id == first.rows[0].product_id
    assert listed(desk) == ["P-1"]


def test_columns_may_stand_in_any_order(desk: Desk) -> None:
    backwards = {name: GOOD[name] for name in reversed(GOOD)}

    assert outcomes(desk.imported(text(backwards))) == ["ACCEPTED"]


WHOLE = {
    "nothing": ("", "header/external_id"),
    "an unknown column": (text(row(colour="red")), "header/colour"),
    "a missing column": (text({name: GOOD[name] for name in GOOD if name != "rate"}), "header/rate.base"),
    "a column that stands twice": (text(row()).replace("summary", "name", 1), "header/name"),
    "a quote that never ends": (text(row()) + '"P-2,首户贷', "line/3"),
    "a cell beyond all measure": (text(row(summary="长" * 140_000)), "line/2"),
}


@pytest.mark.parametrize(("whole", "field"), WHOLE.values(), ids=WHOLE.keys())
def test_a_file_that_is_no_list_of_products_is_refused_whole(desk: Desk, whole: str, field: str) -> None:
    with pytest.raises(Violation) as refused:
        desk.imported(whole)

    assert refused.value.field == field
    assert refused.value.mend
    assert listed(desk) == []


def test_a_header_alone_is_a_list_of_nothing(desk: Desk) -> None:
    report = desk.imported(text())

    assert report == ImportReport(accepted=0, rejected=0, rows=())


def test_a_thousand_rows_come_in_at_once(desk: Desk) -> None:
    report = desk.imported(text(*(row(external_id=f"P-{number}") for number in range(1_000))))

    assert (report.accepted, report.rejected, report.rows[-1].row) == (1_000, 0, 1_001)
    assert desk.imported(text(row(external_id="P-999", name="改名"))).rows[0].product_id == (
        report.rows[-1].product_id
    )
