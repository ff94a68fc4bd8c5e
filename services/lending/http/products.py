"""Products over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.product import (
    NewProduct,
    Product,
    ProductHistory,
    ProductPage,
    ProductStatus,
    Publication,
)
from services.lending.domain.product.limits import ProductLimits
from services.lending.http import examples
from services.lending.http.paging import Cursor, Limit
from services.lending.operations import products

router = APIRouter(prefix="/v1")


@router.post("/products", status_code=201)
def register_product(body: Annotated[NewProduct, examples.NEW_PRODUCT], call: Caller) -> Product:
    return call.write(products.register_product, body)


@router.get("/products")
def list_products(
    call: Caller,
    bank: str | None = None,
    status: ProductStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> ProductPage:
    return call.read(products.list_products, bank, status, cursor, limit)


@router.get("/products/{product_id}")
def get_product(product_id: str, call: Caller) -> Product:
    return call.read(products.get_product, product_id)


@router.get("/products/{product_id}/versions")
def list_versions(product_id: str, call: Caller) -> ProductHistory:
    return call.read(products.list_versions, product_id)


@router.get("/products/{product_id}/limits")
def describe_limits(product_id: str, call: Caller) -> ProductLimits:
    """What the product limits, in words; where a field of its terms is empty, that there is no limit."""
    return call.read(products.describe_limits, product_id)


@router.post("/products/{product_id}/check")
def check_product(product_id: str, call: Caller) -> Product:
    return call.write(products.check_product, product_id)


@router.post("/products/{product_id}/publish")
def publish_product(
    product_id: str, call: Caller, body: Annotated[Publication | None, examples.PUBLICATION] = None
) -> Product:
    """Now where no body is sent, else from and until the days that it gives."""
    return call.write(products.publish_product, product_id, body)


@router.post("/products/{product_id}/suspend")
def suspend_product(product_id: str, call: Caller) -> Product:
    return call.write(products.suspend_product, product_id)


@router.post("/products/{product_id}/resume")
def resume_product(product_id: str, call: Caller) -> Product:
    """Back on the market after it was suspended."""
    return call.write(products.resume_product, product_id)


@router.post("/products/{product_id}/withdraw")
def withdraw_product(product_id: str, call: Caller) -> Product:
    return call.write(products.withdraw_product, product_id)
