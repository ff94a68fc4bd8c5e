"""Lending over HTTP. Collections: products, applications, loans."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.chassis.http import Caller
from services.lending import operations
from services.lending.domain.application import (
    Application,
    ApplicationPage,
    ApplicationStatus,
    Approval,
    Declination,
    Disbursement,
    NewApplication,
)
from services.lending.domain.intake import ImportProducts, ImportReport
from services.lending.domain.loan import Loan, LoanPage, Repayment
from services.lending.domain.product import NewProduct, Product, ProductPage, ProductStatus

router = APIRouter(prefix="/v1")

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]


@router.post("/products", status_code=201)
def register_product(body: NewProduct, call: Caller) -> Product:
    return call.write(operations.register_product, body)


@router.post("/products/import")
def import_products(body: ImportProducts, call: Caller) -> ImportReport:
    return call.write(operations.import_products, body)


@router.get("/products")
def list_products(
    call: Caller,
    bank: str | None = None,
    status: ProductStatus | None = None,
    cursor: str | None = None,
    limit: Limit = 0,
) -> ProductPage:
    return call.read(operations.list_products, bank, status, cursor, limit)


@router.get("/products/{product_id}")
def get_product(product_id: str, call: Caller) -> Product:
    return call.read(operations.get_product, product_id)


@router.post("/products/{product_id}/publish")
def publish_product(product_id: str, call: Caller) -> Product:
    return call.write(operations.publish_product, product_id)


@router.post("/products/{product_id}/withdraw")
def withdraw_product(product_id: str, call: Caller) -> Product:
    return call.write(operations.withdraw_product, product_id)


@router.post("/applications", status_code=201)
def open_application(body: NewApplication, call: Caller) -> Application:
    """For coordination, which speaks for the firm that chose a plan."""
    return call.write(operations.open_application, body)


@router.get("/applications")
def list_applications(
    call: Caller, status: ApplicationStatus | None = None, cursor: str | None = None, limit: Limit = 0
) -> ApplicationPage:
    return call.read(operations.list_applications, status, cursor, limit)


@router.get("/applications/{application_id}")
def get_application(application_id: str, call: Caller) -> Application:
    return call.read(operations.get_application, application_id)


@router.post("/applications/{application_id}/approve")
def approve_application(application_id: str, body: Approval, call: Caller) -> Application:
    return call.write(operations.approve_application, application_id, body)


@router.post("/applications/{application_id}/decline")
def decline_application(application_id: str, body: Declination, call: Caller) -> Application:
    return call.write(operations.decline_application, application_id, body)


@router.post("/applications/{application_id}/withdraw")
def withdraw_application(application_id: str, call: Caller) -> Application:
    return call.write(operations.withdraw_application, application_id)


@router.post("/applications/{application_id}/disburse", status_code=201)
def disburse(application_id: str, body: Disbursement, call: Caller) -> Loan:
    return call.write(operations.disburse, application_id, body)


@router.get("/loans")
def list_loans(
    call: Caller, application_id: str | None = None, cursor: str | None = None, limit: Limit = 0
) -> LoanPage:
    return call.read(operations.list_loans, application_id, cursor, limit)


@router.post("/loans/{loan_id}/repayments", status_code=201)
def repay(loan_id: str, body: Repayment, call: Caller) -> Loan:
    return call.write(operations.repay, loan_id, body)
