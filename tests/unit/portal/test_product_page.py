"""A bank's page of a product: what it costs a year, who stands behind it, and what may be done with it."""

from typing import Any

import pytest

from libs.chassis.principal import Role
from libs.chassis.wire import to_message
from libs.finance.irr import AnnualRate
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.product import ProductRates, RateSpan
from services.portal.forms import fresh
from services.portal.wording import LANGUAGES
from tests.support.lending import TERMS
from tests.support.services import NOON
from tests.unit.lending.products_in_full import FULL as FULL_PRODUCT
from tests.unit.portal.pages import Page, shown

FULL = FULL_PRODUCT.terms
SPAN = RateSpan(
    min=AnnualRate(nominal_ppm=34_000, effective_ppm=34_535),
    max=AnnualRate(nominal_ppm=41_000, effective_ppm=41_779),
)
RATES = to_message(pb.ProductRates, ProductRates(priced_on=NOON.date(), lender=SPAN, all_in=SPAN))


def version(status: str, number: int = 1, terms: Any = TERMS, **more: Any) -> pb.Product:
    return pb.Product(
        id="prd_1",
        version=number,
        bank="org_bank",
        external_id="P-1",
        status=f"PRODUCT_STATUS_{status}",
        terms=to_message(pb.ProductTerms, terms),
        created_by="acc_writer",
        rates=RATES,
        **more,
    )


def page(*versions: pb.Product, language: str = "zh") -> Page:
    return shown(
        "bank/product.html",
        Role.BANK_MANAGER,
        language,
        product=versions[0],
        versions=versions,
        form=fresh(),
    )


ACTS = ("check", "publish", "suspend", "resume", "withdraw")


@pytest.mark.parametrize(
    ("statuses", "acts"),
    [
        (["DRAFT"], {"check", "publish"}),
        (["CHECKED"], {"publish"}),
        (["SCHEDULED"], {"withdraw"}),
        (["PUBLISHED"], {"suspend", "withdraw"}),
        (["SUSPENDED"], {"resume", "withdraw"}),
        (["WITHDRAWN"], set()),
        (["DRAFT", "PUBLISHED"], {"check", "publish", "suspend", "withdraw"}),
    ],
)
def test_a_page_offers_what_may_be_done_now(statuses: list[str], acts: set[str]) -> None:
    count = len(statuses)
    html = page(*(version(status, count - place) for place, status in enumerate(statuses))).html

    assert {act for act in ACTS if f'action="/bank/products/prd_1/{act}"' in html} == acts


def test_the_page_shows_the_annual_rates_and_who_stands_behind_the_version() -> None:
    days = {"first_marketed_on": "2026-11-01", "checked_by": "acc_reader", "published_by": "acc_boss"}
    text = page(version("PUBLISHED", **days)).text

    for told in ("3.45% — 4.18%", "名义 3.40% — 4.10%", "acc_writer", "acc_reader", "acc_boss", "2026-11-01"):
        assert told in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_a_bank_says_of_a_product_can_be_shown(language: str) -> None:
    text = page(version("DRAFT", terms=FULL), language=language).text

    assert FULL.contact in text
    assert all(paper.name in text for paper in FULL.papers)
