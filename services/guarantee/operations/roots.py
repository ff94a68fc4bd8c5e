"""Whether the books still are what the daily roots say that they were.

Whoever knows how to hash could write the past anew, with all that follows from it; not the roots, which others keep.
"""

from libs.chassis.database import ReadTx
from services.guarantee.domain.audit import Difference
from services.guarantee.domain.ledger import GENESIS, Head, Root, root_of
from services.guarantee.store import ledger as ledger_store


def first_difference(tx: ReadTx) -> Difference | None:
    """The first root that does not stand on the one before, or a book that has another entry where a root had one."""
    last = GENESIS
    for root in ledger_store.roots(tx):
        expected = root_of(last, root.day, root.heads)
        if root.root != expected:
            return Difference(check="root", where=str(root.day), expected=expected, found=root.root)
        changed = _changed(tx, root)
        if changed is not None:
            return changed
        last = root.root
    return None


def _changed(tx: ReadTx, root: Root) -> Difference | None:
    now = ledger_store.hashes(tx, [(head.book, head.number) for head in root.heads])
    return next((_named(root, head, now.get(head.book)) for head in root.heads if _is_other(head, now)), None)


def _is_other(head: Head, now: dict[str, str]) -> bool:
    return head.number > 0 and now.get(head.book) != head.hash


def _named(root: Root, head: Head, found: str | None) -> Difference:
    return Difference(
        check="root", where=f"{root.day} {head.book}", expected=head.hash, found=found or "no entry"
    )
