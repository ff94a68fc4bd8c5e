"""All formats carry all of a product, there and back; what spreadsheets do to numbers is undone or refused."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from libs.chassis.codec import dump, to_json
from libs.criteria.violation import Violation
from services.lending.domain.intake import delimited, documents, files, quantities, spreadsheet, workbook
from services.lending.domain.intake.columns import COLUMNS, WRITTEN
from services.lending.domain.intake.example import EXAMPLE
from services.lending.domain.intake.files import Format
from services.lending.domain.intake.labels import LABELS
from services.lending.domain.intake.mistakes import Wrong
from services.lending.domain.intake.rows import Row
from services.lending.domain.product import NewProduct, ProductTerms
from tests.unit.lending.products_in_full import FULL, any_products

TODAY = date(2026, 11, 23)


def written(products: Sequence[NewProduct], kind: Format) -> bytes:
    file = io.BytesIO()
    if kind is Format.CSV:
        delimited.write(products, file)
    elif kind is Format.XLSX:
        spreadsheet.write(products, file)
    elif kind is Format.JSON:
        documents.write_array(map(to_json, products), file)
    else:
        file.write(b"\n".join(map(to_json, products)))
    return file.getvalue()


def read(content: bytes, kind: Format) -> list[Row]:
    return list(files.rows(io.BytesIO(content), kind, TODAY))


def told(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    return [(one.place, one.field, one.rule.value) for row in rows for one in row.mistakes]


def sheet(*rows: Sequence[Any], title: str = "products") -> Workbook:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# What a workbook needs; the last column is the one under test.
HEADER = [
    "external_id",
    "name",
    "kind",
    "amount_max_fen",
    "term_max_months",
    "rate",
    "repayment_methods",
    "guarantee_modes",
]
LINE: list[Any] = [
    "P-1",
    "首户贷",
    "WORKING_CAPITAL",
    300_000_000,
    24,
    "LPR_1Y:85bp:160bp",
    "BULLET",
    "UNSECURED",
]


def with_cell(column: str, value: Any, number_format: str | None = None) -> list[Row]:
    """A workbook whose second row holds this cell, under a column of the header or one beside them."""
    header, line = list(HEADER), list(LINE)
    if column not in header:
        header, line = [*header, column], [*line, None]
    book = sheet(header, line)
    cell = book.active.cell(2, header.index(column) + 1)
    cell.value = value
    if number_format:
        cell.number_format = number_format
    return read(saved(book), Format.XLSX)


def test_every_field_of_the_terms_is_in_the_sample_and_has_a_column_with_a_name() -> None:
    for part in fields(ProductTerms):
        assert getattr(FULL.terms, part.name) != part.default, f"put something into {part.name} of FULL"
        assert part.name in {column.path[0] for column in WRITTEN if column.path}, part.name
    assert set(LABELS) == {column.name for column in WRITTEN}


@pytest.mark.parametrize("kind", Format)
def test_every_format_carries_every_field(kind: Format) -> None:
    (row,) = read(written([FULL], kind), kind)

    assert row.mistakes == ()
    assert row.product == FULL


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.lists(any_products, max_size=2, unique_by=lambda one: one.external_id))
def test_an_import_of_an_export_is_the_identity_in_every_format(products: list[NewProduct]) -> None:
    for kind in Format:
        rows = read(written(products, kind), kind)

        assert told(rows) == []
        assert [row.product for row in rows] == products


def test_the_rate_may_stand_in_one_cell_or_in_a_column_for_each_part() -> None:
    parts = [*[name for name in HEADER if name != "rate"], "rate.base", "rate.min_ppm", "rate.max_ppm"]
    line = [value for value in LINE if value != "LPR_1Y:85bp:160bp"] + ["LPR_1Y", 0.0085, "1.6%"]
    book = sheet(parts, line)
    book.active["I2"].number_format = "0.00%"

    (apart,) = read(saved(book), Format.XLSX)
    (together,) = read(saved(sheet(HEADER, LINE)), Format.XLSX)

    assert apart.product == together.product is not None


def test_both_at_once_are_refused() -> None:
    rows = with_cell("rate.base", "LPR_1Y")

    assert told(rows) == [("products!I2", "rate/base", "TWICE")]


READABLE = {
    "yuan": ("FEN", "3,000,000元", 300_000_000),
    "wan": ("FEN", "300万", 300_000_000),
    "wan yuan, full-width": ("FEN", "３００．５ 万元", 300_500_000),
    "hundred million": ("FEN", "1.2亿元", 12_000_000_000),
    "with its sign": ("FEN", "¥80.00", 8_000),
    "fen": ("FEN", "８０００", 8_000),
    "percent": ("PPM", "3.85 %", 38_500),
    "percent, full-width": ("PPM", "３．８５％", 38_500),
    "basis points": ("PPM", "+85bp", 8_500),
    "basis points in Chinese": ("PPM", "-20个基点", -2_000),
    "millionths": ("PPM", "38500", 38_500),
    "share": ("BP", "30%", 3_000),
    "months": ("MONTHS", "12 Months", 12),
    "months in Chinese": ("MONTHS", "12个月", 12),
    "a year": ("MONTHS", "1年", 12),
    "a year and a half": ("MONTHS", "1.5 years", 18),
    "days": ("DAYS", "5个工作日", 5),
}


@pytest.mark.parametrize(("measure", "text", "number"), READABLE.values(), ids=READABLE.keys())
def test_what_is_clear_is_read(measure: str, text: str, number: int) -> None:
    assert quantities.whole(text, getattr(quantities, measure)) == number


UNCLEAR = {
    "a fraction without a unit": ("PPM", "0.0385", "AMBIGUOUS"),
    "a percentage without its sign": ("PPM", "4", "AMBIGUOUS"),
    "a sum with decimals": ("FEN", "300.50", "AMBIGUOUS"),
    "half a fen": ("FEN", "0.005元", "NOT_EXACT"),
    "a third of a year": ("MONTHS", "0.3年", "NOT_EXACT"),
    "days for months": ("MONTHS", "90天", "UNREADABLE"),
    "another currency": ("FEN", "300万美元", "UNREADABLE"),
    "thousands set apart wrongly": ("FEN", "3,00,000元", "UNREADABLE"),
    "two numbers": ("FEN", "100-300万元", "UNREADABLE"),
    "a date": ("MONTHS", "2026-11-23", "UNREADABLE"),
    "nothing": ("MONTHS", "", "UNREADABLE"),
    "too much": ("FEN", "9" * 40, "UNREADABLE"),
}


@pytest.mark.parametrize(("measure", "text", "rule"), UNCLEAR.values(), ids=UNCLEAR.keys())
def test_what_is_not_clear_is_refused_with_what_to_write(measure: str, text: str, rule: str) -> None:
    with pytest.raises(Wrong) as refused:
        quantities.whole(text, getattr(quantities, measure))

    (found,) = refused.value.found
    assert found.rule == rule
    assert found.mend


@given(st.text(max_size=40), st.sampled_from(["FEN", "PPM", "BP", "MONTHS", "DAYS", "COUNT"]))
def test_no_text_breaks_the_reading_of_numbers(text: str, measure: str) -> None:
    try:
        number = quantities.whole(text, getattr(quantities, measure))
    except Wrong as refused:
        assert refused.found[0].mend
    else:
        assert type(number) is int


SHOWN = {
    "a percent cell": ("amount_max_fen", 0.0385, "0.00%", None),
    "a float that is whole": ("term_max_months", 24.0, None, 24),
    "a yuan cell": ("amount_max_fen", 3_000_000, '"¥"#,##0.00', 300_000_000),
    "a yuan cell of Excel": ("amount_max_fen", 3_000_000, "[$¥-804]#,##0.00", 300_000_000),
    "a number with separators": ("amount_max_fen", 300_000_000, "#,##0", 300_000_000),
    "a text of a number": ("amount_max_fen", "300000000", "@", 300_000_000),
}


@pytest.mark.parametrize(("column", "value", "shown", "number"), SHOWN.values(), ids=SHOWN.keys())
def test_a_number_counts_as_the_cell_shows_it(
    column: str, value: Any, shown: str, number: int | None
) -> None:
    (row,) = with_cell(column, value, shown)

    assert (row.product and getattr(row.product.terms, column)) == number


def test_a_percent_cell_is_a_rate_to_the_last_digit() -> None:
    (row,) = with_cell("guarantee_cover_bp", 0.1 + 0.2, "0%")

    assert told([row]) == [
        ("products!I2", "guarantee_cover_bp", "TERMS")
    ]  # 3000 bp, of which there is no guarantor


SPOILT = {
    "a formula": ("amount_max_fen", "=300*1000000", None),
    "a date": ("name", datetime(2026, 1, 2), None),  # noqa: DTZ001 - as Excel has it
    "an error": ("name", "#REF!", None),
    "more digits than Excel keeps": ("external_id", 1234567890123456789, None),
}


@pytest.mark.parametrize(("column", "value", "shown"), SPOILT.values(), ids=SPOILT.keys())
def test_a_cell_that_does_not_hold_what_it_shows_is_refused(
    column: str, value: Any, shown: str | None
) -> None:
    (row,) = with_cell(column, value, shown)

    (mistake,) = row.mistakes
    letter = "ABCDEFGH"[HEADER.index(column)]
    assert (mistake.place, mistake.field, mistake.rule) == (f"products!{letter}2", column, "SPOILT")
    assert mistake.mend


@pytest.mark.parametrize("shown", ["$#,##0.00", "[$$-409]#,##0", "€#,##0", '0!.0,"万"', "#,##0,"])
def test_another_currency_or_scale_is_refused(shown: str) -> None:
    rows = with_cell("amount_max_fen", 3_000_000, shown)

    assert told(rows) == [("products!D2", "amount_max_fen", "AMBIGUOUS")]


def test_merged_cells_are_told_in_each_row_that_they_cover() -> None:
    book = sheet(HEADER, LINE, ["P-2", *LINE[1:]], ["P-3", *LINE[1:]])
    book.active.merge_cells("B2:B3")

    rows = read(saved(book), Format.XLSX)

    assert told(rows) == [("products!B2", "name", "SPOILT"), ("products!B3", "name", "SPOILT")]
    assert rows[2].product is not None


def test_a_header_may_carry_a_title_behind_its_name() -> None:
    rows = read(saved(sheet([f"{name} {LABELS.get(name, '利率')}" for name in HEADER], LINE)), Format.XLSX)

    assert told(rows) == []


def test_a_number_that_the_spreadsheet_made_of_a_code_is_a_text_again() -> None:
    (row,) = with_cell("regions", 640104)

    assert row.product is not None
    assert row.product.terms.regions == ("640104",)


def test_the_sheet_of_the_products_must_be_clear() -> None:
    book = sheet(HEADER, LINE, title="一")
    book.create_sheet("二")
    with pytest.raises(Violation, match="一, 二"):
        read(saved(book), Format.XLSX)
    book["二"].title = "产品"
    book["产品"].append(HEADER)

    assert read(saved(book), Format.XLSX) == []


def test_what_is_no_workbook_is_refused_whole() -> None:
    old = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(512)
    cut = saved(sheet(HEADER, LINE))[:-100]
    for content in (b"", b"PK\x03\x04", old, cut, written([FULL], Format.CSV)):
        with pytest.raises(Violation) as refused:
            read(content, Format.XLSX)
        assert refused.value.field == "file"


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    many, bomb = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(workbook.MOST_PARTS + 1):
            archive.writestr(f"{number}.xml", b"")
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as part,
    ):
        for _ in range(workbook.MOST_STRINGS // (1 << 20) + 1):
            part.write(bytes(1 << 20))

    for content in (many, bomb):
        with pytest.raises(Violation, match="unpacks to more"):
            read(content.getvalue(), Format.XLSX)


def test_entities_of_a_hostile_workbook_are_refused() -> None:
    content, hostile = saved(sheet(HEADER, LINE)), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(hostile, "w") as copy:
        for name in archive.namelist():
            text = archive.read(name)
            if name.endswith("sheet1.xml"):
                text = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>' + text
            copy.writestr(name, text)

    with pytest.raises(Violation) as refused:
        read(hostile.getvalue(), Format.XLSX)

    assert refused.value.field == "file"


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_damage_to_a_workbook_breaks_the_reading(data: st.DataObject) -> None:
    content = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        rows = read(bytes(content), Format.XLSX)
    except Violation as refused:
        assert refused.mend
    else:
        assert all(row.product or row.mistakes for row in rows)


SOUND = saved(sheet(HEADER, LINE))

plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.lists(plain_json, max_size=4))
def test_no_json_breaks_the_reading(items: list[Any]) -> None:
    rows = read(json.dumps(items).encode(), Format.JSON)

    assert [row.number for row in rows] == list(range(len(items)))
    assert all(row.mistakes for row in rows)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([part.name for part in fields(ProductTerms)]), plain_json, max_size=4))
def test_whatever_stands_in_a_field_is_told_at_its_pointer(changes: dict[str, Any]) -> None:
    (row,) = read(json.dumps([dump(FULL) | {"terms": dump(FULL.terms) | changes}]).encode(), Format.JSON)

    assert all(mistake.place.startswith("/0/terms") and mistake.mend for mistake in row.mistakes)


def test_mistakes_in_json_have_a_pointer() -> None:
    bad = dump(FULL)
    bad["terms"]["rate"]["min_ppm"] = 0.4
    bad["terms"]["fees"][1]["payee"] = "NOBODY"
    bad["terms"]["a/b~c"] = 1
    del bad["terms"]["name"]

    rows = read(json.dumps([dump(EXAMPLE), bad]).encode(), Format.JSON)

    assert sorted(told(rows)) == [
        ("/1/terms/a~1b~0c", "a/b~c", "UNKNOWN"),
        ("/1/terms/fees/1/payee", "fees/1/payee", "UNKNOWN"),
        ("/1/terms/name", "name", "MISSING"),
        ("/1/terms/rate/min_ppm", "rate/min_ppm", "AMBIGUOUS"),
    ]


def test_a_line_that_is_no_json_is_one_bad_row() -> None:
    lines = [to_json(FULL), b"{", b"", b'{"external_id": NaN}', to_json(EXAMPLE)]

    rows = read(b"\n".join(lines), Format.JSON_LINES)

    assert told(rows) == [("2:", "", "UNREADABLE"), ("4:", "", "UNREADABLE")]
    assert [row.number for row in rows if row.product] == [1, 5]


BROKEN = {
    "no array": b'{"a": 1}',
    "an array without an end": b"[1, 2",
    "no comma": b"[1 2]",
    "something behind it": b"[] []",
    "nothing": b"",
    "no text": b'["\xff"]',
    "too deep": b"[" * 100_000,
    "a number beyond all measure": b"[" + b"1" * 5_000 + b"]",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_json_array_is_refused_whole(content: bytes) -> None:
    with pytest.raises(Violation) as refused:
        read(content, Format.JSON)

    assert refused.value.mend


def test_an_array_is_read_across_the_pieces_of_its_file() -> None:
    long = replace(FULL.terms, summary="长" * 60_000)
    products = [NewProduct(external_id=f"P-{number}", terms=long) for number in range(4)]

    assert [row.product for row in read(written(products, Format.JSON), Format.JSON)] == products


@pytest.mark.parametrize("kind", Format)
def test_an_empty_file_of_products_is_a_list_of_nothing(kind: Format) -> None:
    assert read(written([], kind), kind) == []


@pytest.mark.parametrize("kind", Format)
def test_a_number_that_stands_twice_is_told_where_it_stands_again(kind: Format) -> None:
    rows = read(written([FULL, EXAMPLE, FULL], kind), kind)

    places = {
        Format.CSV: "A4",
        Format.XLSX: "products!A4",
        Format.JSON: "/2/external_id",
        Format.JSON_LINES: "3:/external_id",
    }
    assert told(rows) == [(places[kind], "external_id", "TWICE")]


def test_a_csv_in_the_charset_of_chinese_spreadsheets_is_read_when_it_says_so() -> None:
    content = written([FULL], Format.CSV).decode("utf-8-sig").encode("gb18030")

    (row,) = files.rows(io.BytesIO(content), Format.CSV, TODAY, "gb18030")
    with pytest.raises(Violation, match="charset"):
        read(content, Format.CSV)

    assert row.product == FULL


def test_the_template_is_a_file_that_can_be_sent_back_and_lists_all_codes() -> None:
    file = io.BytesIO()
    spreadsheet.write_template(file)

    assert [row.product for row in read(file.getvalue(), Format.XLSX)] == [EXAMPLE]
    book = load_workbook(file)
    codes = [row[1].value for row in book["codes 代码"].iter_rows()]
    assert {"WORKING_CAPITAL", "PLANNED", "COMBINED", "APPRAISED_VALUE", "INVENTION"} <= set(codes)
    assert (
        {row[0].value for row in book["columns 栏目"].iter_rows(min_row=2)}
        == {column.name for column in WRITTEN}
        <= set(COLUMNS)
    )


def test_no_cell_of_an_export_is_a_formula() -> None:
    nasty = replace(FULL, external_id="=1+1", terms=replace(FULL.terms, name="@SUM(A1)", contact="-2+3"))

    text = written([nasty], Format.CSV).decode("utf-8-sig")
    book = load_workbook(io.BytesIO(written([nasty], Format.XLSX)))

    assert not any(f",{sign}" in text or f"\n{sign}" in text for sign in "=@")
    assert all(cell.data_type != "f" for row in book["products"].iter_rows() for cell in row)
