"""Files of products through the doors: formats, wishes, keys; templates and exports."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from libs.chassis.codec import dump, to_json
from libs.chassis.database import Database
from libs.chassis.http import Door, make_app
from libs.chassis.ids import new_id
from libs.chassis.limits import RateLimit
from libs.chassis.principal import Principal, Role
from libs.chassis.tokens import TokenChecker
from services.lending.domain.intake import delimited, spreadsheet
from services.lending.domain.product import NewProduct
from services.lending.http import routers
from services.lending.store import metadata
from tests.support.lending import new_product
from tests.support.services import KEYS, opened, token_of
from tests.unit.lending.products_in_full import FULL

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFICER = Principal("acc_officer", Role.BANK_OFFICER, "org_bank", "64")


@dataclass
class Bank:
    """Sends files as an officer of one bank."""

    http: TestClient

    def send(self, content: bytes, kind: str, key: str = "", by: Principal = OFFICER, **wishes: str) -> Any:
        headers = {
            "Authorization": f"Bearer {token_of(by)}",
            "Idempotency-Key": key or new_id("key"),
            "Content-Type": kind,
        }
        return self.http.post("/v1/products/imports", content=content, headers=headers, params=wishes)

    def form(self, name: str, content: bytes, kind: str) -> Any:
        headers = {"Authorization": f"Bearer {token_of(OFFICER)}", "Idempotency-Key": new_id("key")}
        return self.http.post("/v1/products/imports", files={"file": (name, content, kind)}, headers=headers)

    def get(self, path: str, **query: str) -> Any:
        return self.http.get(path, params=query, headers={"Authorization": f"Bearer {token_of(OFFICER)}"})

    def numbers(self) -> list[str]:
        return sorted(item["external_id"] for item in self.get("/v1/products", limit="200").json()["items"])


def bank_on(database: Database) -> Bank:
    door = Door(database, TokenChecker(KEYS), RateLimit(60_000), None)
    return Bank(TestClient(make_app("test", routers, door), raise_server_exceptions=False))


@pytest.fixture
def bank(sqlite_url: str) -> Iterator[Bank]:
    with opened(sqlite_url, metadata) as database:
        yield bank_on(database)


@pytest.fixture
def bank_on_each_engine(database_url: str) -> Iterator[Bank]:
    with opened(database_url, metadata) as database:
        yield bank_on(database)


def products(*numbers: str) -> list[NewProduct]:
    return [new_product(number) for number in numbers]


def as_json(some: list[NewProduct]) -> bytes:
    return json.dumps(dump(tuple(some), tuple[NewProduct, ...]), ensure_ascii=False).encode()


def as_csv(some: list[NewProduct]) -> bytes:
    file = io.BytesIO()
    delimited.write(some, file)
    return file.getvalue()


def as_xlsx(some: list[NewProduct]) -> bytes:
    file = io.BytesIO()
    spreadsheet.write(some, file)
    return file.getvalue()


SENT = {
    "CSV": (as_csv, "text/csv"),
    "CSV with its charset": (as_csv, "text/csv; charset=UTF-8"),
    "XLSX": (as_xlsx, XLSX),
    "JSON": (as_json, "application/json"),
    "JSON lines": (lambda some: b"\n".join(map(to_json, some)), "application/x-ndjson"),
}


@pytest.mark.parametrize(("write", "kind"), SENT.values(), ids=SENT.keys())
def test_each_format_becomes_drafts(bank: Bank, write: Any, kind: str) -> None:
    report = bank.send(write([*products("P-1"), FULL]), kind)

    assert report.status_code == 200, report.text
    assert (report.json()["accepted"], report.json()["rejected"]) == (2, 0)
    assert bank.numbers() == ["P-1", "P-全"]


def test_a_file_may_come_in_a_form_and_is_known_by_its_name(bank: Bank) -> None:
    report = bank.form("产品.xlsx", as_xlsx(products("P-1")), "application/octet-stream")

    assert report.json()["accepted"] == 1


def test_a_bad_row_keeps_out_itself_or_all_as_the_bank_wishes(bank: Bank) -> None:
    rows = json.loads(as_json(products("P-1", "P-2")))
    rows[1]["terms"]["kind"] = "PAYDAY"
    content = json.dumps(rows).encode()

    tried = bank.send(content, "application/json", dry_run="true").json()
    aborted = bank.send(content, "application/json", on_error="abort").json()
    assert bank.numbers() == []
    kept = bank.send(content, "application/json", on_error="continue").json()

    assert [row["outcome"] for row in tried["rows"]] == ["NOT_KEPT", "REJECTED"]
    assert [row["outcome"] for row in aborted["rows"]] == ["NOT_KEPT", "REJECTED"]
    assert [row["outcome"] for row in kept["rows"]] == ["ACCEPTED", "REJECTED"]
    assert kept["rows"][1]["mistakes"][0]["place"] == "/1/terms/kind"
    assert bank.numbers() == ["P-1"]


def test_the_same_file_under_the_same_key_acts_once_and_another_is_refused(bank_on_each_engine: Bank) -> None:
    bank = bank_on_each_engine
    content = as_xlsx(products("P-1", "P-2"))

    first = bank.send(content, XLSX, key="k-1")
    again = bank.send(content, XLSX, key="k-1")
    wished = bank.send(content, XLSX, key="k-1", on_error="abort")
    other = bank.send(as_xlsx(products("P-1", "P-3")), XLSX, key="k-1")

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert {wished.json()["type"], other.json()["type"]} == {"urn:rongqiao:problem:idempotency-key-reused"}
    assert bank.numbers() == ["P-1", "P-2"]


def test_a_second_file_rewrites_drafts_and_adds_what_is_new(bank_on_each_engine: Bank) -> None:
    bank = bank_on_each_engine
    first = bank.send(as_csv(products("P-1", "P-2")), "text/csv").json()

    second = bank.send(as_csv([new_product("P-2", name="改名"), new_product("P-3")]), "text/csv").json()

    assert second["rows"][0]["product_id"] == first["rows"][1]["product_id"]
    names = {item["external_id"]: item["terms"]["name"] for item in bank.get("/v1/products").json()["items"]}
    assert names == {"P-1": "首户贷", "P-2": "改名", "P-3": "首户贷"}


REFUSED = {
    "an unknown format": (b"", "application/pdf", "Content-Type"),
    "no format": (b"", "", "Content-Type"),
    "another charset": (b"", "text/csv; charset=utf-7", "Content-Type"),
    "no array": (b"{}", "application/json", ""),
    "no workbook": (b"PK", XLSX, "file"),
    "a form without a file": (b"", "multipart/form-data; boundary=x", "file"),
    "a form without a boundary": (b"", "multipart/form-data", "file"),
}


@pytest.mark.parametrize(("content", "kind", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_file_of_products_is_refused_with_a_mend(
    bank: Bank, content: bytes, kind: str, field: str
) -> None:
    refused = bank.send(content, kind)

    assert refused.status_code == 422, refused.text
    assert refused.json().get("field") == field
    assert refused.json()["mend"]


def test_a_file_beyond_the_limit_is_not_read_to_its_end(bank: Bank) -> None:
    refused = bank.send(b"x" * ((32 << 20) + 1), "text/csv")

    assert (refused.status_code, refused.json()["field"]) == (422, "file")


def test_only_a_bank_sends_products(bank: Bank) -> None:
    firm = Principal("acc_firm", Role.SME, "uscc:91640100MA76GQ0X1R", "64")

    assert bank.send(b"[]", "application/json", by=firm).status_code == 403


def test_no_product_at_all_is_no_mistake(bank: Bank) -> None:
    report = bank.send(b"[]", "application/json")

    assert report.json() == {"accepted": 0, "rejected": 0, "rows": []}


@pytest.mark.parametrize(
    ("name", "kind"), [("csv", "text/csv"), ("xlsx", XLSX), ("json", "application/json")]
)
def test_what_is_exported_can_be_imported_and_changes_nothing(bank: Bank, name: str, kind: str) -> None:
    bank.send(as_json([*products("P-1"), FULL]), "application/json")
    before = bank.get("/v1/products").json()

    exported = bank.get("/v1/products/export", format=name)
    report = bank.send(exported.content, kind).json()

    assert exported.headers["content-type"].startswith(kind)
    assert f"products.{name}" in exported.headers["content-disposition"]
    assert (report["accepted"], report["rejected"]) == (2, 0)
    assert bank.get("/v1/products").json() == before


@pytest.mark.parametrize(("name", "kind"), [("csv", "text/csv"), ("xlsx", XLSX)])
def test_a_template_can_be_filled_in_and_sent(bank: Bank, name: str, kind: str) -> None:
    template = bank.get(f"/v1/products/template.{name}")

    assert bank.send(template.content, kind, dry_run="true").json()["rejected"] == 0
