"""A value is the same after every journey: as JSON, as plain data, as a message, as bytes on the wire."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given

from libs.chassis import codec, wire
from libs.chassis.problems import Invalid
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.application import Application
from services.lending.domain.loan import Loan
from services.lending.domain.product import NewProduct, Product, ProductStatus
from tests.support.lending import TERMS, new_product, some_applications, some_loans, some_products


def over_the_wire(value: Any, kind: type[Message]) -> Any:
    sent = wire.to_message(kind, value).SerializeToString()
    return wire.from_message(type(value), kind.FromString(sent))


@given(some_products)
def test_a_product_is_the_same_after_every_journey(product: Product) -> None:
    assert over_the_wire(product, pb.Product) == product
    assert codec.from_json(Product, codec.to_json(product)) == product
    assert codec.load(Product, codec.dump(product)) == product


@given(some_applications)
def test_an_application_is_the_same_after_every_journey(application: Application) -> None:
    assert over_the_wire(application, pb.Application) == application
    assert codec.from_json(Application, codec.to_json(application)) == application


@given(some_loans)
def test_a_loan_is_the_same_after_every_journey(loan: Loan) -> None:
    assert over_the_wire(loan, pb.Loan) == loan
    assert codec.from_json(Loan, codec.to_json(loan)) == loan


@given(some_products)
def test_equal_values_have_equal_hashes_and_only_they(product: Product) -> None:
    again = codec.from_json(Product, codec.to_json(product))

    assert codec.canonical_hash(again) == codec.canonical_hash(product)
    assert codec.canonical_hash(product, None) != codec.canonical_hash(product)


def test_what_is_unset_arrives_as_none() -> None:
    message = wire.to_message(pb.Product, a_product())

    assert not message.HasField("published_at")
    assert wire.from_message(Product, message).published_at is None


def a_product(**changes: Any) -> Product:
    known = {"id": "prd_1", "version": 1, "bank": "org_1", "external_id": "P-1", "created_by": "acc_1"}
    return Product(**known, status=ProductStatus.DRAFT, terms=TERMS, **changes)


def test_an_instant_travels_as_text_with_a_z() -> None:
    product = a_product(published_at=datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC))

    assert wire.to_message(pb.Product, product).published_at == "2026-11-22T04:05:06Z"


def test_an_enum_travels_under_its_own_name() -> None:
    message = wire.to_message(pb.Product, a_product())

    assert message.status == pb.PRODUCT_STATUS_DRAFT
    assert message.terms.kind == pb.PRODUCT_KIND_WORKING_CAPITAL


def test_an_enum_that_nobody_set_is_told_as_missing() -> None:
    message = wire.to_message(pb.Product, a_product())
    message.status = pb.PRODUCT_STATUS_UNSPECIFIED

    with pytest.raises(Invalid) as wrong:
        wire.from_message(Product, message)

    assert wrong.value.field == "/status"


def test_an_enum_of_a_newer_release_is_told_as_unknown() -> None:
    message = wire.to_message(pb.Product, a_product())
    message.status = 99  # type: ignore[assignment]

    with pytest.raises(Invalid, match="99") as wrong:
        wire.from_message(Product, message)

    assert wrong.value.field == "/status"


def test_a_message_that_is_not_there_is_told_as_missing() -> None:
    with pytest.raises(Invalid) as wrong:
        wire.from_message(NewProduct, pb.RegisterProductRequest(external_id="P-1"))

    assert wrong.value.field == "/terms"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "/terms/colour"),
        ({"amount_max_fen": "many"}, "/terms/amount_max_fen"),
        ({"rate": {"base": "LPR_1Y", "min_ppm": 0}}, "/terms/rate/max_ppm"),
        ({"guarantee_modes": ["UNSECURED", "FRIENDSHIP"]}, "/terms/guarantee_modes/1"),
    ],
)
def test_the_first_wrong_field_is_named_by_its_pointer(change: dict[str, Any], field: str) -> None:
    body = codec.dump(new_product())
    body["terms"] |= change

    with pytest.raises(Invalid) as wrong:
        codec.load(NewProduct, body)

    assert wrong.value.field == field


def test_a_number_beyond_64_bits_does_not_get_in() -> None:
    from libs.criteria.violation import Violation

    body = codec.dump(new_product())
    body["terms"]["amount_max_fen"] = 2**63

    with pytest.raises((Invalid, Violation)):
        codec.load(NewProduct, body)
