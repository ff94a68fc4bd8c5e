"""The cost sheet (贷款明白纸) and the LPR, through both doors."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import grpc
import pytest

from libs.chassis.problems import Invalid
from libs.chassis.rpc import invoke
from libs.chassis.wire import from_plain, to_plain
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeePayer
from rongqiao.lending.v1 import costs_pb2 as pb
from rongqiao.lending.v1 import costs_pb2_grpc
from services.lending.http import costs
from services.lending.operations import products
from services.lending.rpc.costs import CostsServicer
from tests.support.lending import new_product
from tests.support.rpc import door_of, serving, token_of
from tests.support.services import Client, client_of
from tests.unit.lending.desk import MANAGER, OWNER, Desk

GUARANTEE = {
    "name": "担保费",
    "payee": "GUARANTOR",
    "basis": "PRINCIPAL",
    "rate_ppm": 10_000,
    "timing": "UPFRONT",
}
ISSUE = {
    "amount_fen": 300_000_000,
    "months": 12,
    "method": "EQUAL_INSTALMENT",
    "rate": {"base": "LPR_1Y", "ppm": 8_500},
    "pricing_date": "2025-06-03",
    "fees": [GUARANTEE],
}
BULLET = {
    "amount_fen": 100_000_000,
    "months": 12,
    "method": "BULLET",
    "rate": {"base": "FIXED", "ppm": 43_500},
    "pricing_date": "2021-04-20",
}


@pytest.fixture
def firm(one_desk: Desk) -> Client:
    return client_of(one_desk.database, costs.router, OWNER.role, OWNER.organisation, OWNER.subject)


def sheet(firm: Client, *asked: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = firm.post("/v1/costs", {**(asked[0] if asked else ISSUE), **changes}, key=None)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def refused(firm: Client, path: str = "/v1/costs", **asked: Any) -> tuple[int, str]:
    answer = firm.post(path, ISSUE | asked, key=None)
    return answer.status_code, answer.json()["field"]


def test_the_sheet_of_three_million_with_a_guarantee_is_exact_to_the_fen(firm: Client) -> None:
    found = sheet(firm)

    payments = [one["payment_fen"] for one in found["schedule"]]
    assert payments == [25_524_416] * 11 + [25_524_413]
    assert (found["interest_fen"], found["total_fen"], found["rate_ppm"]) == (6_292_989, 9_292_989, 38_500)
    percents = {
        name: (round(found[name]["nominal_ppm"], -2), round(found[name]["effective_ppm"], -2))
        for name in ("lender", "all_in")
    }
    assert percents == {"lender": (38_500, 39_200), "all_in": (57_300, 58_800)}
    assert found["priced_at"] == {
        "base": "LPR_1Y",
        "ppm": 8_500,
        "pricing_date": "2025-06-03",
        "lpr_ppm": 30_000,
        "published_on": "2025-05-20",
        "stale": False,
    }


def test_every_item_has_its_payee_its_time_and_its_words(firm: Client) -> None:
    interest, fee = sheet(firm)["items"]

    assert (interest["first_on"], interest["last_on"], interest["times"]) == ("2025-07-03", "2026-06-03", 12)
    assert (fee["payee"], fee["timing"], fee["first_on"], fee["amount_fen"]) == (
        "GUARANTOR",
        "UPFRONT",
        "2025-06-03",
        3_000_000,
    )
    assert fee["label_zh"] == "借款人向担保机构支付，按本金，放款时一次收取"
    assert fee["label_en"] == "the borrower to the guarantor, on the principal, once at drawdown"


def test_a_simple_rate_is_labelled_simple_and_every_figure_has_its_words(firm: Client) -> None:
    found = sheet(firm)
    labels = {label["field"]: label for label in found["labels"]}

    assert "单利法" in labels["simple_ppm"]["zh"]
    assert "simple method" in labels["simple_ppm"]["en"]
    assert {name for name in labels if "/" not in name} <= found.keys()
    assert found["private_lending_cap_ppm"] == 120_000


def test_a_subsidy_comes_later_and_lowers_no_rate_but_its_own(firm: Client) -> None:
    subsidy = {"name": "贴息", "payer": "财政", "amount_fen": 2_000_000, "status": "APPROVED"}

    found = sheet(firm, subsidies=[subsidy])

    assert found["all_in"] == sheet(firm)["all_in"]
    assert found["after_subsidy"]["effective_ppm"] < found["all_in"]["effective_ppm"]
    assert found["total_after_subsidy_fen"] == found["total_fen"] - 2_000_000
    (expected,) = found["subsidies"]
    assert (expected["expected_on"], expected["label_zh"]) == ("2026-06-03", "已批")


def test_a_lump_sum_with_a_date_bears_interest_by_days(firm: Client) -> None:
    by_months = sheet(firm, BULLET)
    by_days = sheet(firm, BULLET, drawn_on="2021-04-20")

    assert (by_months["interest_fen"], by_months["lender"]["effective_ppm"]) == (4_350_000, 43_500)
    assert (by_days["interest_fen"], by_days["lender"]["effective_ppm"]) == (4_410_417, 44_104)
    assert [one["due_on"] for one in by_days["schedule"]] == ["2022-04-20"]


def test_a_line_on_demand_costs_the_days_of_its_uses(firm: Client) -> None:
    uses = [
        {"drawn_on": "2021-04-20", "repaid_on": "2021-05-21", "amount_fen": 10_000_000},
        {"drawn_on": "2021-08-01", "repaid_on": "2021-12-01", "amount_fen": 30_000_000},
    ]

    found = sheet(firm, BULLET, method="ON_DEMAND", uses=uses)

    assert [(one["due_on"], one["interest_fen"], one["balance_fen"]) for one in found["schedule"]] == [
        ("2021-05-21", 37_458, 0),
        ("2021-12-01", 442_250, 0),
    ]
    assert found["items"][0]["times"] == 2


def test_a_planned_loan_repays_by_the_quarter_as_its_plan_says(firm: Client) -> None:
    parts = [{"month": 6, "principal_fen": 100_000_000}, {"month": 12, "principal_fen": 200_000_000}]

    found = sheet(firm, method="PLANNED", parts=parts, interest_months=3)

    assert [(one["month"], one["principal_fen"]) for one in found["schedule"]] == [
        (3, 0),
        (6, 100_000_000),
        (9, 0),
        (12, 200_000_000),
    ]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"rate": None}, "rate"),
        ({"method": None}, "method"),
        ({"product_version": 1}, "product_id"),
        ({"amount_fen": 0}, "amount_fen"),
        ({"months": 601}, "months"),
        ({"rate": {"base": "LPR_1Y", "ppm": -40_000}}, "rate/ppm"),
        ({"pricing_date": "2019-08-19"}, "pricing_date"),
        ({"fees_taken": ["管理费"]}, "fees_taken"),
        ({"fees": [GUARANTEE, GUARANTEE]}, "fees"),
        ({"fees": [GUARANTEE | {"basis": "APPRAISED_VALUE"}]}, "appraised_fen"),
        ({"fees": [GUARANTEE | {"rate_ppm": 1_000_000}]}, "fees"),
        ({"interest_months": 2}, "interest_months"),
        ({"parts": [{"month": 12, "principal_fen": 300_000_000}]}, "parts"),
        ({"uses": [{"drawn_on": "2025-06-03", "repaid_on": "2025-07-03", "amount_fen": 1}]}, "uses"),
        ({"drawn_on": "9999-12-31"}, "drawn_on"),
        ({"pricing_date": "0001-01-01"}, "pricing_date"),
        (
            {
                "method": "ON_DEMAND",
                "uses": [{"drawn_on": "2025-06-03", "repaid_on": "2026-06-04", "amount_fen": 1}],
            },
            "uses/0/repaid_on",
        ),
        (
            {
                "method": "ON_DEMAND",
                "uses": [{"drawn_on": "2025-06-03", "repaid_on": "2025-07-03", "amount_fen": 300_000_001}],
            },
            "uses",
        ),
    ],
)
def test_what_cannot_be_answered_is_named(firm: Client, asked: dict[str, Any], field: str) -> None:
    assert refused(firm, **asked) == (422, field)


FREE = Fee(
    name="评估费",
    payee=FeePayee.APPRAISER,
    basis=FeeBasis.FIXED,
    amount_fen=300_000,
    payer=FeePayer.LENDER,
)
CHOICE = Fee(
    name="账户服务费", payee=FeePayee.LENDER, basis=FeeBasis.FIXED, amount_fen=100_000, mandatory=False
)


@pytest.fixture(scope="module")
def product(one_desk: Desk) -> str:
    draft = one_desk.registered(new_product("C-1", fees=(FREE, CHOICE), interest_months=3))
    return one_desk.act(products.publish_product, MANAGER, draft.id).id


def of_product(firm: Client, product: str, **changes: Any) -> dict[str, Any]:
    asked = {"product_id": product, "amount_fen": 100_000_000, "months": 12, "pricing_date": "2025-06-03"}
    return sheet(firm, asked, **changes)


def test_a_products_own_terms_make_its_sheet(firm: Client, product: str) -> None:
    found = of_product(firm, product)

    assert (found["product_name"], found["method"], found["rate_ppm"]) == ("首户贷", "INTEREST_FIRST", 44_000)
    assert [one["month"] for one in found["schedule"]] == [3, 6, 9, 12]
    assert [one["name"] for one in found["items"]] == ["利息"]
    assert [(one["name"], one["payer"], one["mandatory"]) for one in found["not_counted"]] == [
        ("评估费", "LENDER", True),
        ("账户服务费", "BORROWER", False),
    ]


def test_a_fee_that_is_taken_counts(firm: Client, product: str) -> None:
    found = of_product(firm, product, fees_taken=["账户服务费"], product_version=1)

    assert [one["amount_fen"] for one in found["items"]] == [4_400_000, 100_000]
    assert found["lender"]["effective_ppm"] == found["all_in"]["effective_ppm"] > 41_625


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"amount_fen": 300_000_001}, 422, "amount_fen"),
        ({"months": 25}, 422, "months"),
        ({"method": "BULLET"}, 422, "method"),
        ({"rate": {"base": "LPR_1Y", "ppm": 3_900}}, 422, "rate"),
        ({"rate": {"base": "FIXED", "ppm": 41_000}}, 422, "rate"),
        ({"product_version": 2}, 404, "product_version"),
    ],
)
def test_what_the_product_does_not_offer_is_refused(
    firm: Client, product: str, changes: dict[str, Any], status: int, field: str
) -> None:
    asked = {"product_id": product, "amount_fen": 100_000_000, "months": 12} | changes
    answer = firm.post("/v1/costs", asked, key=None)

    assert (answer.status_code, answer.json()["field"]) == (status, field)


def test_the_lpr_of_a_day_is_the_last_one_published(firm: Client) -> None:
    found = firm.get("/v1/lpr", tenor="LPR_5Y", on="2022-08-21").json()

    assert found == {
        "tenor": "LPR_5Y",
        "on": "2022-08-21",
        "rate_ppm": 44_500,
        "published_on": "2022-07-20",
        "stale": False,
    }


def test_a_stale_lpr_says_so_and_before_the_first_there_is_none(firm: Client) -> None:
    assert firm.get("/v1/lpr", on="2026-11-22").json()["stale"]
    answer = firm.get("/v1/lpr", on="2019-08-19")
    assert (answer.status_code, answer.json()["field"]) == (422, "pricing_date")


@pytest.fixture
def channel(one_desk: Desk) -> Iterator[grpc.Channel]:
    servicer = CostsServicer(door_of(one_desk.database))
    with serving(lambda server: costs_pb2_grpc.add_CostsServicer_to_server(servicer, server)) as channel:
        yield channel


def test_the_same_sheet_comes_over_grpc(channel: grpc.Channel, firm: Client) -> None:
    stub = costs_pb2_grpc.CostsStub(channel)

    found = invoke(stub.QuoteCost, from_plain(pb.CostQuestion, ISSUE), token=token_of(OWNER))

    told = sheet(firm)
    assert to_plain(found)["all_in"] == told["all_in"]
    assert [one.payment_fen for one in found.schedule] == [one["payment_fen"] for one in told["schedule"]]


def test_the_lpr_and_refusals_come_over_grpc_too(channel: grpc.Channel) -> None:
    stub = costs_pb2_grpc.CostsStub(channel)

    found = invoke(stub.GetLpr, pb.LprQuestion(on="2021-12-20"), token=token_of(OWNER))

    assert (found.rate_ppm, found.published_on) == (38_000, date(2021, 12, 20).isoformat())
    with pytest.raises(Invalid) as refusal:
        invoke(stub.GetLpr, pb.LprQuestion(on="2019-08-19"), token=token_of(OWNER))
    assert refusal.value.field == "pricing_date"
