"""Which parties' summaries must be told, what was told last, and the facts that it was made of, ready for a score."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

import sqlalchemy as sa

from libs.chassis.columns import Document
from libs.chassis.database import ReadTx, WriteTx
from libs.criteria.vocabulary import FACTS
from libs.eventing.tables import insert_into
from services.credit.domain.facts import Fact
from services.credit.store.tables import PARTY, metadata, summaries

# All that counts of a party, as it was when its summary was told. Good until the party is marked stale or due.
party_features = sa.Table(
    "party_features",
    metadata,
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), primary_key=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("made_by", sa.String(80), nullable=False),  # the vocabulary and the policies
    sa.Column("held", Document(tuple[Fact, ...]), nullable=False),
)

_VOCABULARY = sha256(" ".join(FACTS).encode()).hexdigest()[:16]

# Written out once: to put a statement together takes longer than to run it, and every score asks this.
_KEPT = (
    sa.select(party_features.c.held)
    .join(summaries, summaries.c.party == party_features.c.party)
    .where(
        party_features.c.party == sa.bindparam("of"),
        summaries.c.stale.is_(False),
        summaries.c.due_on > sa.bindparam("today"),
        party_features.c.as_of <= sa.bindparam("today"),
        party_features.c.made_by == sa.bindparam("made_by"),
    )
)


def mark_stale(tx: WriteTx, *parties: str) -> None:
    """Something that the summary may show has changed: it is told anew right after this transaction."""
    insert = insert_into(tx, summaries)
    stale = insert.on_conflict_do_update(index_elements=[summaries.c.party], set_={"stale": True})
    if parties:
        tx.execute(stale, [{"party": party, "stale": True} for party in sorted(parties)])


def due(tx: ReadTx, limit: int) -> list[str]:
    """Parties whose summary is stale, and those whose day of change has come."""
    query = sa.select(summaries.c.party).where(summaries.c.stale | (summaries.c.due_on <= tx.today))
    return [row.party for row in tx.rows(query.order_by(summaries.c.party).limit(limit))]


def told_digest(tx: WriteTx, party: str) -> str | None:
    """The digest of what was told last. Locks the row: a change that is committed later marks it stale again."""
    rows = tx.lock_rows(sa.select(summaries.c.digest).where(summaries.c.party == party))
    return rows[0].digest if rows else None


def mark_told(tx: WriteTx, party: str, digest: str, due_on: date | None) -> None:
    values = {"stale": False, "digest": digest, "due_on": due_on}
    tx.execute(sa.update(summaries).where(summaries.c.party == party).values(values))


def mark_all_due(tx: WriteTx, on: date) -> None:
    """On this day every summary that can still change is told anew; from today on: at once."""
    changing = summaries.c.due_on.is_not(None)
    told = {"stale": True} if on <= tx.today else {"due_on": on}
    later = changing if on <= tx.today else summaries.c.due_on > on
    tx.execute(sa.update(summaries).where(later).values(told))


def kept_features(tx: ReadTx, party: str) -> tuple[Fact, ...] | None:
    """What was kept of a party; None where something has changed since, or may have."""
    return tx.execute(_KEPT, {"of": party, "today": tx.today, "made_by": _made_by(tx)}).scalar()


def keep_features(tx: WriteTx, party: str, held: Iterable[Fact]) -> None:
    kept = {"as_of": tx.today, "made_by": _made_by(tx), "held": tuple(held)}
    insert = insert_into(tx, party_features).values(kept | {"party": party})
    tx.execute(insert.on_conflict_do_update(index_elements=[party_features.c.party], set_=kept))


def _made_by(tx: ReadTx) -> str:
    return f"{_VOCABULARY} {tx.policies.set_id}"


def drop_features(tx: WriteTx, party: str) -> None:
    tx.execute(sa.delete(party_features).where(party_features.c.party == party))
