"""A bank's loan products: checked, published, suspended, withdrawn. `product_import` registers them."""

from collections.abc import Callable

from google.protobuf.message import Message
from starlette.responses import Response

from libs.chassis.problems import Problem
from rongqiao.lending.v1 import lending_pb2 as pb
from services.portal.audiences import BANKS
from services.portal.codes import enum_codes, enum_number
from services.portal.forms import Form, Posted, fresh
from services.portal.routes import page_router
from services.portal.troubles import back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(BANKS)

STATES = enum_codes(pb.ProductStatus.DESCRIPTOR)


@router.get("/bank/products")
def my_products(visit: Visiting) -> Response:
    return _list_page(visit)


@router.get("/bank/products/{product_id}")
def product(product_id: str, visit: Visiting) -> Response:
    return _product_page(visit, product_id)


@router.post("/bank/products/{product_id}/check")
def check(product_id: str, visit: Visiting, posted: Posting) -> Response:
    return _change(visit, posted, product_id, visit.services.lending.CheckProduct, "product_checked")


@router.post("/bank/products/{product_id}/publish")
def publish(product_id: str, visit: Visiting, posted: Posting) -> Response:
    """Now, or from and until the days of the form."""
    market_from, market_until = posted.text("market_from") or None, posted.text("market_until") or None
    request = pb.ScheduleProductRequest(
        product_id=product_id, market_from=market_from, market_until=market_until
    )
    done = "product_scheduled" if (market_from or "") > visit.today else "published"
    return _change(visit, posted, product_id, visit.services.lending.ScheduleProduct, done, request)


@router.post("/bank/products/{product_id}/suspend")
def suspend(product_id: str, visit: Visiting, posted: Posting) -> Response:
    return _change(visit, posted, product_id, visit.services.lending.SuspendProduct, "product_suspended")


@router.post("/bank/products/{product_id}/resume")
def resume(product_id: str, visit: Visiting, posted: Posting) -> Response:
    return _change(visit, posted, product_id, visit.services.lending.ResumeProduct, "product_resumed")


@router.post("/bank/products/{product_id}/withdraw")
def withdraw(product_id: str, visit: Visiting, posted: Posting) -> Response:
    return _change(visit, posted, product_id, visit.services.lending.WithdrawProduct, "product_withdrawn")


def _change(
    visit: Visit,
    posted: Posted,
    product_id: str,
    method: Callable[..., pb.Product],
    done: str,
    request: Message | None = None,
) -> Response:
    try:
        visit.act(method, request or pb.ProductId(product_id=product_id), posted.key)
    except Problem as refusal:
        form = back(posted, refusal, visit.words)
        return _product_page(visit, product_id, form, status_of(refusal))
    return visit.go(f"/bank/products/{product_id}", done=done)


def _list_page(visit: Visit) -> Response:
    state = visit.query("status")
    request = pb.ListProductsRequest(
        bank=visit.organisation,
        status=enum_number(pb.ProductStatus.DESCRIPTOR, state),
        cursor=visit.optional("cursor"),
    )
    page = visit.ask(visit.services.lending.ListProducts, request)
    return visit.page("bank/products.html", products=page, state=state, states=STATES)


def _product_page(visit: Visit, product_id: str, form: Form | None = None, status: int = 200) -> Response:
    """The newest version, with those before it."""
    asked = pb.ProductId(product_id=product_id)
    product = visit.ask(visit.services.lending.GetProduct, asked)
    versions = visit.ask(visit.services.lending.ListProductVersions, asked).items
    return visit.page("bank/product.html", status, product=product, versions=versions, form=form or fresh())
