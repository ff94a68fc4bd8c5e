"""Identity's tables: rows in, domain values out."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from libs.chassis.columns import Document, Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx, new_metadata
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, insert_if_absent, page, to_row
from libs.eventing.tables import insert_into
from services.identity.domain.account import Account
from services.identity.domain.machine import Access, MachineKey
from services.identity.domain.organisation import (
    Organisation,
    OrganisationKind,
    OrganisationPage,
    OrganisationStatus,
)

metadata = new_metadata()

organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", Encrypted, nullable=False),  # an individual business often bears its owner's
    sa.Column("territory", sa.String(6), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("sandbox", sa.Boolean, nullable=False, server_default=sa.false()),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("login", sa.String(64), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("organisation", sa.String(80), sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("territory", sa.String(6), nullable=False),
    sa.Column("display_name", Encrypted, nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
)

# Tries since the last success, by blind index: people type passwords into login fields.
sign_in_tries = sa.Table(
    "sign_in_tries",
    metadata,
    sa.Column("login_key", sa.String(32), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("blocked_until", Instant),
    sa.Index("ix_sign_in_tries_last_at", "last_at"),
)

# Keys with which machines sign in. Only a hash of the secret is kept.
machine_keys = sa.Table(
    "machine_keys",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("subject", sa.String(40), nullable=False),
    sa.Column("machine", sa.String(40), nullable=False),
    sa.Column("organisation", sa.String(80), sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("territory", sa.String(6), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("created_by", sa.String(40), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("last_used_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Index("ix_machine_keys_organisation", "organisation", "machine"),
    sa.Index("ix_machine_keys_subject", "subject"),
)

# From where an organisation lets its tokens be used.
access = sa.Table(
    "access",
    metadata,
    sa.Column("organisation", sa.String(80), sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("networks", Document(tuple[str, ...]), nullable=False),
    sa.Column("certificates", Document(tuple[str, ...]), nullable=False),
)


def organisation(tx: ReadTx, organisation_id: str) -> Organisation:
    found = find_organisation(tx, organisation_id)
    if found is None:
        raise NotFound(f"There is no organisation {organisation_id}.", field="organisation")
    return found


def find_organisation(tx: ReadTx, organisation_id: str) -> Organisation | None:
    row = tx.row(sa.select(organisations).where(organisations.c.id == organisation_id))
    return None if row is None else from_row(Organisation, row)


def organisation_page(
    tx: ReadTx, kind: OrganisationKind | None, enterprises: bool, cursor: str | None, limit: int
) -> OrganisationPage:
    query = sa.select(organisations)
    if kind is not None:
        query = query.where(organisations.c.kind == kind)
    if not enterprises:
        query = query.where(organisations.c.kind != OrganisationKind.ENTERPRISE)
    items, following = page(tx, query, organisations.c.id, Organisation, cursor, limit)
    return OrganisationPage(items=items, next_cursor=following)


def insert_organisation(tx: WriteTx, new: Organisation) -> None:
    """Conflict when another one came first, even at this very moment."""
    if not insert_if_absent(tx, organisations, to_row(new)):
        raise Conflict(
            f"{new.id} is registered already.", field="id", mend="Sign in, or ask the platform's operator."
        )


def update_organisation(tx: WriteTx, changed: Organisation) -> None:
    tx.execute(sa.update(organisations).where(organisations.c.id == changed.id).values(to_row(changed)))


def account(tx: ReadTx, account_id: str) -> Account:
    row = tx.row(sa.select(accounts).where(accounts.c.id == account_id))
    if row is None:
        raise NotFound("There is no such account any more.", mend="Sign in again.")
    return from_row(Account, row)


def account_by_login(tx: ReadTx, login: str) -> Account | None:
    row = tx.row(sa.select(accounts).where(accounts.c.login == login))
    return None if row is None else from_row(Account, row)


@dataclass(frozen=True)
class Known:
    """Who signs in: the account, the hash of its password, and whether its organisation is a sandbox."""

    account: Account
    password_hash: str = field(repr=False)
    sandbox: bool


def account_to_sign_in(tx: ReadTx, login: str) -> Known | None:
    """The account, of an active organisation."""
    query = sa.select(accounts, organisations.c.sandbox).join(organisations)
    query = query.where(accounts.c.login == login, organisations.c.status == OrganisationStatus.ACTIVE)
    row = tx.row(query)
    return None if row is None else Known(from_row(Account, row), row.password_hash, row.sandbox)


def insert_account(tx: WriteTx, new: Account, password_hash: str) -> None:
    """Conflict when the login is taken, even at this very moment."""
    row = to_row(new) | {"password_hash": password_hash}
    if not insert_if_absent(tx, accounts, row):
        raise Conflict("This login is taken.", field="login", mend="Choose another login.")


def update_account(tx: WriteTx, changed: Account, password_hash: str) -> None:
    row = to_row(changed) | {"password_hash": password_hash}
    tx.execute(sa.update(accounts).where(accounts.c.id == changed.id).values(row))


def count_try(tx: WriteTx, login_key: str) -> tuple[int, datetime | None]:
    """One more try: how many there are now, and until when the login was blocked before it. Locks the row."""
    fresh = insert_into(tx, sign_in_tries).values(login_key=login_key, tries=1, last_at=tx.now)
    counted = fresh.on_conflict_do_update(
        index_elements=[sign_in_tries.c.login_key],
        set_={"tries": sign_in_tries.c.tries + 1, "last_at": tx.now},
    )
    row = tx.execute(counted.returning(sign_in_tries.c.tries, sign_in_tries.c.blocked_until)).one()
    return row.tries, row.blocked_until


def block(tx: WriteTx, login_key: str, until: datetime) -> None:
    tx.execute(
        sa.update(sign_in_tries).where(sign_in_tries.c.login_key == login_key).values(blocked_until=until)
    )


def forget_tries(tx: WriteTx, login_key: str) -> None:
    tx.execute(sa.delete(sign_in_tries).where(sign_in_tries.c.login_key == login_key))


def forget_tries_before(tx: WriteTx, instant: datetime) -> int:
    return tx.execute(sa.delete(sign_in_tries).where(sign_in_tries.c.last_at < instant)).rowcount


# Machines


def hold_organisation(tx: WriteTx, organisation_id: str) -> None:
    """Hold the organisation, so that of two who give it a key at once the second sees the first's."""
    tx.lock_rows(sa.select(organisations.c.id).where(organisations.c.id == organisation_id))


def insert_key(tx: WriteTx, key: MachineKey, secret_hash: str) -> None:
    tx.execute(sa.insert(machine_keys).values(to_row(key) | {"secret_hash": secret_hash}))


def update_key(tx: WriteTx, key: MachineKey) -> None:
    tx.execute(sa.update(machine_keys).where(machine_keys.c.id == key.id).values(to_row(key)))


def key(tx: ReadTx, key_id: str) -> MachineKey:
    row = tx.row(sa.select(machine_keys).where(machine_keys.c.id == key_id))
    if row is None:
        raise NotFound(f"There is no key {key_id}.", field="key_id")
    return from_row(MachineKey, row)


def keys_of(tx: ReadTx, organisation_id: str, machine: str | None = None) -> tuple[MachineKey, ...]:
    """The oldest first, past ones too."""
    query = sa.select(machine_keys).where(machine_keys.c.organisation == organisation_id)
    if machine is not None:
        query = query.where(machine_keys.c.machine == machine)
    return tuple(from_row(MachineKey, row) for row in tx.rows(query.order_by(machine_keys.c.id)))


def newest_key_of(tx: ReadTx, subject: str) -> MachineKey:
    query = sa.select(machine_keys).where(machine_keys.c.subject == subject)
    row = tx.row(query.order_by(machine_keys.c.id.desc()).limit(1))
    if row is None:
        raise NotFound("There is no such machine any more.", mend="Sign in again.")
    return from_row(MachineKey, row)


@dataclass(frozen=True)
class KnownKey:
    """What signs in as a machine: its key, the hash of the secret, and whether its organisation is a sandbox."""

    key: MachineKey
    secret_hash: str = field(repr=False)
    sandbox: bool


def key_to_sign_in(tx: ReadTx, key_id: str) -> KnownKey | None:
    """The key, of an active organisation, whether it is still good or not."""
    query = sa.select(machine_keys, organisations.c.sandbox).join(organisations)
    query = query.where(machine_keys.c.id == key_id, organisations.c.status == OrganisationStatus.ACTIVE)
    row = tx.row(query)
    return None if row is None else KnownKey(from_row(MachineKey, row), row.secret_hash, row.sandbox)


def used_key(tx: WriteTx, key_id: str) -> None:
    tx.execute(sa.update(machine_keys).where(machine_keys.c.id == key_id).values(last_used_at=tx.now))


def access_of(tx: ReadTx, organisation_id: str) -> Access:
    row = tx.row(sa.select(access).where(access.c.organisation == organisation_id))
    if row is None:
        return Access(organisation=organisation_id, networks=(), certificates=())
    return from_row(Access, row)


def put_access(tx: WriteTx, changed: Access) -> None:
    row = to_row(changed)
    insert = insert_into(tx, access).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=["organisation"], set_=row))
