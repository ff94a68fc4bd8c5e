"""Waivers: proposed and granted by two people of a bank, ended by one of them or by their last day."""

from dataclasses import replace

from libs.chassis import codec
from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import NotFound
from libs.chassis.vault import vault
from libs.criteria.violation import Violation
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.lending import messages
from services.lending.domain import waiver as rules
from services.lending.domain.waiver import AppliedWaiver, NewWaiver, Waiver, WaiverPage, WaiverStatus
from services.lending.operations import feed, rights
from services.lending.store import products as product_store
from services.lending.store import waivers as waiver_store

LONGEST = "lending.waiver_longest_days"
_BATCH = 500


def propose_waiver(tx: WriteTx, by: Principal, new: NewWaiver) -> Waiver:
    """Ask that a hard rule of a product of the bank be set aside for one firm. A second person grants it."""
    by.require(*BANK)
    newest = product_store.get(tx, new.product_id)
    rights.may_act(tx, by, newest.bank, None)
    if newest.sandbox:
        raise Violation("product_id", "This product is not for real firms.", "Name another product.")
    product = product_store.on_market(tx, new.product_id) or newest
    longest = tx.policies.integer_on(LONGEST, tx.today)
    waiver = rules.proposed(new, product, tx.new_id("wvr"), by.subject, tx.now, tx.today, longest)
    waiver_store.insert(tx, waiver)
    _note(tx, waiver)
    return waiver


def grant_waiver(tx: WriteTx, by: Principal, waiver_id: str) -> Waiver:
    """From now on the firm is eligible by waiver. Never by whoever proposed it."""
    by.require(Role.BANK_MANAGER)
    granted = rules.granted(_own_waiver(tx, by, waiver_id), by.subject, tx.now, tx.today)
    return _keep(tx, replace(granted, seal=_seal(granted)))


def withdraw_waiver(tx: WriteTx, by: Principal, waiver_id: str) -> Waiver:
    """The rule holds for the firm again. Decisions that were made by the waiver stay."""
    by.require(Role.BANK_MANAGER)
    return _keep(tx, rules.withdrawn(_own_waiver(tx, by, waiver_id), by.subject, tx.now))


def get_waiver(tx: ReadTx, by: Principal, waiver_id: str) -> Waiver:
    """For the bank's people, and for its firm once it is granted."""
    by.require(*BANK, Role.SME)
    waiver = waiver_store.get(tx, waiver_id)
    if by.role in BANK:
        rights.may_see(tx, by, waiver.bank, None)
        return waiver
    if waiver.party != by.organisation or waiver.granted_at is None:
        raise NotFound(f"There is no waiver {waiver_id}.", field="waiver_id")
    return rules.seen_by_firm(waiver)


def list_waivers(
    tx: ReadTx,
    by: Principal,
    product_id: str | None = None,
    status: WaiverStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> WaiverPage:
    """The bank's own; for a firm what was granted to it."""
    by.require(*BANK, Role.SME)
    inside = by.role in BANK
    if inside:
        rights.may_see(tx, by, by.organisation, None)
    page = waiver_store.page_of(
        tx,
        bank=by.organisation if inside else None,
        party=None if inside else by.organisation,
        product_id=product_id,
        status=status,
        cursor=cursor,
        limit=limit,
    )
    return page if inside else replace(page, items=tuple(map(rules.seen_by_firm, page.items)))


def standing_for(tx: ReadTx, party: str, product_id: str) -> tuple[AppliedWaiver, ...]:
    """What holds for a firm at a product today. One whose seal does not fit what it says holds nothing."""
    found = waiver_store.granted_to(tx, party, product_id, tx.today)
    return tuple(rules.applied(one) for one in found if one.seal == _seal(one))


def end_expired(database: Database) -> int:
    """Tell of each waiver whose last day is past, and let its firm's id go; how many there were."""
    with database.read() as tx:
        over = waiver_store.over(tx, tx.today, _BATCH)
    return sum(database.transact(lambda tx, waiver_id=one: _end(tx, waiver_id)) for one in over)


def _end(tx: WriteTx, waiver_id: str) -> bool:
    waiver = waiver_store.to_change(tx, waiver_id)
    if waiver.status not in rules.LIVE or waiver.valid_until >= tx.today:
        return False
    _keep(tx, rules.expired(waiver, tx.now))
    return True


def _keep(tx: WriteTx, waiver: Waiver) -> Waiver:
    """Keep what became of it, and tell its bank and those who recommend."""
    waiver_store.update(tx, waiver)
    _note(tx, waiver)
    if waiver.granted_at is not None:
        emit(tx, topics.LENDING_WAIVER, waiver.id, messages.waiver_state(waiver))
    return waiver


def _note(tx: WriteTx, waiver: Waiver) -> None:
    told = {
        "product_id": waiver.product_id,
        "fact": waiver.fact,
        "valid_until": waiver.valid_until.isoformat(),
    }
    feed.note(tx, waiver.bank, f"waiver.{waiver.status.lower()}", waiver.id, told)


def _own_waiver(tx: WriteTx, by: Principal, waiver_id: str) -> Waiver:
    waiver = waiver_store.to_change(tx, waiver_id)
    rights.may_act(tx, by, waiver.bank, None)
    return waiver


def _seal(waiver: Waiver) -> str:
    """Over what two people signed: product, rules, firm, reason, last day, and who they are and when."""
    signed = (
        waiver.id,
        waiver.product_id,
        waiver.product_version,
        waiver.party,
        waiver.fact,
        codec.dump(waiver.criteria),
        waiver.reason,
        waiver.valid_until.isoformat(),
        waiver.proposed_by,
        waiver.proposed_at.isoformat(),
        waiver.granted_by,
        waiver.granted_at and waiver.granted_at.isoformat(),
    )
    return vault().blind_index(codec.canonical_hash(*signed))
