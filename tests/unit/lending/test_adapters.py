"""Products in other formats: each record becomes a draft or is told what it lacks; none is lost, nothing crashes."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import cli
from libs.chassis.codec import dump
from libs.finance.fees import FeeBasis, FeeTiming
from libs.finance.schedule import RepaymentMethod
from libs.registry.loan_terms import GuaranteeMode, ProductKind, RateBase
from services.lending.domain.adapters import au_cdr, reading, uk_sme_loan
from services.lending.domain.adapters.adapted import Adapted, Adapter, Rules
from services.lending.domain.intake import files
from services.lending.domain.intake.files import Format

RULES = Rules(fen_per_unit=Decimal(470), assumed={}, on=date(2026, 11, 23))

AUSTRALIAN: dict[str, Any] = {
    "productId": "8f2c",
    "name": "Business Term Loan",
    "description": "A loan secured by commercial property.",
    "brand": "Example Bank",
    "productCategory": "BUSINESS_LOANS",
    "isTailored": False,
    "applicationUri": "https://bank.example/apply",
    "constraints": [
        {"constraintType": "MIN_LIMIT", "additionalValue": "$20,000"},
        {"constraintType": "MAX_LIMIT", "additionalValue": "200,000"},
    ],
    "lendingRates": [
        {
            "lendingRateType": "VARIABLE",
            "rate": "0.075",
            "repaymentType": "PRINCIPAL_AND_INTEREST",
            "tiers": [{"unitOfMeasure": "MONTH", "minimumValue": 12, "maximumValue": 84}],
        },
        {"lendingRateType": "FIXED", "rate": "0.0823", "repaymentType": "INTEREST_ONLY"},
        {"lendingRateType": "PENALTY", "rate": "0.1990"},
        {"lendingRateType": "FIXED", "rate": "0.0000000000"},
        {"lendingRateType": "FIXED", "rate": ""},
    ],
    "fees": [
        {"name": "ESTABLISHMENT_FEE", "feeType": "UPFRONT", "balanceRate": "0.005", "currency": "AUD"},
        {"name": "SERVICE_FEE", "feeType": "PERIODIC", "amount": "20.00", "accrualFrequency": "M"},
        {"name": "SERVICE_FEE", "feeType": "PERIODIC", "amount": "30.00", "additionalValue": "P1Y"},
        {"name": "LATE_FEE", "feeType": "EVENT", "amount": "40.00", "currency": "AUD"},
        {"name": "SWIFT_FEE", "feeType": "UPFRONT", "amount": "40.00", "currency": "USD"},
    ],
}

BRITISH: dict[str, Any] = {
    "data": [
        {
            "Brand": [
                {
                    "BrandName": "Example Bank",
                    "SMELoan": [
                        {
                            "Name": "Base Rate Loan",
                            "Identification": "EX-001",
                            "SMELoanMarketingState": [
                                {
                                    "Identification": "EX-001",
                                    "MarketingState": "Regular",
                                    "CoreProduct": {
                                        "ProductDescription": "Unsecured lending for small firms.",
                                        "SalesAccessChannels": ["Branch", "Online"],
                                    },
                                    "LoanInterest": {
                                        "LoanInterestTierBandSet": [
                                            {
                                                "LoanInterestTierBand": [
                                                    {
                                                        "TierValueMinimum": "1000.00",
                                                        "TierValueMaximum": "5000",
                                                        "TierValueMinTerm": 6,
                                                        "MinTermPeriod": "Month",
                                                        "TierValueMaxTerm": 5,
                                                        "MaxTermPeriod": "Year",
                                                        "FixedVariableInterestRateType": "Variable",
                                                        "RepAPR": "9",
                                                        "LoanProviderInterestRate": "8.65",
                                                        "LoanInterestFeesCharges": [
                                                            {
                                                                "LoanInterestFeeChargeDetail": [
                                                                    {
                                                                        "FeeType": "Arrangement",
                                                                        "FeeAmount": "100.00",
                                                                        "ApplicationFrequency": "OnOpening",
                                                                    }
                                                                ]
                                                            }
                                                        ],
                                                    },
                                                    {
                                                        "TierValueMaximum": "25000",
                                                        "LoanProviderInterestRate": "7.1",
                                                    },
                                                ]
                                            }
                                        ]
                                    },
                                    "Repayment": [{"RepaymentType": "CapitalAndInterest"}],
                                    "Eligibility": {
                                        "LegalStructureEligibility": [
                                            {"LegalStructure": "SoleTrader"},
                                            {"LegalStructure": "Ltd"},
                                        ]
                                    },
                                    "OtherFeesCharges": {
                                        "FeeChargeDetail": [
                                            {
                                                "FeeType": "Arrangement",
                                                "FeeAmount": "100.00",
                                                "ApplicationFrequency": "OnOpening",
                                            },
                                            {"FeeType": "LatePayment", "ApplicationFrequency": "Monthly"},
                                        ]
                                    },
                                }
                            ],
                        }
                    ],
                }
            ]
        }
    ]
}


def one(adapter: Adapter, document: Any, rules: Rules = RULES) -> Adapted:
    (found,) = adapter(document, rules)
    return found


def state(document: dict[str, Any]) -> dict[str, Any]:
    return document["data"][0]["Brand"][0]["SMELoan"][0]["SMELoanMarketingState"][0]


def lacks(found: Adapted) -> list[str]:
    return sorted(mistake.field for mistake in found.missing)


def test_an_australian_record_becomes_a_draft() -> None:
    found = one(au_cdr.read, [AUSTRALIAN])

    assert found.missing == ()
    assert found.product is not None
    terms = found.product.terms
    assert (found.product.external_id, terms.kind) == ("8f2c", ProductKind.WORKING_CAPITAL)
    assert (terms.amount_min_fen, terms.amount_max_fen) == (20_000 * 470, 200_000 * 470)
    assert (terms.term_min_months, terms.term_max_months) == (12, 84)
    assert (terms.rate.base, terms.rate.min_ppm, terms.rate.max_ppm) == (RateBase.FIXED, 75_000, 82_300)
    assert terms.repayment_methods == (RepaymentMethod.EQUAL_INSTALMENT, RepaymentMethod.INTEREST_FIRST)
    assert terms.guarantee_modes == (GuaranteeMode.MORTGAGE,)
    assert [(fee.name, fee.timing, fee.rate_ppm, fee.amount_fen) for fee in terms.fees] == [
        ("ESTABLISHMENT_FEE", FeeTiming.UPFRONT, 5_000, 0),
        ("SERVICE_FEE", FeeTiming.ANNUAL, 0, 12 * 20 * 470),
        ("SERVICE_FEE (2)", FeeTiming.ANNUAL, 0, 30 * 470),
    ]
    assert sum("fee left out" in note for note in found.notes) == 2
    assert any("no brandName" in note for note in found.notes)


def test_a_british_record_becomes_a_draft() -> None:
    found = one(uk_sme_loan.read, BRITISH)

    assert found.missing == ()
    assert found.product is not None
    terms = found.product.terms
    assert (terms.amount_min_fen, terms.amount_max_fen) == (1_000 * 470, 25_000 * 470)
    assert (terms.term_min_months, terms.term_max_months) == (6, 60)
    assert (terms.rate.min_ppm, terms.rate.max_ppm) == (71_000, 86_500)
    assert terms.guarantee_modes == (GuaranteeMode.UNSECURED,)
    assert [kind.value for kind in terms.owner_kinds] == ["ENTERPRISE", "INDIVIDUAL_BUSINESS"]
    assert [(fee.name, fee.basis, fee.amount_fen) for fee in terms.fees] == [
        ("Arrangement", FeeBasis.FIXED, 100 * 470)
    ]
    assert any("LatePayment" in note for note in found.notes)


def test_an_apr_is_not_taken_for_an_interest_rate() -> None:
    document = copy.deepcopy(BRITISH)
    for band in state(document)["LoanInterest"]["LoanInterestTierBandSet"][0]["LoanInterestTierBand"]:
        del band["LoanProviderInterestRate"]

    found = one(uk_sme_loan.read, document)

    assert lacks(found) == ["rate"]
    assert "APR" in found.missing[0].message


def test_a_rate_made_for_each_customer_is_none() -> None:
    found = one(au_cdr.read, AUSTRALIAN | {"isTailored": True, "lendingRates": []})

    told = {mistake.field: mistake.message for mistake in found.missing}
    assert "each customer" in told["rate"]
    assert "term_max_months" in told


LACKING = {
    "amounts": ({"constraints": []}, ["amount_max_fen"]),
    "a name": ({"name": ""}, ["name"]),
    "a number of its own": ({"productId": None}, ["external_id"]),
    "a kind that we have": ({"productCategory": "MARGIN_LOANS"}, ["kind"]),
    "words on security": ({"description": "A loan."}, ["guarantee_modes"]),
}


@pytest.mark.parametrize(("changes", "fields"), LACKING.values(), ids=LACKING.keys())
def test_what_a_record_lacks_is_told_and_not_made_up(changes: dict[str, Any], fields: list[str]) -> None:
    found = one(au_cdr.read, AUSTRALIAN | changes)

    assert found.product is None
    assert lacks(found) == fields
    assert all(mistake.mend for mistake in found.missing)


def test_what_the_bank_assumes_stands_only_where_the_record_is_silent() -> None:
    rules = replace(RULES, assumed={"amount_max_fen": "300万", "term_max_months": "1年"})

    found = one(au_cdr.read, AUSTRALIAN | {"constraints": []}, rules)

    assert found.product is not None
    assert (found.product.terms.amount_max_fen, found.product.terms.term_max_months) == (300_000_000, 84)
    assert "amount_max_fen is assumed: 300万" in found.notes


def test_an_assumption_that_cannot_be_read_is_told() -> None:
    rules = replace(RULES, assumed={"amount_max_fen": "viel"})

    assert lacks(one(au_cdr.read, AUSTRALIAN | {"constraints": []}, rules)) == ["amount_max_fen"]


DOCUMENTS: dict[str, tuple[Adapter, Any, int]] = {
    "a list": (au_cdr.read, [AUSTRALIAN, {}, 3, None, AUSTRALIAN], 5),
    "an answer of the API": (au_cdr.read, {"data": {"products": [AUSTRALIAN]}}, 1),
    "one product of the API": (au_cdr.read, {"data": AUSTRALIAN}, 1),
    "nothing that is known": (au_cdr.read, {"message": "not found"}, 1),
    "an empty list": (au_cdr.read, [], 0),
    "two loans": (uk_sme_loan.read, {"data": BRITISH["data"] * 2}, 2),
    "a loan without a state": (uk_sme_loan.read, {"data": [{"Brand": [{"SMELoan": [{"Name": "x"}]}]}]}, 1),
    "no loan": (uk_sme_loan.read, {"data": []}, 1),
    "a text": (uk_sme_loan.read, "x", 1),
}


@pytest.mark.parametrize(("adapter", "document", "count"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_no_record_is_lost(adapter: Adapter, document: Any, count: int) -> None:
    found = list(adapter(document, RULES))

    assert len(found) == count
    assert all((one.product is None) == bool(one.missing) for one in found)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.decimals(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=10), part, max_size=3),
    max_leaves=8,
)


def paths(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    parts = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for name, part in parts:
        yield from paths(part, (*path, name))


def with_part(plain: Any, path: tuple[Any, ...], part: Any) -> Any:
    if not path:
        return part
    changed = copy.copy(plain)
    changed[path[0]] = with_part(plain[path[0]], path[1:], part)
    return changed


@settings(deadline=None)
@given(anything)
def test_no_json_breaks_an_adapter(document: Any) -> None:
    for adapter in (au_cdr.read, uk_sme_loan.read):
        found = list(adapter(document, RULES))
        assert len(found) == (len(document) if adapter is au_cdr.read and isinstance(document, list) else 1)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_nothing_that_stands_in_a_record_breaks_an_adapter(data: st.DataObject) -> None:
    adapter, document = data.draw(
        st.sampled_from([(au_cdr.read, {"data": AUSTRALIAN}), (uk_sme_loan.read, BRITISH)])
    )
    changed = with_part(document, data.draw(st.sampled_from(list(paths(document)))), data.draw(anything))

    for one in adapter(changed, RULES):
        assert (one.product is None) == bool(one.missing)
        assert dump(one)


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_amounts_and_words(words: str) -> None:
    assert reading.number(words) is None or reading.fen(words, Decimal("470.5")) is not None
    assert isinstance(reading.securities(words), list)
    assert (reading.longest_months(words) or 1) > 0
    assert (reading.largest(words) or 1) > 0


def test_the_command_makes_a_file_for_the_import_door(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out, report = (tmp_path / name for name in ("source.jsonl", "out.json", "report.json"))
    source.write_text("\n".join(json.dumps(record) for record in (AUSTRALIAN, {"productId": "x"})))
    files_given = [str(source), "--out", str(out), "--report", str(report)]

    with pytest.raises(SystemExit) as left:
        cli.main(["lending", "adapt", "--format", "au-cdr", "--fen-per-unit", "470", *files_given])

    assert left.value.code == 0
    assert "2 records: 1 products" in capsys.readouterr().out
    with out.open("rb") as file:
        (row,) = files.rows(file, Format.JSON, RULES.on)
    assert row.product is not None
    assert [one["product"] for one in json.loads(report.read_text())] == [True, False]


@pytest.mark.parametrize(
    "wrong",
    [["--fen-per-unit", "0"], ["--fen-per-unit", "much"], ["--fen-per-unit", "1", "--assume", "colour=red"]],
)
def test_the_command_refuses_wishes_that_make_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    source = tmp_path / "source.json"
    source.write_text("[]")

    with pytest.raises(SystemExit) as left:
        cli.main(
            [
                "lending",
                "adapt",
                "--format",
                "au-cdr",
                str(source),
                "--out",
                str(tmp_path / "out.json"),
                *wrong,
            ]
        )

    assert left.value.code == 2
    assert capsys.readouterr().err
