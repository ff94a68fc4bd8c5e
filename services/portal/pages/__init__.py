"""The pages, one module for each audience: parse, ask a service, show."""

from fastapi import APIRouter

from services.portal.pages import (
    account,
    bank,
    credit_desk,
    credit_report,
    guarantor,
    home,
    mandates,
    my_documents,
    my_repairs,
    offers,
    operator,
    party_file,
    product_import,
    products,
    regulator,
    service_centre,
    sme,
)


def routers() -> tuple[APIRouter, ...]:
    """All pages; the one that says there is no such page comes last."""
    audiences = (
        account,
        sme,
        offers,
        party_file,
        my_documents,
        my_repairs,
        mandates,
        bank,
        product_import,
        products,
        guarantor,
        regulator,
        service_centre,
        operator,
        credit_desk,
    )
    others = (credit_report.own, credit_report.banks, credit_desk.deciding)
    return (home.files, home.router, *(module.router for module in audiences), *others, home.nowhere)
