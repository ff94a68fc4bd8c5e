"""A guarantee after a change: kept, and told to whoever listens."""

from collections.abc import Sequence
from datetime import date

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.guarantee import messages
from services.guarantee.domain.filing import Filing
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.store import guarantees as guarantee_store


def keep(
    tx: WriteTx, guarantee: Guarantee, on: date, filings: Sequence[Filing] = (), note: str | None = None
) -> Guarantee:
    """`on`: the business date of the change, which for news from lending is lending's."""
    guarantee_store.update(tx, guarantee)
    tell(tx, guarantee, on, filings, note)
    return guarantee


def tell(
    tx: WriteTx, guarantee: Guarantee, on: date, filings: Sequence[Filing] = (), note: str | None = None
) -> None:
    fact = messages.guarantee_changed(guarantee, on, filings, note)
    emit(tx, topics.GUARANTEE_GUARANTEE, guarantee.id, fact)
