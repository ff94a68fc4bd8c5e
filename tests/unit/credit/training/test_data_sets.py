"""Data sets are known by what is in them; their files may have any name and lie anywhere."""

import gzip
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from libs.criteria.violation import Violation
from services.credit.domain.features import features
from services.credit.domain.invoices import Invoice, InvoiceDirection, InvoiceStatus
from services.credit.training.dictionary import dictionaries
from services.credit.training.found import find
from services.credit.training.invoices import firms
from tests.unit.credit.world import history_of

KNOWN = dictionaries()
POLISH = next(one for one in KNOWN if one.id == "polish")


def names(folder: Path) -> dict[str, str]:
    return {found.name: found.dictionary.id for found in find(folder, KNOWN)}


def test_loans_of_another_state_in_the_spelling_of_the_national_file(tmp_path: Path) -> None:
    header = "LoanNr_ChkDgt,State,NAICS,ApprovalDate,Term,NoEmp,NewExist,CreateJob,RetainedJob,UrbanRural"
    lines = [f"{header},RevLineCr,LowDoc,GrAppv,SBA_Appv,MIS_Status,Extra"]
    for row in range(40):
        status = "CHGOFF" if row % 3 == 0 else "P I F"
        day = f"{row % 28 + 1}-Feb-97"
        lines.append(f'{row},NV,451120,{day},84,4,2,0,0,1,N,Y,"$60,000.00 ","$48,000.00 ",{status},x')
    (tmp_path / "whatever.csv").write_text("\n".join(lines))

    found = next(iter(find(tmp_path, KNOWN)))
    sample = found.sample()

    assert found.dictionary.id == "sba"
    assert sample.rows == 40
    assert sample.defaults == 14
    assert set(sample.inputs["GrAppv"]) == {60_000.0}
    assert "Term" not in sample.inputs
    assert any("Extra" in note for note in sample.notes)
    assert any("Portion" in note for note in sample.notes)  # an input that the file lacks
    assert sample.time is not None
    assert sample.time.notna().all()


def test_another_year_of_polish_firms_packed_or_not(tmp_path: Path) -> None:
    ratios = [column.name for column in POLISH.read]
    head = [
        "@relation r",
        *(f"@attribute {name} numeric" for name in ratios),
        "@attribute class {0,1}",
        "@data",
    ]
    row = ",".join(["0.5", "?", *["1.0"] * (len(ratios) - 2)])
    text = "\n".join([*head, f"{row},0", f"{row},0", f"{row},1"])
    (tmp_path / "a.arff").write_text(text)
    with gzip.open(tmp_path / "b.arff.gz", "wt") as packed:
        packed.write(text)

    samples = [found.sample() for found in find(tmp_path, KNOWN)]

    assert [sample.dictionary.id for sample in samples] == ["polish", "polish"]
    assert [sample.rows for sample in samples] == [2, 2]  # one of the two good rows is a double
    assert samples[0].inputs["Attr2"].isna().all()
    assert list(samples[1].inputs["other_income_share"]) == [0.0, 0.0]


def test_german_columns_with_dots_and_outcomes_as_numbers(tmp_path: Path) -> None:
    german = next(one for one in KNOWN if one.id == "german")
    columns = {column.name.replace("_", "."): ["x", "y"] * 10 for column in german.read}
    pd.DataFrame({**columns, "creditability": [0, 1] * 10}).to_csv(tmp_path / "g.csv", index=False)

    sample = next(iter(find(tmp_path, KNOWN))).sample()

    assert sample.dictionary.id == "german"
    assert sample.defaults == 10


def test_a_file_of_another_kind_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text("code,name\n1,one\n")
    (tmp_path / "notes.txt").write_text("creditability")
    (tmp_path / "empty.csv").write_text("")

    assert names(tmp_path) == {}


def firm_folder(folder: Path) -> list[Invoice]:
    """Two firms, one of which sold nothing; a void invoice with a blank before its state, a refund."""
    folder.mkdir()
    rows = "企业代号,企业名称,信誉评级,是否违约\nE1,甲,A,否\nE2,乙,D,是\n"
    (folder / "firms.csv").write_text(rows, encoding="utf-8-sig")
    days = [date(2018, 1, 5) + timedelta(days=11 * step) for step in range(70)]
    nets = [100.0 + step for step in range(68)] + [-50.0, 900.0]
    states = ["有效发票"] * 69 + [" 作废发票"]
    common = {
        "发票号码": list(range(70)),
        "开票日期": [f"{day.year}/{day.month}/{day.day}" for day in days],
        "金额": nets,
        "税额": np.array(nets) * 0.13,
        "发票状态": states,
    }
    pd.DataFrame({"企业代号": "E1", **common, "购方单位代号": "B1"}).to_parquet(folder / "out.parquet")
    bought = {"企业代号": ["E1"] * 35 + ["E2"] * 35, **common, "销方单位代号": "A1"}
    pd.DataFrame(bought).to_parquet(folder / "in.parquet")
    return [
        Invoice(
            number=str(number),
            direction=InvoiceDirection.SALE,
            issued_on=day,
            counterparty="B1",
            net_fen=round(net * 100),
            status=InvoiceStatus.VOID if "作废" in state else InvoiceStatus.VALID,
        )
        for number, (day, net, state) in enumerate(zip(days, nets, states, strict=True))
    ]


def test_features_of_parquet_are_those_of_the_same_invoices_online(tmp_path: Path) -> None:
    sales = firm_folder(tmp_path / "any")

    first, second = firms(tmp_path / "any")

    online = features(history_of(sales, first.history.covers_until), first.history.covers_until)
    assert first.history.covers_until == date(2020, 1, 31)  # the newest invoice is of 3 February
    assert {name: first.values[name] for name in online} == online
    assert first.invoices == 70 + 35
    assert "invoiced_12m_fen" not in second.values
    assert names(tmp_path) == {"any": "cumcm"}


def test_invoices_that_stand_in_no_order_are_refused(tmp_path: Path) -> None:
    firm_folder(tmp_path / "any")
    frame = pd.read_parquet(tmp_path / "any" / "in.parquet")
    frame.iloc[::-1].to_parquet(tmp_path / "any" / "in.parquet")

    with pytest.raises(Violation, match="no order"):
        list(firms(tmp_path / "any"))


def test_no_feature_of_the_invoice_model_tells_how_long_ago_they_ended(tmp_path: Path) -> None:
    firm_folder(tmp_path / "any")
    (first, _) = firms(tmp_path / "any")
    for name in ("in", "out"):
        file = tmp_path / "any" / f"{name}.parquet"
        frame = pd.read_parquet(file)
        frame["开票日期"] = [f"{int(day[:4]) - 1}{day[4:]}" for day in frame["开票日期"]]
        frame.to_parquet(file)

    (earlier, _) = firms(tmp_path / "any")

    assert earlier.values == first.values
