"""Deliveries of many rows: worked on in chunks of one transaction each, so that a crash leaves nothing half done.

A delivery is opened, its chunks are kept one after the other (`keep`), what they brought is counted party by party
(`settle`), and it is closed. Whatever breaks it off, it says how far it came, and sent again the rows that are here
already are KNOWN.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.principal import Principal, Role, service
from libs.chassis.problems import Conflict, NotFound
from libs.criteria.violation import Violation
from libs.registry.persons import is_person
from services.credit.domain.bulk import RowOutcome, RowState
from services.credit.domain.delivery import (
    LONGEST_REFERENCE,
    Delivery,
    DeliveryKind,
    DeliveryPage,
    DeliveryState,
    NewDelivery,
    OutcomePage,
    Row,
    check_delivery,
)
from services.credit.domain.sources import Source
from services.credit.intake.messages import Delivered
from services.credit.operations import access
from services.credit.operations.delivering import Sender, apply
from services.credit.store import deliveries, invoices, summaries

CHUNK = 5_000  # rows a transaction: bounds memory, and how long other writers wait
SETTLED_AT_ONCE = 100  # parties
BROKEN_AFTER = timedelta(minutes=30)
CARRIERS = (Role.SME, *access.CARRIERS)
_TOPIC = service("credit").organisation  # of what came over the topic


def open_delivery(
    tx: WriteTx, by: Principal, new: NewDelivery, party: str | None = None, sha256: str | None = None
) -> Delivery:
    """A delivery is on its way; who may write about which party is decided row by row."""
    by.require(*CARRIERS, Role.SERVICE)
    check_delivery(new, tx.today)
    invoices_until = (new.covers_until or tx.today) if new.kind is DeliveryKind.INVOICES else None
    delivery = Delivery(
        id=tx.new_id("dlv"),
        kind=new.kind,
        source=access.source_of(by, new.source),
        party=party,
        reference=new.reference,
        sha256=sha256,
        covers_until=invoices_until,
        organisation=by.organisation,
        state=DeliveryState.RUNNING,
        opened_at=tx.now,
    )
    deliveries.open_delivery(tx, delivery, by.subject)
    if party is not None and delivery.kind is DeliveryKind.INVOICES:
        invoices.expect(tx, delivery.id, (party,), invoices_until, by.subject)  # even if none comes
    return delivery


def keep(tx: WriteTx, by: Principal, delivery_id: str, rows: Sequence[Row]) -> list[RowOutcome]:
    """Record the rows that come next, all in this transaction."""
    delivery = deliveries.running(tx, delivery_id)
    if rows and rows[0].number != delivery.rows + 1:
        raise Conflict(
            "Somebody else is working on this delivery.", field="delivery_id", mend="Wait for its end."
        )
    outcomes = apply(tx, Sender(by, delivery), rows)
    deliveries.add_outcomes(tx, delivery, outcomes)
    return outcomes


def deliver(
    tx: WriteTx, by: Principal, new: NewDelivery, rows: Sequence[Row], party: str | None = None
) -> Delivery:
    """A delivery that fits into one transaction."""
    delivery = open_delivery(tx, by, new, party)
    keep(tx, by, delivery.id, rows)
    after: str | None = ""
    while after is not None:
        after = settle(tx, delivery.id, after)
    return close(tx, delivery.id)


def deliver_message(tx: WriteTx, by: Principal, message: Delivered) -> Delivery:
    """The rows of one message; Violation where none of it can be recorded."""
    by.require(*CARRIERS)
    _check_message(tx, message)
    return deliver(tx, by, message.new, message.rows)


def receive_message(tx: WriteTx, by: Principal, message: Delivered) -> Delivery:
    """The rows of a message that nobody waits for: where none can be recorded, the delivery itself says why."""
    by.require(Role.SERVICE)
    try:
        _check_message(tx, message)
        _check_source(tx, access.source_of(by, message.new.source))
        return deliver(tx, by, message.new, [_without_persons(message.new, row) for row in message.rows])
    except Violation as problem:
        refused = open_delivery(tx, by, _nameable(message.new))
        return give_up(tx, refused.id, str(problem))


def load(database: Database, by: Principal, delivery: Delivery, rows: Iterable[Row]) -> Delivery:
    """A delivery of any length, in bounded memory. Violation where the file cannot be read on; what came stays."""
    with database.read() as tx:
        present = deliveries.find(tx, delivery.id)
    if present.state is DeliveryState.DONE:  # asked for again under its idempotency key
        return present
    try:
        for chunk in _chunks(iter(rows)):
            database.transact(lambda tx, chunk=chunk: keep(tx, by, delivery.id, chunk))
    except Violation as violation:
        problem = str(violation)
        database.transact(lambda tx: give_up(tx, delivery.id, problem))
        settle_all(database, delivery.id, broken=True)
        raise
    settle_all(database, delivery.id)
    return database.transact(lambda tx: close(tx, delivery.id))


def settle_all(database: Database, delivery_id: str, broken: bool = False) -> None:
    after: str | None = ""
    while after is not None:
        after = database.transact(lambda tx, after=after: settle(tx, delivery_id, after, broken))


def settle(tx: WriteTx, delivery_id: str, after: str = "", broken: bool = False) -> str | None:
    """Bring what came of some parties into the flows; returns the last of them, None when that was all. Of a broken
    delivery it stays too, but covers no day."""
    parties = invoices.uncounted(tx, delivery_id, after, SETTLED_AT_ONCE)
    deliveries.move(tx, delivery_id)
    deliveries.lock_places(tx, parties)
    invoices.count_delivered(tx, delivery_id, parties, broken)
    summaries.mark_stale(tx, *parties)
    return parties[-1] if parties else None


def close(tx: WriteTx, delivery_id: str) -> Delivery:
    deliveries.running(tx, delivery_id)
    deliveries.end(tx, delivery_id, DeliveryState.DONE)
    return deliveries.find(tx, delivery_id)


def give_up(tx: WriteTx, delivery_id: str, problem: str) -> Delivery:
    deliveries.running(tx, delivery_id)
    deliveries.end(tx, delivery_id, DeliveryState.BROKEN, problem)
    return deliveries.find(tx, delivery_id)


def give_up_broken(database: Database, by: Principal) -> int:
    """Deliveries of which nothing came for long, as whoever worked on them is gone; returns how many were ended."""
    by.require(Role.SERVICE)
    with database.read() as tx:
        broken = deliveries.still_since(tx, tx.now - BROKEN_AFTER)
        unsettled = {*broken, *invoices.unsettled(tx)}
    for delivery in broken:
        database.transact(
            lambda tx, delivery=delivery: give_up(
                tx, delivery, "Whoever worked on it stopped. Send it again."
            )
        )
    for delivery in sorted(unsettled):
        settle_all(database, delivery, broken=True)
    return len(broken)


def list_deliveries(
    tx: ReadTx, by: Principal, reference: str | None = None, cursor: str | None = None, limit: int = 0
) -> DeliveryPage:
    """The sender's own; for operators also what came over the topic."""
    by.require(*CARRIERS)
    return deliveries.find_page(tx, _seen_by(by), reference, cursor, limit)


def get_delivery(tx: ReadTx, by: Principal, delivery_id: str) -> Delivery:
    by.require(*CARRIERS)
    delivery = deliveries.find(tx, delivery_id)
    if delivery.organisation not in _seen_by(by):
        raise NotFound(f"There is no delivery {delivery_id}.", field="delivery_id")
    return delivery


def list_outcomes(
    tx: ReadTx,
    by: Principal,
    delivery_id: str,
    state: RowState | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> OutcomePage:
    """What became of the rows, in their order."""
    delivery = get_delivery(tx, by, delivery_id)
    return deliveries.spans(tx, delivery.id, state, cursor, limit)


def _seen_by(by: Principal) -> Sequence[str]:
    return (by.organisation, _TOPIC) if by.role is Role.OPERATOR else (by.organisation,)


def _check_message(tx: ReadTx, message: Delivered) -> None:
    if message.problem is not None:
        raise message.problem
    most = tx.policies.integer_on("credit.delivery.message_rows", tx.today)
    if len(message.rows) > most:
        raise Violation(
            message.new.kind.lower(), f"{len(message.rows)} rows are too many.", f"Send {most} at most."
        )


def _check_source(tx: ReadTx, source: Source) -> None:
    allowed = tx.policies.value_on("credit.delivery.sources", tx.today)
    if not isinstance(allowed, list) or source not in allowed:
        raise Violation(
            "source",
            f"{source} does not come over the topic.",
            "Name one of credit.delivery.sources, which an operator may extend.",
        )


def _without_persons(new: NewDelivery, row: Row) -> Row:
    """The log keeps what travels over it, and a person's name has no place there."""
    if new.kind is not DeliveryKind.PARTIES or not is_person(row.party):
        return row
    why = "The name of a person does not travel over the topic."
    return row._replace(value=Violation("party", why, "Register persons over HTTP or gRPC."))


def _nameable(new: NewDelivery) -> NewDelivery:
    """As much of it as can be kept of a delivery that was refused."""
    printable = "".join(filter(str.isprintable, new.reference))
    return NewDelivery(kind=new.kind, reference=printable[:LONGEST_REFERENCE])


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
