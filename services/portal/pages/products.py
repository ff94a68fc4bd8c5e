"""A bank's loan products: registered many at once from a file, checked, published, suspended, withdrawn."""

from collections.abc import Callable

from google.protobuf.message import Message
from starlette.responses import Response

from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
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


@router.get("/bank/products/import")
def import_form(visit: Visiting) -> Response:
    return visit.page("bank/import.html", form=fresh(), report=None, trial=False)


@router.post("/bank/products/import")
def import_products(visit: Visiting, posted: Posting) -> Response:
    """First a trial that keeps nothing, then the same rows for good: the trial's page carries them."""
    trial = not posted.ticked("keep")
    try:
        request = pb.ImportProductsRequest(
            csv=_csv(posted), dry_run=trial, all_or_nothing=posted.ticked("all_or_nothing")
        )
        report = visit.act(visit.services.lending.ImportProducts, request, posted.key)
    except (Problem, Violation) as refusal:
        form = back(posted, refusal, visit.words)
        return visit.page("bank/import.html", status_of(refusal), form=form, report=None, trial=trial)
    form = fresh(csv=request.csv, all_or_nothing="yes" if request.all_or_nothing else "")
    return visit.page("bank/import.html", form=form, report=report, trial=trial)


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


def _csv(posted: Posted) -> str:
    """The rows: from the file, or carried by the page of the trial. Violation when they are missing, or no text."""
    sent = posted.files.get("file") or posted.text("csv").encode()
    if not sent:
        raise Violation("file", "There is no file.", "Choose a CSV file.")
    try:
        return sent.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Violation(
            "file", "The file is not UTF-8 text.", "Save it as CSV UTF-8 and send it again."
        ) from None


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
