"""How often somebody asked today what would be if: a number a party and day, nothing of what was asked.

So are the questions of offices and banks about all firms counted, by kind and organisation in place of the party.
"""

import sqlalchemy as sa

from libs.chassis.database import WriteTx
from libs.chassis.rows import insert_if_absent
from services.matching.store.tables import metadata

what_ifs = sa.Table(
    "what_ifs",
    metadata,
    sa.Column("party", sa.String(80), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("asked", sa.Integer, nullable=False),
)


def count(tx: WriteTx, party: str) -> int:
    """Count one more of today; the number with it, another for each who asks at once. Days before are forgotten."""
    tx.execute(sa.delete(what_ifs).where(what_ifs.c.party == party, what_ifs.c.day < tx.today))
    insert_if_absent(tx, what_ifs, {"party": party, "day": tx.today, "asked": 0})
    of_today = sa.and_(what_ifs.c.party == party, what_ifs.c.day == tx.today)
    more = sa.update(what_ifs).where(of_today).values(asked=what_ifs.c.asked + 1)
    return tx.execute(more.returning(what_ifs.c.asked)).scalar_one()


def forget(tx: WriteTx, party: str) -> None:
    tx.execute(sa.delete(what_ifs).where(what_ifs.c.party == party))
