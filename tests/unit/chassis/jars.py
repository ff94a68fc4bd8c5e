"""A service as small as can be, for tests of the chassis: jars that hold fen."""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from libs.chassis.database import Database, ReadTx, WriteTx, new_metadata
from libs.chassis.principal import BANK, Principal
from libs.chassis.problems import Conflict
from libs.chassis.rows import from_row, to_row
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

metadata = new_metadata()

jars = sa.Table(
    "jars",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("owner", sa.String(80), nullable=False),
    sa.Column("held_fen", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJar(Shape):
    held_fen: int

    def __post_init__(self) -> None:
        if self.held_fen < 0:
            raise Violation("held_fen", "A jar holds less than nothing.", "Give fen from 0.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar(Shape):
    id: str
    owner: str
    held_fen: int


def make(tx: WriteTx, by: Principal, new: NewJar) -> Jar:
    by.require(*BANK)
    jar = Jar(id=tx.new_id("jar"), owner=by.organisation, held_fen=new.held_fen)
    tx.execute(sa.insert(jars).values(to_row(jar)))
    return jar


def make_and_fail(tx: WriteTx, by: Principal, new: NewJar) -> Jar:
    """Does its work, and then finds that it must not be."""
    make(tx, by, new)
    raise Conflict("The shelf is full.", mend="Take a jar away first.")


def put_in(tx: WriteTx, by: Principal, jar_id: str, fen: int = 1) -> Jar:
    """Read, decide, write: what loses updates wherever two may do it at once."""
    rows = tx.lock_rows(sa.select(jars).where(jars.c.id == jar_id))
    jar = from_row(Jar, rows[0])
    fuller = replace(jar, held_fen=jar.held_fen + fen)
    tx.execute(sa.update(jars).where(jars.c.id == jar_id).values(held_fen=fuller.held_fen))
    return fuller


def count(tx: ReadTx, by: Principal) -> int:
    return tx.scalar(sa.select(sa.func.count()).select_from(jars).where(jars.c.owner == by.organisation))


def held(database: Database, jar_id: str) -> int:
    with database.read() as tx:
        return tx.scalar(sa.select(jars.c.held_fen).where(jars.c.id == jar_id))
