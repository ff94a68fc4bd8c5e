"""The contest's files as parties, on a few rows written here."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.demo.real_firms import FOLDER, DataMissing, RealFirm, industry_of, kind_of, real_firms
from libs.registry.dimensions import OwnerKind
from libs.registry.industries import is_industry
from libs.registry.regions import county_of
from libs.registry.uscc import parse_party

TODAY = date(2026, 11, 22)
SOLD = [
    ("E1", 7, "2019/12/31", "B1", 1000.5, 130.07, "有效发票"),
    ("E1", 8, "2020/1/31", "B2", -20.0, -2.6, "有效发票"),
    ("E1", 9, "2019/11/1", "B2", 500.0, 65.0, " 作废发票"),
    ("E2", 1, "2020/2/9", "B1", 90_000_000.0, 0.0, "有效发票"),
]
BOUGHT = [
    ("E1", 3, "2017/8/4", "A1", 70.0, 9.1, "有效发票"),
    ("E2", 2, "2019/5/5", "A1", 1.0, 0.1, "有效发票"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "enterprises.csv").write_text(
        "企业代号,企业名称,信誉评级,是否违约\nE1,***商贸有限公司,A,否\nE2,个体经营E2,D,是\n", encoding="utf-8"
    )
    for name, counterparty, rows in (("output", "购方单位代号", SOLD), ("input", "销方单位代号", BOUGHT)):
        columns = ["企业代号", "发票号码", "开票日期", counterparty, "金额", "税额", "发票状态"]
        table = pa.table({column: [row[at] for row in rows] for at, column in enumerate(columns)})
        pq.write_table(table, folder / f"credit_history_{name}_invoice.parquet")
    return tmp_path


def both(data: Path, today: date = TODAY) -> list[RealFirm]:
    return list(real_firms(data, today))


def test_days_are_moved_by_whole_months_so_that_the_data_end_now(data: Path) -> None:
    first = both(data)[0]

    assert first.covers_until == date(2026, 10, 31)
    assert first.invoices.decode().splitlines()[1:] == [
        "7,SALE,2026-09-30,B1,100050,13007,VALID",
        "8,SALE,2026-10-31,B2,-2000,-260,VALID",
        "9,SALE,2026-08-01,B2,50000,6500,VOID",
        "3,PURCHASE,2024-05-04,A1,7000,910,VALID",
    ]
    assert first.firm.party["established_on"] == "2024-05-04"


def test_days_that_would_still_be_to_come_are_left_out(data: Path) -> None:
    assert [firm.rows for firm in both(data)] == [4, 2]
    assert [firm.rows for firm in both(data, date(2026, 11, 5))] == [4, 1]


def test_parties_are_valid_labelled_and_the_same_each_time(data: Path) -> None:
    for firm in both(data):
        party = firm.firm.party
        assert parse_party(party["id"]).organisation_code.startswith("CUM")
        assert parse_party(party["id"]).owner_kind == party["kind"]
        assert "测试代码" in party["name"]
        assert county_of(party["county"]).code == party["county"]
        assert is_industry(party["industry"])
    assert both(data) == both(data)


def test_rating_and_default_are_not_in_what_is_delivered(data: Path) -> None:
    before = both(data)
    file = data / FOLDER / "enterprises.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("A,否", "D,是"), encoding="utf-8")

    assert both(data) == before
    assert all(not firm.firm.facts for firm in before)


def test_what_is_asked_for_lies_within_the_contests_terms(data: Path) -> None:
    assert [firm.firm.ask["amount_fen"] for firm in both(data)] == [10_000_000, 10_000_000]
    assert both(data)[0].firm.ask["term_months"] == 12


@pytest.mark.parametrize(
    ("name", "division", "kind"),
    [
        ("***建筑劳务有限公司", "50", OwnerKind.ENTERPRISE),
        ("***蔬菜专业合作社", "01", OwnerKind.COOPERATIVE),
        ("***药业连锁有限公司***药店", "52", OwnerKind.ENTERPRISE),
        ("***建材经营部", "51", OwnerKind.INDIVIDUAL_BUSINESS),
        ("个体经营E14", "51", OwnerKind.INDIVIDUAL_BUSINESS),
    ],
)
def test_kind_and_industry_are_guessed_from_the_name(name: str, division: str, kind: OwnerKind) -> None:
    assert (industry_of(name), kind_of(name)) == (division, kind)


def test_a_folder_without_the_files_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="cumcm2020c"):
        both(tmp_path)
