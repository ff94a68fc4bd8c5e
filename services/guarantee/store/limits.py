"""The red lines: what each limit allows and holds, and what each guarantee holds of it.

`lock`, a comparison and `move` in one transaction are a reservation.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.exposure import Usage
from services.guarantee.domain.limits import Hold, Limit, Rule
from services.guarantee.store.tables import holds, limits

T = TypeVar("T")

_CHUNK = 500
_OF_ALL = (Rule.LEVERAGE, Rule.PROGRAMME_QUOTA, Rule.PROVINCIAL_LINE, Rule.CREDIT_LINE)
# Statements on the path of every reservation are built once: building one takes longer than running it.
_ROW = sa.update(limits).where(limits.c.key == sa.bindparam("of"))
_MOVE = _ROW.values(
    held_fen=limits.c.held_fen + sa.bindparam("more"),
    returned_fen=limits.c.returned_fen + sa.bindparam("more_returned"),
)
_STAND = _ROW.values(held_fen=sa.bindparam("held"), returned_fen=sa.bindparam("returned"))
_ALLOW = _ROW.values(limit_fen=sa.bindparam("to"))
_LOCK = (
    sa.select(limits)
    .where(limits.c.key.in_(sa.bindparam("keys", expanding=True)))
    .order_by(limits.c.key)
    .with_for_update()
)
_HOLDS = (
    sa.select(limits.c.key, limits.c.rule, holds.c.amount_fen)
    .select_from(holds.join(limits, limits.c.key == holds.c.limit_key))
    .where(holds.c.holder == sa.bindparam("of"))
    .order_by(limits.c.key)
)
_HOLD = sa.insert(holds)
_THIS = (holds.c.holder == sa.bindparam("whose")) & (holds.c.limit_key == sa.bindparam("of"))
_DROP = sa.delete(holds).where(_THIS)
_REST = sa.update(holds).where(_THIS).values(amount_fen=sa.bindparam("rest"))


def usages(tx: ReadTx, keys: Collection[str] | None = None) -> dict[str, Usage]:
    """What limits hold; a limit that nothing was ever taken of is not in it. Without keys: those of no borrower."""
    if keys is None:
        return _usages(tx.rows(sa.select(limits).where(limits.c.rule.in_(_OF_ALL))))
    found: dict[str, Usage] = {}
    for chunk in _chunks(sorted(keys)):
        found |= _usages(tx.rows(sa.select(limits).where(limits.c.key.in_(chunk))))
    return found


def ensure(tx: WriteTx, wanted: Sequence[Limit]) -> None:
    """Let each of these limits have a row; those that have one stay as they are."""
    in_order = sorted(wanted, key=lambda limit: limit.key)
    rows = [to_row(limit) | {"held_fen": 0, "returned_fen": 0} for limit in in_order]
    if rows:
        tx.execute(insert_into(tx, limits).on_conflict_do_nothing(), rows)


def lock(tx: WriteTx, keys: Collection[str]) -> dict[str, Usage]:
    """What these limits hold, which nobody else changes until the end. Locks go in the order of the keys."""
    found: dict[str, Usage] = {}
    for chunk in _chunks(sorted(keys)):
        found |= _usages(tx.execute(_LOCK, {"keys": list(chunk)}).all())
    return found


def move(tx: WriteTx, changes: Mapping[str, Usage]) -> None:
    """Let locked limits hold so much more, or less."""
    rows = [
        {"of": key, "more": more.held_fen, "more_returned": more.returned_fen}
        for key, more in changes.items()
        if any(more)
    ]
    if rows:
        tx.execute(_MOVE, rows)


def stand(tx: WriteTx, found: Mapping[str, Usage]) -> None:
    """Let locked limits hold exactly this."""
    rows = [
        {"of": key, "held": usage.held_fen, "returned": usage.returned_fen} for key, usage in found.items()
    ]
    if rows:
        tx.execute(_STAND, rows)


def measured_against(tx: WriteTx, used: Sequence[Limit]) -> None:
    """Let locked limits allow what a need was measured against."""
    if used:
        tx.execute(_ALLOW, [{"of": limit.key, "to": limit.limit_fen} for limit in used])


def allow(tx: WriteTx, rule: Rule, owner: str, limit_fen: int) -> None:
    """The rows of an owner allow so much from now on; what is held stays."""
    mine = (limits.c.rule == rule) & (limits.c.owner == owner) & (limits.c.limit_fen != limit_fen)
    tx.lock_rows(sa.select(limits).where(mine).order_by(limits.c.key))
    tx.execute(sa.update(limits).where(mine).values(limit_fen=limit_fen))


def keys_of(tx: ReadTx, rule: Rule, owner: str) -> list[str]:
    mine = (limits.c.rule == rule) & (limits.c.owner == owner)
    return [row.key for row in tx.rows(sa.select(limits.c.key).where(mine))]


def largest(tx: ReadTx, rule: Rule, owner: str) -> Usage:
    """How the limit of an owner stands that holds most."""
    mine = (limits.c.rule == rule) & (limits.c.owner == owner)
    query = sa.select(limits).where(mine).order_by(limits.c.held_fen.desc(), limits.c.key).limit(1)
    row = tx.row(query)
    return Usage() if row is None else Usage(row.held_fen, row.returned_fen)


def holds_of(tx: ReadTx, holder: str) -> tuple[Hold, ...]:
    return tuple(from_row(Hold, row) for row in tx.execute(_HOLDS, {"of": holder}))


def hold(tx: WriteTx, holder: str, taken: Sequence[Hold]) -> None:
    rows = [{"holder": holder, "limit_key": one.key, "amount_fen": one.amount_fen} for one in taken]
    if rows:
        tx.execute(_HOLD, rows)


def hold_exactly(tx: WriteTx, holder: str, wanted: Mapping[str, int]) -> None:
    """Let the holder hold this of these limits; of all others what it does."""
    mine = (holds.c.holder == holder) & holds.c.limit_key.in_(wanted)
    tx.execute(sa.delete(holds).where(mine))
    rows = [
        {"holder": holder, "limit_key": key, "amount_fen": amount_fen}
        for key, amount_fen in wanted.items()
        if amount_fen
    ]
    if rows:
        tx.execute(sa.insert(holds), rows)


def hold_less(tx: WriteTx, holder: str, before: Sequence[Hold], after: Sequence[Hold]) -> None:
    """Let the holder hold `after` in place of `before`, limit by limit."""
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    gone = [{"whose": holder, "of": new.key} for new in changed if not new.amount_fen]
    rest = [{"whose": holder, "of": new.key, "rest": new.amount_fen} for new in changed if new.amount_fen]
    if gone:
        tx.execute(_DROP, gone)
    if rest:
        tx.execute(_REST, rest)


def _usages(rows: Sequence[sa.Row[tuple[object, ...]]]) -> dict[str, Usage]:
    return {row.key: Usage(row.held_fen, row.returned_fen) for row in rows}


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
