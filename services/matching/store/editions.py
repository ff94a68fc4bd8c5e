"""The market as answers named it: states by their content, and editions as steps from one to the next.

Every replica may write the same state and the same edition: whoever comes second writes nothing. Who starts on a market
that has no name yet writes how it differs from the newest, so a start costs what changed and not what there is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.eventing.tables import insert_into
from services.matching.domain.replay.edition import DIGEST_BYTES, Edition, State, StateKind
from services.matching.domain.replay.steps import Digests, Step, line_to, members_after
from services.matching.store.tables import metadata

market_states = sa.Table(
    "market_states",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("parent", sa.String(64)),
    sa.Column("position", sa.Integer, nullable=False),  # one more than the parent's
    sa.Column("checkpoint", sa.String(64), nullable=False),  # the nearest with members: this or one before it
    sa.Column("since", sa.Integer, nullable=False),  # how many states changed since that one
    sa.Column("added", sa.LargeBinary, nullable=False),  # digests, one after the other
    sa.Column("removed", sa.LargeBinary, nullable=False),
    sa.Column("members", sa.LargeBinary),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Index("ix_editions_checkpoint", "checkpoint"),
    sa.Index("ix_editions_recorded_at", "recorded_at"),
)

# A checkpoint costs 32 bytes a state: one is made when as many states changed as pay for it.
_FEWEST_CHANGES, _PART = 64, 8
_AT_ONCE = 500


def keep_edition(tx: WriteTx, edition: Edition) -> None:
    """Store an edition and those before it that are not stored; nothing to do for one that is."""
    line = edition.unstored()
    for one in line:
        if not is_known(tx, one.id):
            _insert(tx, one)
    if line:
        tx.after_commit(lambda: _settle(line))


def is_known(tx: ReadTx, edition_id: str) -> bool:
    return tx.scalar(sa.select(sa.literal(1)).where(editions.c.id == edition_id)) is not None


def members(tx: ReadTx, edition_id: str) -> set[bytes]:
    """The digests of its states. KeyError for an edition that was never stored."""
    return members_after(line_to(steps_beside(tx, edition_id), edition_id, None))


def steps_beside(tx: ReadTx, edition_id: str) -> Mapping[str, Step]:
    """All editions under the same checkpoint, by id; empty where it was never stored."""
    of = sa.select(editions.c.checkpoint).where(editions.c.id == edition_id).scalar_subquery()
    return {row.id: _step(row) for row in tx.rows(sa.select(editions).where(editions.c.checkpoint == of))}


def states(tx: ReadTx, digests: Iterable[bytes]) -> Iterator[tuple[bytes, State]]:
    """The states with these digests, in any order."""
    names = [digest.hex() for digest in digests]
    for start in range(0, len(names), _AT_ONCE):
        wanted = market_states.c.digest.in_(names[start : start + _AT_ONCE])
        for row in tx.rows(sa.select(market_states).where(wanted)):
            yield bytes.fromhex(row.digest), State(StateKind(row.kind), row.subject, row.data)


def newest(tx: ReadTx) -> str | None:
    by_age = editions.c.recorded_at.desc(), editions.c.position.desc()
    return tx.scalar(sa.select(editions.c.id).order_by(*by_age).limit(1))


def _insert(tx: WriteTx, one: Edition) -> None:
    parent = one.before.id if one.before else newest(tx)
    base = members(tx, parent) if parent and one.before is None else set[bytes]()
    added = {digest: state for digest, state in one.added.items() if digest not in base}
    removed = one.removed | (base - one.added.keys())
    _insert_states(tx, added)
    row = {
        "id": one.id,
        "parent": parent,
        "added": _joined(added),
        "removed": _joined(removed),
        "recorded_at": tx.now,
    }
    place = _place(tx, one, parent, frozenset(added), removed)
    tx.execute(insert_into(tx, editions).values(row | place).on_conflict_do_nothing())


def _place(
    tx: ReadTx, one: Edition, parent: str | None, added: Digests, removed: Digests
) -> dict[str, object]:
    """Under the checkpoint of its parent, or a checkpoint itself."""
    if parent is None:
        return {"position": 1, "checkpoint": one.id, "since": 0, "members": _joined(added)}
    above = tx.execute(_PLACE.where(editions.c.id == parent)).one()
    position = above.position + 1
    since = above.since + len(added) + len(removed)
    if since <= max(_FEWEST_CHANGES, one.size // _PART):
        return {"position": position, "checkpoint": above.checkpoint, "since": since, "members": None}
    all_now = (members(tx, parent) - removed) | added
    return {"position": position, "checkpoint": one.id, "since": 0, "members": _joined(all_now)}


_PLACE = sa.select(editions.c.position, editions.c.checkpoint, editions.c.since)


def _insert_states(tx: WriteTx, added: Mapping[bytes, State]) -> None:
    """In the order of their digests, which every replica keeps: so no two wait for each other."""
    rows = [
        {"digest": digest.hex(), "kind": state.kind.value, "subject": state.subject, "data": state.data}
        for digest, state in sorted(added.items())
    ]
    if rows:
        tx.execute(insert_into(tx, market_states).on_conflict_do_nothing(), rows)


def _settle(line: Sequence[Edition]) -> None:
    for one in line:
        one.settle()


def _step(row: sa.Row[Any]) -> Step:
    return Step(
        id=row.id,
        parent=row.parent,
        checkpoint=row.checkpoint,
        added=_split(row.added),
        removed=_split(row.removed),
        members=None if row.members is None else _split(row.members),
    )


def _joined(digests: Iterable[bytes]) -> bytes:
    return b"".join(sorted(digests))


def _split(joined: bytes) -> Digests:
    return frozenset(joined[place : place + DIGEST_BYTES] for place in range(0, len(joined), DIGEST_BYTES))
