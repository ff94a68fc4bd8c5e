"""A bank's products: registered, published by a second person, taken off the market."""

from dataclasses import replace

from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.ids import Ids
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Conflict, NotFound
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.lending import messages
from services.lending.domain.product import (
    NewProduct,
    Product,
    ProductHistory,
    ProductPage,
    ProductStatus,
    Publication,
    check_rate,
    rates_of,
)
from services.lending.domain.product import version as rules
from services.lending.domain.product.limits import ProductLimits, limits_of
from services.lending.domain.product.version import WRITABLE
from services.lending.operations import feed, rights
from services.lending.store import products as product_store

_BATCH = 500


def register_product(tx: WriteTx, by: Principal, new: NewProduct) -> Product:
    """A new product, a new version of a marketed one, or what is not marketed yet rewritten: by the bank's number."""
    by.require(*BANK)
    rights.may_act(tx, by, by.organisation, None)
    check_rate(new.terms, tx.today)
    known = product_store.numbered_to_change(tx, by.organisation, new.external_id)
    draft = drafted(by, known, new, tx.new_id)
    if known is not None and draft.version == known.version:
        product_store.update(tx, draft)
    else:
        product_store.insert(tx, draft)
    return _priced(tx, draft)


def drafted(by: Principal, known: Product | None, new: NewProduct, new_id: Ids) -> Product:
    """What registering makes of it: the newest version rewritten while it may be, else a version of its own."""
    if known is not None and known.status in WRITABLE:
        return rules.rewritten(known, new.terms, by.subject)
    return Product(
        id=known.id if known else new_id("prd"),
        version=known.version + 1 if known else 1,
        bank=by.organisation,
        external_id=new.external_id,
        status=ProductStatus.DRAFT,
        terms=new.terms,
        created_by=by.subject,
        sandbox=by.sandbox,
    )


def check_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    """A second person has read the draft. Never its author."""
    by.require(*BANK)
    checked = rules.checked(_own_product(tx, by, product_id), by.subject, tx.now)
    product_store.update(tx, checked)
    return _priced(tx, checked)


def publish_product(
    tx: WriteTx, by: Principal, product_id: str, publication: Publication | None = None
) -> Product:
    """Put the version on the market in place of the one before it, now or on a day to come. Never by its author."""
    by.require(Role.BANK_MANAGER)
    draft = _own_product(tx, by, product_id)
    version = rules.scheduled(draft, publication or Publication(), by.subject, tx.now, tx.today)
    check_rate(version.terms, tx.today)
    if rules.is_due(version, tx.today):
        return _market(tx, version)
    product_store.update(tx, version)
    return _priced(tx, version)


def suspend_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    """Off the market until it is resumed. Applications that exist go on."""
    by.require(Role.BANK_MANAGER)
    return _tell(tx, rules.suspended(_on_market(tx, by, product_id), tx.today))


def resume_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    by.require(Role.BANK_MANAGER)
    return _tell(tx, rules.resumed(_on_market(tx, by, product_id)))


def withdraw_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    """Take the product off the market for good, and what was to come on it. Applications that exist go on."""
    by.require(Role.BANK_MANAGER)
    newest, current = _own_product(tx, by, product_id), product_store.on_market(tx, product_id)
    coming = newest.status is ProductStatus.SCHEDULED
    if coming:
        product_store.update(tx, rules.withdrawn(newest, tx.today))
    if current is not None:
        return _tell(tx, rules.withdrawn(current, tx.today))
    if not coming:
        raise Conflict("No version of this product is on the market.", mend="Nothing to withdraw.")
    return _priced(tx, product_store.get(tx, product_id))


def keep_market(database: Database) -> int:
    """Bring on the market what is due and take off what is over, each by itself; how many products moved."""
    with database.read() as tx:
        due = product_store.due(tx, tx.today, _BATCH)
    return sum(
        database.transact(lambda tx, product_id=product_id: move(tx, product_id)) for product_id in due
    )


def move(tx: WriteTx, product_id: str) -> bool:
    """What today asks of one product; whether it asked for anything. Asked twice, it is done once."""
    newest, current = product_store.to_change(tx, product_id), product_store.on_market(tx, product_id)
    if rules.is_due(newest, tx.today):
        _market(tx, newest)
        return True
    if current is not None and rules.is_over(current, tx.today):
        _tell(tx, rules.withdrawn(current, current.market_until or tx.today))
        return True
    return False


def _market(tx: WriteTx, version: Product) -> Product:
    """The version on the market, in place of the one before it."""
    before = product_store.on_market(tx, version.id)
    if before is not None:
        product_store.update(tx, rules.withdrawn(before, tx.today))
    return _tell(tx, rules.published(version, tx.now, tx.today))


def _on_market(tx: WriteTx, by: Principal, product_id: str) -> Product:
    """The version on the market, where this bank is its owner; else the newest, of which the rules will complain."""
    newest = _own_product(tx, by, product_id)
    return product_store.on_market(tx, product_id) or newest


def _tell(tx: WriteTx, product: Product) -> Product:
    """Keep the version, and tell the bank of it, and the others its state: never of a sandbox."""
    product_store.update(tx, product)
    priced = _priced(tx, product)
    told = {"product_id": product.id, "version": product.version, "external_id": product.external_id}
    feed.note(tx, product.bank, f"product.{product.status.lower()}", product.id, told)
    if not product.sandbox:
        emit(tx, topics.LENDING_PRODUCT, product.id, messages.product_state(priced))
    return priced


def get_product(tx: ReadTx, by: Principal, product_id: str) -> Product:
    """The newest version for the bank itself, the one on the market for everybody else."""
    newest = product_store.get(tx, product_id)
    if by.organisation == newest.bank:
        return _priced(tx, newest)
    shown = product_store.on_market(tx, product_id)
    if shown is None or shown.sandbox or shown.status is not ProductStatus.PUBLISHED:
        raise NotFound(f"There is no product {product_id} on the market.", field="product_id")
    return _shown(tx, by, shown)


def list_versions(tx: ReadTx, by: Principal, product_id: str) -> ProductHistory:
    """Every version with its dates: the bank's own, or of others those that were ever on the market."""
    newest = product_store.get(tx, product_id)
    own = by.organisation == newest.bank
    versions = product_store.versions_of(tx, product_id, marketed=not own)
    if not versions or (newest.sandbox and not own):
        raise NotFound(f"There is no product {product_id} on the market.", field="product_id")
    return ProductHistory(items=tuple(_shown(tx, by, version) for version in versions))


def describe_limits(tx: ReadTx, by: Principal, product_id: str) -> ProductLimits:
    """What the product that the caller sees limits, in words, and what it does not."""
    product = get_product(tx, by, product_id)
    return ProductLimits(product_id=product.id, version=product.version, items=limits_of(product.terms))


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
        page = product_store.page_of(tx, by.organisation, status, cursor, limit)
    else:
        page = product_store.page_of(tx, bank, ProductStatus.PUBLISHED, cursor, limit, sandbox=False)
    return replace(page, items=tuple(_shown(tx, by, product) for product in page.items))


def _shown(tx: ReadTx, by: Principal, product: Product) -> Product:
    """With its rates; to outsiders without what the bank keeps to itself. Services see what their users may not."""
    inside = by.role is Role.SERVICE or by.organisation == product.bank
    return _priced(tx, product if inside else rules.seen_from_outside(product))


def _priced(tx: ReadTx, product: Product) -> Product:
    return replace(product, rates=rates_of(product.terms, tx.today))


def _own_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    product = product_store.to_change(tx, product_id)
    rights.may_act(tx, by, product.bank, None)
    return product
