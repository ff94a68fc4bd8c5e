"""A bank's products: registered, published by a second person, taken off the market."""

from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Conflict, NotFound
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.lending import messages
from services.lending.domain import product as rules
from services.lending.domain.product import NewProduct, Product, ProductPage, ProductStatus
from services.lending.store import products as product_store


def register_product(tx: WriteTx, by: Principal, new: NewProduct) -> Product:
    """A new product, a new version of a published one, or the draft rewritten: by the bank's own number."""
    by.require(*BANK)
    known = product_store.numbered_to_change(tx, by.organisation, new.external_id)
    if known is not None and known.status is ProductStatus.DRAFT:
        draft = replace(known, terms=new.terms, created_by=by.subject)
        product_store.update(tx, draft)
        return draft
    draft = Product(
        id=known.id if known else tx.new_id("prd"),
        version=known.version + 1 if known else 1,
        bank=by.organisation,
        external_id=new.external_id,
        status=ProductStatus.DRAFT,
        terms=new.terms,
        created_by=by.subject,
    )
    product_store.insert(tx, draft)
    return draft


def publish_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    """Put the draft on the market in place of the version before it. Never by its author."""
    by.require(Role.BANK_MANAGER)
    draft = _own_product(tx, by, product_id)
    published = rules.published(draft, by.subject, tx.now)
    before = product_store.on_market(tx, product_id)
    if before is not None:
        product_store.update(tx, rules.withdrawn(before))
    product_store.update(tx, published)
    emit(tx, topics.LENDING_PRODUCT, published.id, messages.product_state(published))
    return published


def withdraw_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    """Take the product off the market. Applications that exist go on."""
    by.require(Role.BANK_MANAGER)
    _own_product(tx, by, product_id)
    current = product_store.on_market(tx, product_id)
    if current is None:
        raise Conflict("No version of this product is on the market.", mend="Nothing to withdraw.")
    withdrawn = rules.withdrawn(current)
    product_store.update(tx, withdrawn)
    emit(tx, topics.LENDING_PRODUCT, withdrawn.id, messages.product_state(withdrawn))
    return withdrawn


def get_product(tx: ReadTx, by: Principal, product_id: str) -> Product:
    """The newest version for the bank itself, the one on the market for everybody else."""
    newest = product_store.get(tx, product_id)
    if by.organisation == newest.bank:
        return newest
    shown = product_store.on_market(tx, product_id)
    if shown is None:
        raise NotFound(f"There is no product {product_id} on the market.", field="product_id")
    return shown


def list_products(
    tx: ReadTx,
    by: Principal,
    bank: str | None = None,
    status: ProductStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> ProductPage:
    """A bank's own products in every state; of others, only what is on the market."""
    own = by.role in BANK and bank in (None, by.organisation)
    if own:
        return product_store.page_of(tx, by.organisation, status, cursor, limit)
    return product_store.page_of(tx, bank, ProductStatus.PUBLISHED, cursor, limit)


def _own_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    product = product_store.to_change(tx, product_id)
    by.require_organisation(product.bank)
    return product
