"""Keys of machines: given by a manager, two at a time so that one can take over from the other, called back at once."""

import secrets
from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from services.identity import store
from services.identity.domain.machine import (
    AT_ONCE,
    MACHINE,
    KeyList,
    KeySecret,
    MachineKey,
    NewKey,
    hash_of,
    is_good,
    key_of,
)
from services.identity.operations.access import MANAGERS

_SECRET_BYTES = 32


def create_key(tx: WriteTx, by: Principal, new: NewKey) -> KeySecret:
    """A key for a machine, new or known by its name. Conflict while it has two good ones."""
    by.require(*MANAGERS)
    organisation = store.organisation(tx, _organisation(by, new.organisation))
    store.hold_organisation(tx, organisation.id)
    known = store.keys_of(tx, organisation.id, new.machine)
    if sum(is_good(key, tx.now) for key in known) >= AT_ONCE:
        raise Conflict(
            f"{new.machine} has {AT_ONCE} good keys.",
            field="machine",
            mend="Call back the one that is no longer used: POST /v1/machine-keys/{id}/revoke.",
        )
    subject = known[-1].subject if known else tx.new_id(MACHINE.rstrip("_"))
    key = key_of(tx.new_id("key"), subject, new, organisation, by.subject, tx.now, tx.today)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    store.insert_key(tx, key, hash_of(secret))
    return KeySecret(key=key, secret=secret)


def list_keys(tx: ReadTx, by: Principal, organisation: str | None = None) -> KeyList:
    by.require(*MANAGERS)
    return KeyList(items=store.keys_of(tx, _organisation(by, organisation)))


def revoke_key(tx: WriteTx, by: Principal, key_id: str) -> MachineKey:
    """No token for it any more; what it has is good for a quarter of an hour at most."""
    by.require(*MANAGERS)
    key = store.key(tx, key_id)
    if by.role is not Role.OPERATOR:
        by.require_organisation(key.organisation)
    revoked = replace(key, revoked_at=key.revoked_at or tx.now)
    store.update_key(tx, revoked)
    return revoked


def _organisation(by: Principal, named: str | None) -> str:
    """Of whom the keys are: one's own organisation, or for the operator the one that is named."""
    if by.role is not Role.OPERATOR:
        by.require_organisation(named or by.organisation)
        return by.organisation
    if named is None:
        raise Violation("organisation", "Whose machine is it?", "Give the organisation's id.")
    return named
