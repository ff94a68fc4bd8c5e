"""Guarantee's tables: rows in, domain values out. The red lines are in `limits` and `holds`."""

from collections.abc import Collection, Sequence
from datetime import date

import sqlalchemy as sa

from libs.chassis.columns import Document, Instant
from libs.chassis.database import ReadTx, WriteTx, new_metadata
from libs.chassis.problems import NotFound, Unavailable
from libs.chassis.rows import from_row, page, to_row
from libs.eventing.tables import insert_into
from libs.registry.dimensions import Dimensions
from services.guarantee.domain.guarantee import OPEN, Guarantee, GuaranteePage, GuaranteeStatus
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.limits import Hold, Limit, Need, Rule
from services.guarantee.domain.programme import Rulebook
from services.guarantee.domain.quote import ShareAmount

metadata = new_metadata()

guarantors = sa.Table(
    "guarantors",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("tier", sa.String(20), nullable=False),
    sa.Column("net_assets_fen", sa.BigInteger, nullable=False),
    sa.Column("opening_liability_fen", sa.BigInteger, nullable=False),
    sa.Column("counties", Document(tuple[str, ...]), nullable=False),
    sa.Column("banks", Document(tuple[str, ...]), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("mainly_small", sa.Boolean, nullable=False),
)

# Every rulebook that was ever in force, by the policy set it was read from.
rulebooks = sa.Table(
    "rulebooks",
    metadata,
    sa.Column("policy_set", sa.String(40), primary_key=True),
    sa.Column("document", Document(Rulebook), nullable=False),
    sa.Column("loaded_at", Instant, nullable=False),
)

# `held_fen` is the sum of the limit's holds, always. It is above `limit_fen` only where the limit fell later.
limits = sa.Table(
    "limits",
    metadata,
    sa.Column("key", sa.String(240), primary_key=True),
    sa.Column("rule", sa.String(20), nullable=False),
    sa.Column("owner", sa.String(80), nullable=False),
    sa.Column("limit_fen", sa.BigInteger, nullable=False),
    sa.Column("held_fen", sa.BigInteger, nullable=False),
    sa.CheckConstraint("held_fen >= 0", name="held"),
    sa.Index("ix_limits_rule_owner", "rule", "owner"),
)

# `holder`: a guarantee, or `opening/<guarantor>` for the book from before the platform.
holds = sa.Table(
    "holds",
    metadata,
    sa.Column("holder", sa.String(100), primary_key=True),
    sa.Column("limit_key", sa.String(240), sa.ForeignKey("limits.key"), primary_key=True),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.CheckConstraint("amount_fen > 0", name="amount"),
)

guarantees = sa.Table(
    "guarantees",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.String(40), nullable=False, unique=True),
    sa.Column("loan_id", sa.String(40)),
    sa.Column("programme", sa.String(80), nullable=False),
    sa.Column("programme_effective", sa.Date, nullable=False),
    sa.Column("guarantor", sa.String(80), sa.ForeignKey("guarantors.id"), nullable=False),
    sa.Column("party", sa.String(80), nullable=False),
    sa.Column("bank", sa.String(80), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("term_months", sa.Integer, nullable=False),
    sa.Column("shares", Document(tuple[ShareAmount, ...]), nullable=False),
    sa.Column("fee_fen", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("reserved_until", sa.Date, nullable=False),
    sa.Column("confirmed_by", sa.String(80)),
    sa.Column("effective_on", sa.Date),
    sa.Column("dimensions", Document(Dimensions), nullable=False),
    sa.Column("policy_set", sa.String(40), nullable=False),
    sa.Column("note", sa.Text),
    sa.CheckConstraint("outstanding_fen >= 0 AND outstanding_fen <= amount_fen", name="outstanding"),
    sa.Index("ix_guarantees_guarantor_id", "guarantor", "id"),
    sa.Index("ix_guarantees_bank_id", "bank", "id"),
    sa.Index("ix_guarantees_party_id", "party", "id"),
    sa.Index("ix_guarantees_status_reserved_until", "status", "reserved_until"),
)

# What is left of loans whose repayment was heard of before their disbursement: the topics keep no order between them.
repayments_ahead = sa.Table(
    "repayments_ahead",
    metadata,
    sa.Column("guarantee_id", sa.String(40), sa.ForeignKey("guarantees.id"), primary_key=True),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
)

# What each state topic says of a subject: only a change is published.
published_states = sa.Table(
    "published_states",
    metadata,
    sa.Column("topic", sa.String(80), primary_key=True),
    sa.Column("subject", sa.String(80), primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)


def rulebook(tx: ReadTx) -> Rulebook:
    """The rules in use; Unavailable until the first are loaded."""
    found = rulebook_if_any(tx)
    if found is None:
        raise Unavailable("The rules are not loaded yet.", mend="Try again in a moment.")
    return found


def rulebook_if_any(tx: ReadTx) -> Rulebook | None:
    return tx.scalar(sa.select(rulebooks.c.document).order_by(rulebooks.c.loaded_at.desc()).limit(1))


def keep_rulebook(tx: WriteTx, rules: Rulebook) -> None:
    row = {"policy_set": rules.policy_set, "document": rules, "loaded_at": tx.now}
    insert = insert_into(tx, rulebooks).values(row)
    again = {"loaded_at": tx.now, "document": rules}
    tx.execute(insert.on_conflict_do_update(index_elements=[rulebooks.c.policy_set], set_=again))


def guarantor(tx: ReadTx, guarantor_id: str) -> Guarantor:
    return _guarantor(tx.rows(sa.select(guarantors).where(guarantors.c.id == guarantor_id)), guarantor_id)


def guarantor_to_use(tx: WriteTx, guarantor_id: str) -> Guarantor:
    """The guarantor, whose figures nobody changes until the end."""
    return _guarantor(
        tx.lock_rows(sa.select(guarantors).where(guarantors.c.id == guarantor_id)), guarantor_id
    )


def _guarantor(rows: Sequence[sa.Row[tuple[object, ...]]], guarantor_id: str) -> Guarantor:
    if not rows:
        raise NotFound(
            f"There is no guarantor {guarantor_id}.", field="guarantor", mend="See GET /v1/guarantors."
        )
    return from_row(Guarantor, rows[0])


def all_guarantors(tx: ReadTx) -> tuple[Guarantor, ...]:
    return tuple(from_row(Guarantor, row) for row in tx.rows(sa.select(guarantors).order_by(guarantors.c.id)))


def put_guarantor(tx: WriteTx, changed: Guarantor) -> None:
    row = to_row(changed)
    insert = insert_into(tx, guarantors).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=[guarantors.c.id], set_=row))


def held(tx: ReadTx, keys: Collection[str] | None = None) -> dict[str, int]:
    """What limits hold; a limit that nothing was ever taken of is not in it. Without keys: those of no borrower."""
    of_all = limits.c.rule.in_((Rule.LEVERAGE, Rule.PROGRAMME_QUOTA, Rule.PROVINCIAL_LINE))
    wanted = of_all if keys is None else limits.c.key.in_(keys)
    return {
        row.key: row.held_fen for row in tx.rows(sa.select(limits.c.key, limits.c.held_fen).where(wanted))
    }


def lock_limits(tx: WriteTx, wanted: Sequence[Limit]) -> dict[str, int]:
    """What these limits hold, which nobody else changes until the end. New rows are made; locks go in key order."""
    ordered = sorted(wanted, key=lambda limit: limit.key)
    for limit in ordered:
        tx.execute(insert_into(tx, limits).values(to_row(limit) | {"held_fen": 0}).on_conflict_do_nothing())
    mine = limits.c.key.in_([limit.key for limit in ordered])
    rows = tx.lock_rows(sa.select(limits).where(mine).order_by(limits.c.key))
    return {row.key: row.held_fen for row in rows}


def take(tx: WriteTx, holder: str, needed: Sequence[Need]) -> None:
    """Hold what is needed, under locked limits, which from now on allow what the need was measured against."""
    for need in needed:
        allowed = sa.update(limits).where(limits.c.key == need.limit.key)
        tx.execute(allowed.values(limit_fen=need.limit.limit_fen))
        hold(tx, holder, need.limit.key, need.amount_fen)


def hold(tx: WriteTx, holder: str, key: str, amount_fen: int) -> None:
    """Let the holder hold so much of a locked limit, no more and no less than before by the difference."""
    mine = (holds.c.holder == holder) & (holds.c.limit_key == key)
    before_fen = tx.scalar(sa.select(holds.c.amount_fen).where(mine)) or 0
    if amount_fen == before_fen:
        return
    tx.execute(sa.delete(holds).where(mine))
    if amount_fen:
        tx.execute(sa.insert(holds).values(holder=holder, limit_key=key, amount_fen=amount_fen))
    changed = limits.c.held_fen + (amount_fen - before_fen)
    tx.execute(sa.update(limits).where(limits.c.key == key).values(held_fen=changed))


def lock_holds(tx: WriteTx, holder: str) -> tuple[Hold, ...]:
    """What the holder holds, with the rows of its limits locked in key order."""
    keys = sa.select(holds.c.limit_key).where(holds.c.holder == holder)
    tx.lock_rows(sa.select(limits.c.key).where(limits.c.key.in_(keys)).order_by(limits.c.key))
    columns = (holds.c.limit_key.label("key"), limits.c.rule, holds.c.amount_fen)
    query = (
        sa.select(*columns).join(limits, limits.c.key == holds.c.limit_key).where(holds.c.holder == holder)
    )
    return tuple(from_row(Hold, row) for row in tx.rows(query.order_by(holds.c.limit_key)))


def allow(tx: WriteTx, rule: Rule, owner: str, limit_fen: int) -> None:
    """The rows of an owner allow so much from now on; what is held stays."""
    mine = (limits.c.rule == rule) & (limits.c.owner == owner) & (limits.c.limit_fen != limit_fen)
    tx.lock_rows(sa.select(limits.c.key).where(mine).order_by(limits.c.key))
    tx.execute(sa.update(limits).where(mine).values(limit_fen=limit_fen))


def guarantee(tx: ReadTx, guarantee_id: str) -> Guarantee:
    row = tx.row(sa.select(guarantees).where(guarantees.c.id == guarantee_id))
    if row is None:
        raise NotFound(f"There is no guarantee {guarantee_id}.", field="guarantee_id")
    return from_row(Guarantee, row)


def guarantee_to_change(tx: WriteTx, guarantee_id: str) -> Guarantee:
    """The guarantee, with its row locked: two changes cannot pass each other."""
    tx.lock_rows(sa.select(guarantees.c.id).where(guarantees.c.id == guarantee_id))
    return guarantee(tx, guarantee_id)


def guarantee_of(tx: ReadTx, application_id: str) -> Guarantee | None:
    row = tx.row(sa.select(guarantees).where(guarantees.c.application_id == application_id))
    return None if row is None else from_row(Guarantee, row)


def guarantee_page(
    tx: ReadTx, side: tuple[str, str] | None, status: GuaranteeStatus | None, cursor: str | None, limit: int
) -> GuaranteePage:
    """Guarantees of one side, given as column and value; None: of all."""
    query = sa.select(guarantees)
    if side is not None:
        query = query.where(guarantees.c[side[0]] == side[1])
    if status is not None:
        query = query.where(guarantees.c.status == status)
    items, following = page(tx, query, guarantees.c.id, Guarantee, cursor, limit)
    return GuaranteePage(items=items, next_cursor=following)


def run_out(tx: ReadTx, before: date, limit: int) -> list[str]:
    """Reservations whose last day was before this one, oldest first."""
    late = guarantees.c.status.in_(OPEN) & (guarantees.c.reserved_until < before)
    query = sa.select(guarantees.c.id).where(late).order_by(guarantees.c.reserved_until, guarantees.c.id)
    return [row.id for row in tx.rows(query.limit(limit))]


def insert_guarantee(tx: WriteTx, new: Guarantee) -> None:
    tx.execute(sa.insert(guarantees).values(to_row(new)))


def update_guarantee(tx: WriteTx, changed: Guarantee) -> None:
    tx.execute(sa.update(guarantees).where(guarantees.c.id == changed.id).values(to_row(changed)))


def remember_repayment(tx: WriteTx, guarantee_id: str, outstanding_fen: int, paid_on: date) -> None:
    """Keep the news with the least left of the loan."""
    known = repayment_ahead(tx, guarantee_id)
    if known is None or outstanding_fen < known[0]:
        insert = insert_into(tx, repayments_ahead).values(
            guarantee_id=guarantee_id, outstanding_fen=outstanding_fen, paid_on=paid_on
        )
        again = {"outstanding_fen": outstanding_fen, "paid_on": paid_on}
        tx.execute(insert.on_conflict_do_update(index_elements=[repayments_ahead.c.guarantee_id], set_=again))


def repayment_ahead(tx: ReadTx, guarantee_id: str) -> tuple[int, date] | None:
    """What is left of a loan that is not known to be disbursed, and the day on which it was paid down to that."""
    row = tx.row(sa.select(repayments_ahead).where(repayments_ahead.c.guarantee_id == guarantee_id))
    return None if row is None else (row.outstanding_fen, row.paid_on)


def published(tx: ReadTx, topic: str) -> dict[str, bytes]:
    """What the state topic says, by subject."""
    rows = tx.rows(sa.select(published_states).where(published_states.c.topic == topic))
    return {row.subject: row.data for row in rows}


def note_published(tx: WriteTx, topic: str, subject: str, data: bytes) -> None:
    insert = insert_into(tx, published_states).values(topic=topic, subject=subject, data=data)
    mine = [published_states.c.topic, published_states.c.subject]
    tx.execute(insert.on_conflict_do_update(index_elements=mine, set_={"data": data}))
