"""Writing the ledger: the one way into it."""

from collections import defaultdict
from collections.abc import Iterable

from libs.chassis.database import WriteTx
from services.guarantee.domain import ledger
from services.guarantee.domain.ledger import Entry, Head, Movement
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import rules as rule_store


def post(tx: WriteTx, movements: Iterable[Movement]) -> None:
    """Write the movements, each as the next entry of its book. All that one operation moves comes in one call.

    The heads of the books are locked from here to the end of the transaction, in the order of their names: post last.
    """
    wanted = list(ledger.touching(movements))
    if not wanted:
        return
    heads = ledger_store.lock_heads(tx, [movement.book for movement in wanted])
    policy_set, entries = rule_store.policy_set(tx), list[Entry]()
    changes: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for movement in wanted:
        entry = ledger.written(heads[movement.book], movement, tx.now, policy_set)
        heads[movement.book] = Head(book=entry.book, number=entry.number, hash=entry.hash)
        entries.append(entry)
        for account, other, amount_fen in movement.postings:
            changes[movement.book, account, other] += amount_fen
    ledger_store.append(tx, entries, list(heads.values()), changes)
