"""docs/api.md says what the services offer, and each collection has one owner."""

from collections import Counter
from pathlib import Path

import pytest

from app import api_docs

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def page() -> str:
    return api_docs.page()


def cells(page: str, columns: int) -> list[list[str]]:
    rows = [[cell.strip(" `°") for cell in line.strip("|").split("|")] for line in page.splitlines()]
    return [row for row in rows if len(row) == columns and row[0] not in ("collection", "call", "---")]


def test_the_page_is_up_to_date(page: str) -> None:
    written = (ROOT / api_docs.PAGE).read_text(encoding="utf-8")

    assert written == page, "Run `rongqiao docs api`."


def test_each_collection_has_one_owner(page: str) -> None:
    owners = Counter(collection for collection, _, _ in cells(page, 3))

    assert owners
    assert set(owners.values()) == {1}


def test_each_call_is_of_a_collection_of_its_service(page: str) -> None:
    owned = {collection: service for collection, service, _ in cells(page, 3)}
    service = ""

    for line in page.splitlines():
        service = line.removeprefix("## ") if line.startswith("## ") else service
        for call, meaning in cells(line, 2):
            collection = call.split("/")[2 if "/v1/" in call else 1]
            assert owned[collection] == service
            assert meaning


def test_calls_that_need_no_token_are_marked(page: str) -> None:
    free = [line.split("`")[1] for line in page.splitlines() if " ° |" in line]

    assert "POST /v1/tokens" in free
    assert not [call for call in free if "products" in call or "parties" in call]
