"""The red lines: what each limit allows and holds, and what each guarantee holds of it.

`lock`, a comparison and `take` in one transaction are a reservation.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from libs.eventing.tables import insert_into
from services.guarantee.domain.limits import Hold, Limit, Need, Rule
from services.guarantee.store.tables import holds, limits

_HOLDS = sa.update(limits).where(limits.c.key == sa.bindparam("of"))
_HOLDS_MORE = _HOLDS.values(held_fen=limits.c.held_fen + sa.bindparam("more"), limit_fen=sa.bindparam("to"))
_HOLDS_LESS = _HOLDS.values(held_fen=limits.c.held_fen - sa.bindparam("less"))


def held(tx: ReadTx, keys: Collection[str] | None = None) -> dict[str, int]:
    """What limits hold; a limit that nothing was ever taken of is not in it. Without keys: those of no borrower."""
    of_all = limits.c.rule.in_((Rule.LEVERAGE, Rule.PROGRAMME_QUOTA, Rule.PROVINCIAL_LINE))
    found = tx.rows(sa.select(limits).where(of_all if keys is None else limits.c.key.in_(keys)))
    return {row.key: row.held_fen for row in found}


def lock(tx: WriteTx, wanted: Sequence[Limit]) -> dict[str, int]:
    """What these limits hold, which nobody else changes until the end. New rows are made; locks go in key order."""
    rows = [to_row(limit) | {"held_fen": 0} for limit in sorted(wanted, key=lambda limit: limit.key)]
    tx.execute(insert_into(tx, limits).values(rows).on_conflict_do_nothing())
    mine = limits.c.key.in_([limit.key for limit in wanted])
    locked = tx.lock_rows(sa.select(limits).where(mine).order_by(limits.c.key))
    return {row.key: row.held_fen for row in locked}


def take(tx: WriteTx, holder: str, needed: Sequence[Need]) -> None:
    """Hold what is needed, under locked limits, which from now on allow what the need was measured against."""
    wanted = [(need.limit.key, need.amount_fen, need.limit.limit_fen) for need in needed if need.amount_fen]
    if wanted:
        rows = [{"holder": holder, "limit_key": key, "amount_fen": more} for key, more, _ in wanted]
        tx.execute(sa.insert(holds), rows)
        tx.execute(_HOLDS_MORE, [{"of": key, "more": more, "to": to} for key, more, to in wanted])


def give_back(tx: WriteTx, holder: str, before: Sequence[Hold], after: Sequence[Hold]) -> None:
    """Let the holder hold `after` in place of `before`, as `lock_holds` gave it, limit by limit."""
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    if not changed:
        return
    this = (holds.c.holder == holder) & (holds.c.limit_key == sa.bindparam("of"))
    gone = [{"of": new.key} for _, new in changed if not new.amount_fen]
    left = [{"of": new.key, "left": new.amount_fen} for _, new in changed if new.amount_fen]
    if gone:
        tx.execute(sa.delete(holds).where(this), gone)
    if left:
        tx.execute(sa.update(holds).where(this).values(amount_fen=sa.bindparam("left")), left)
    less = [{"of": old.key, "less": old.amount_fen - new.amount_fen} for old, new in changed]
    tx.execute(_HOLDS_LESS, less)


def lock_holds(tx: WriteTx, holder: str) -> tuple[Hold, ...]:
    """What the holder holds, with the rows of its limits locked in key order."""
    mine = holds.c.holder == holder
    keys = sa.select(holds.c.limit_key).where(mine)
    tx.lock_rows(sa.select(limits).where(limits.c.key.in_(keys)).order_by(limits.c.key))
    both = holds.join(limits, limits.c.key == holds.c.limit_key)
    query = sa.select(limits.c.key, limits.c.rule, holds.c.amount_fen).select_from(both).where(mine)
    return tuple(from_row(Hold, row) for row in tx.rows(query.order_by(limits.c.key)))


def allow(tx: WriteTx, rule: Rule, owner: str, limit_fen: int) -> None:
    """The rows of an owner allow so much from now on; what is held stays."""
    mine = (limits.c.rule == rule) & (limits.c.owner == owner) & (limits.c.limit_fen != limit_fen)
    tx.lock_rows(sa.select(limits).where(mine).order_by(limits.c.key))
    tx.execute(sa.update(limits).where(mine).values(limit_fen=limit_fen))
