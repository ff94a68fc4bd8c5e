"""The pages, one module for each audience: parse, ask a service, show."""

from fastapi import APIRouter

from services.portal.pages import (
    account,
    bank,
    guarantor,
    home,
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
        bank,
        product_import,
        products,
        guarantor,
        regulator,
        service_centre,
        operator,
    )
    return (home.files, home.router, *(module.router for module in audiences), home.nowhere)
