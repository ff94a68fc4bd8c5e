"""The classes of supervision and its draws: apart from the file, and read by nothing but operations/risk_classes.py."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from libs.chassis.rows import from_row, page, to_row
from libs.eventing.tables import insert_into
from services.credit.domain.party import PartyStatus
from services.credit.domain.risk_class import Classed, ClassOrigin, Draw, Drawn, DrawPage, RiskClass, Stratum
from services.credit.store.tables import PARTY, metadata, parties, registrations

risk_classes = sa.Table(
    "risk_classes",
    metadata,
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), primary_key=True),
    sa.Column("risk_class", sa.String(1), nullable=False),
    sa.Column("origin", sa.String(20), nullable=False),
    sa.Column("classed_on", sa.Date, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("recorded_by", sa.String(80), nullable=False),
)

# Who looked at one firm's class, and why.
risk_class_looks = sa.Table(
    "risk_class_looks",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False, index=True),
    sa.Column("account", sa.String(80), nullable=False),
    sa.Column("reason", Encrypted, nullable=False),
    sa.Column("looked_at", Instant, nullable=False),
)

inspection_draws = sa.Table(
    "inspection_draws",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("territory", sa.String(6), nullable=False),
    sa.Column("seed", sa.String(64), nullable=False),
    sa.Column("algorithm", sa.Text, nullable=False),
    sa.Column("list_hash", sa.String(64), nullable=False),
    sa.Column("strata", Document(tuple[Stratum, ...]), nullable=False),
    sa.Column("drawn", Document(tuple[Drawn, ...]), nullable=False),
    sa.Column("drawn_at", Instant, nullable=False),
    sa.Column("drawn_by", sa.String(80), nullable=False),
)

_newest = (registrations.c.party == parties.c.id) & (registrations.c.version == parties.c.version)
_classed = risk_classes.c.party == parties.c.id
_PLACED = sa.select(parties.c.id, registrations.c.county).join(registrations, _newest)
_ACTIVE = _PLACED.where(parties.c.status == PartyStatus.ACTIVE)


def class_of(tx: ReadTx, party: str) -> Classed | None:
    row = tx.row(sa.select(risk_classes).where(risk_classes.c.party == party))
    return None if row is None else from_row(Classed, row)


def classes_among(tx: ReadTx, chosen: Sequence[str]) -> dict[str, Classed]:
    rows = tx.rows(sa.select(risk_classes).where(risk_classes.c.party.in_(chosen)))
    return {row.party: from_row(Classed, row) for row in rows}


def keep_class(tx: WriteTx, classed: Classed, by: str) -> None:
    row = to_row(classed) | {"recorded_by": by}
    insert = insert_into(tx, risk_classes).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=[risk_classes.c.party], set_=row))


def counties_of(tx: ReadTx, chosen: Sequence[str]) -> dict[str, str]:
    """The counties of those of some parties that have a file and have not withdrawn."""
    return {row.id: row.county for row in tx.rows(_ACTIVE.where(parties.c.id.in_(chosen)))}


def parties_after(tx: ReadTx, prefix: str, after: str, most: int) -> list[str]:
    """Parties of a territory in order, from behind one of them."""
    there = _ACTIVE.where(registrations.c.county.startswith(prefix, autoescape=True), parties.c.id > after)
    return [row.id for row in tx.rows(there.order_by(parties.c.id).limit(most))]


def classes_in(tx: ReadTx, prefix: str) -> dict[str, RiskClass]:
    """The classes of all that are classed in a territory, by party."""
    query = _ACTIVE.add_columns(risk_classes.c.risk_class).join(risk_classes, _classed)
    there = query.where(registrations.c.county.startswith(prefix, autoescape=True))
    return {row.id: RiskClass(row.risk_class) for row in tx.rows(there)}


def cells_in(tx: ReadTx, prefix: str) -> dict[tuple[str, RiskClass], int]:
    """How many of each class there are in each county of a territory."""
    cell = (registrations.c.county, risk_classes.c.risk_class)
    query = sa.select(*cell, sa.func.count().label("firms")).select_from(parties)
    query = query.join(registrations, _newest).join(risk_classes, _classed)
    there = query.where(
        parties.c.status == PartyStatus.ACTIVE, registrations.c.county.startswith(prefix, autoescape=True)
    )
    rows = tx.rows(there.group_by(*cell))
    return {(row.county, RiskClass(row.risk_class)): row.firms for row in rows}


def insert_look(tx: WriteTx, party: str, account: str, reason: str) -> None:
    row = {"id": tx.new_id("rcl"), "party": party, "account": account, "reason": reason, "looked_at": tx.now}
    tx.execute(sa.insert(risk_class_looks).values(row))


def insert_draw(tx: WriteTx, draw: Draw, by: str) -> None:
    tx.execute(sa.insert(inspection_draws).values(to_row(draw) | {"drawn_by": by}))


def draw_of(tx: ReadTx, draw_id: str) -> Draw:
    row = tx.row(sa.select(inspection_draws).where(inspection_draws.c.id == draw_id))
    if row is None:
        raise NotFound(f"There is no draw {draw_id}.", field="draw_id")
    return from_row(Draw, row)


def draw_page(tx: ReadTx, prefix: str, cursor: str | None, limit: int) -> DrawPage:
    there = inspection_draws.c.territory.startswith(prefix, autoescape=True)
    query = sa.select(inspection_draws).where(there)
    items, following = page(tx, query, inspection_draws.c.id, Draw, cursor, limit)
    return DrawPage(items=items, next_cursor=following)


def is_newer(known: Classed | None, origin: ClassOrigin, risk_class: RiskClass, classed_on: date) -> bool:
    """Whether it changes what is known: a delivered class counts before one worked out, then the later one."""
    if known is None:
        return True
    before = (known.origin is ClassOrigin.DELIVERED, known.classed_on)
    now = (origin is ClassOrigin.DELIVERED, classed_on)
    return now > before or (now == before and known.risk_class is not risk_class)
