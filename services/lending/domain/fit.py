"""Whether a chosen plan is inside the terms of the product's version."""

from libs.criteria.violation import Violation
from libs.registry.loan_terms import GuaranteeMode
from services.lending.domain.application import NewApplication
from services.lending.domain.product import Product, ProductStatus


def check_fit(new: NewApplication, product: Product) -> None:
    terms = product.terms
    if product.status is not ProductStatus.PUBLISHED:
        raise Violation("product_id", f"The product is {product.status}.", "Ask for a new recommendation.")
    if not terms.amount_min_fen <= new.amount_fen <= terms.amount_max_fen:
        limits = f"{terms.amount_min_fen} to {terms.amount_max_fen} fen"
        raise Violation(
            "amount_fen", f"{new.amount_fen} fen is outside the product's {limits}.", f"Ask for {limits}."
        )
    if not terms.term_min_months <= new.term_months <= terms.term_max_months:
        limits = f"{terms.term_min_months} to {terms.term_max_months} months"
        raise Violation(
            "term_months", f"{new.term_months} is outside the product's {limits}.", f"Ask for {limits}."
        )
    _check_ways(new, product)


def _check_ways(new: NewApplication, product: Product) -> None:
    """How the loan is repaid and secured: only in ways that the product has."""
    terms = product.terms
    if new.repayment_method not in terms.repayment_methods:
        ways = ", ".join(terms.repayment_methods)
        raise Violation("repayment_method", f"The product has no {new.repayment_method}.", f"One of: {ways}.")
    if new.programme is not None and GuaranteeMode.FINANCING_GUARANTEE not in terms.guarantee_modes:
        raise Violation("programme", "The product takes no financing guarantee.", "Leave the guarantee out.")
    if new.ip_rights and GuaranteeMode.IP_PLEDGE not in terms.guarantee_modes:
        raise Violation("ip_rights", "The product takes no IP pledge.", "Leave the rights out.")
