"""A bank's feed: what happened to its products, applications, loans and pledges, in an order that has no gaps."""

from collections.abc import Mapping

from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal
from libs.chassis.rows import page_size
from services.lending.domain.feed import Feed, check_after, check_type, checked_data
from services.lending.operations import rights
from services.lending.store import feed as feed_store
from services.lending.store import webhooks as webhook_store

_AT_ONCE = 500


def note(tx: WriteTx, bank: str, kind: str, subject: str, data: Mapping[str, str | int | None]) -> None:
    """Tell the bank, with the change itself: ids, states, amounts, codes and dates; never a party, name or text."""
    check_type(kind)
    feed_store.insert(tx, bank, kind, subject, checked_data(data))


def read_feed(tx: ReadTx, by: Principal, after: int = 0, limit: int = 0) -> Feed:
    """The bank's notices after a position, the oldest first. Violation after a position that it does not have."""
    by.require(*BANK)
    rights.may_see(tx, by, by.organisation, None)
    page = feed_store.after(tx, by.organisation, after, page_size(limit))
    if not page.items:
        check_after(after, feed_store.last(tx, by.organisation))
    return page


def number_notices(database: Database) -> int:
    """Give what was committed its places in the feeds, and send it on its way to webhooks; how many got one.

    A notice gets its number only after its commit and while its feed is held, so no position ever becomes visible
    below one that a reader may have seen.
    """
    with database.read() as tx:
        banks = feed_store.unnumbered_banks(tx)
    return sum(database.transact(lambda tx, bank=bank: _number(tx, bank)) for bank in banks)


def _number(tx: WriteTx, bank: str) -> int:
    last = feed_store.lock_last(tx, bank)
    fresh = feed_store.unnumbered(tx, bank, _AT_ONCE)
    if fresh:
        feed_store.give_positions(tx, bank, [row.number for row in fresh], last)
        webhook_store.fan_out(tx, bank, fresh, last)
    return len(fresh)
