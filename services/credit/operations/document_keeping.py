"""What happens to documents by itself: the scanner judges them, their time ends, what is left over is cleared."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from libs.chassis.clock import SHANGHAI
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from services.credit.domain.documents import KindRule
from services.credit.operations.documents import rules_on
from services.credit.store import contents
from services.credit.store import documents as store
from services.credit.store.documents import Kept

ABANDONED = timedelta(hours=1)
TRY_AGAIN = timedelta(minutes=1)
_BATCH = 200


# The scanner


def documents_to_scan(tx: ReadTx, by: Principal) -> Sequence[Kept]:
    by.require(Role.SERVICE)
    return store.waiting(tx, tx.now - TRY_AGAIN, _BATCH)


def record_finding(tx: WriteTx, by: Principal, kept: Kept, finding: str | None) -> None:
    """Clean: it may be shown. Otherwise the content is destroyed, and the firm reads what was found."""
    by.require(Role.SERVICE)
    store.record_finding(tx, kept, finding)


def record_failed_scan(tx: WriteTx, by: Principal, kept: Kept) -> None:
    by.require(Role.SERVICE)
    store.record_failure(tx, kept)


# The journal of content


def announce_content(tx: WriteTx, by: Principal) -> str:
    """A key under which content may be kept: noted before it is, so that none is ever lost sight of."""
    by.require(Role.SERVICE)
    key = tx.new_id("blob")
    contents.announce(tx, key)
    return key


def give_up_abandoned(tx: WriteTx, by: Principal) -> int:
    """What was kept for uploads that never came to their end is doomed too; how many."""
    by.require(Role.SERVICE)
    return contents.doom_abandoned(tx, ABANDONED)


def content_to_destroy(tx: ReadTx, by: Principal) -> Sequence[str]:
    """Keys of what was doomed."""
    by.require(Role.SERVICE)
    return contents.doomed(tx, _BATCH)


def forget_content(tx: WriteTx, by: Principal, key: str) -> None:
    by.require(Role.SERVICE)
    contents.forget(tx, key)


# Time


def expire_documents(tx: WriteTx, by: Principal) -> int:
    """Content that was kept long enough is destroyed; how many versions, a bounded number at once."""
    by.require(Role.SERVICE)
    return sum(_expire(tx, rule) for rule in rules_on(tx).values())


def _expire(tx: WriteTx, rule: KindRule) -> int:
    first_kept = tx.today - timedelta(days=rule.days)
    before = datetime.combine(first_kept, time(), SHANGHAI)
    return store.expire(tx, rule.kind, before, _BATCH)
