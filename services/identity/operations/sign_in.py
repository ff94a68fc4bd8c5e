"""Signing in. A wrong password and an unknown login get the same answer after the same work."""

import hmac
import re
from datetime import timedelta

from libs.chassis import tokens
from libs.chassis.database import Database, WriteTx
from libs.chassis.origin import Origin
from libs.chassis.principal import Principal
from libs.chassis.problems import TooMany, Unauthenticated
from libs.chassis.settings import Keys
from libs.chassis.tokens import Binding
from libs.chassis.vault import vault
from services.identity import store
from services.identity.domain.account import Account, Credentials, Token
from services.identity.domain.lockout import FORGOTTEN_AFTER, pause_after
from services.identity.domain.machine import account_of_machine, hash_of, is_good
from services.identity.operations.access import machine_binding, person_binding
from services.identity.operations.passwords import Passwords

_KEY = re.compile(r"key_[0-9A-HJKMNP-TV-Z]{26}")  # no login: those are in small letters


def sign_in(
    database: Database, passwords: Passwords, keys: Keys, credentials: Credentials, origin: Origin
) -> Token:
    """A token for the account. Unauthenticated when login and password do not fit, TooMany during a pause; Forbidden
    from outside of its organisation's networks.

    Each try is counted before the password is looked at, so that many at once are no way round the pause. The secret
    of a machine's key cannot be guessed, so nobody can keep a machine out by trying.
    """
    if _KEY.fullmatch(credentials.login.strip()):
        return sign_in_machine(database, keys, credentials, origin)
    login = credentials.login.strip().lower()
    login_key = vault().blind_index(login)
    database.transact(lambda tx: _admit(tx, login_key))
    with database.read() as tx:
        found = store.account_to_sign_in(tx, login)
    if not passwords.fits(found and found.password_hash, credentials.password) or found is None:
        raise Unauthenticated(
            "Login and password do not fit.", mend="Check both; after five failures there is a pause."
        )
    database.transact(lambda tx: store.forget_tries(tx, login_key))
    with database.read() as tx:
        access = store.access_of(tx, found.account.organisation)
    return _token(keys, found.account, found.sandbox, person_binding(access, origin), tokens.LIFETIME)


def sign_in_machine(database: Database, keys: Keys, credentials: Credentials, origin: Origin) -> Token:
    """A short-lived token for whoever holds a good key, bound to its organisation's networks and certificate."""
    with database.read() as tx:
        found = store.key_to_sign_in(tx, credentials.login.strip())
        good = found is not None and is_good(found.key, tx.now)
        access = store.access_of(tx, found.key.organisation) if found else None
    given = hash_of(credentials.password)
    if found is None or access is None or not good or not hmac.compare_digest(given, found.secret_hash):
        raise Unauthenticated(
            "Key and secret do not fit, or the key is no longer good.",
            mend="Have a manager look at GET /v1/machine-keys, and give a new key.",
        )
    binding = machine_binding(access, origin)
    database.transact(lambda tx: store.used_key(tx, found.key.id))
    account = account_of_machine(found.key)
    return _token(keys, account, found.sandbox, binding, tokens.MACHINE_LIFETIME)


def forget_old_tries(tx: WriteTx) -> int:
    """Drop what nobody tried again; returns how many."""
    return store.forget_tries_before(tx, tx.now - FORGOTTEN_AFTER)


def _admit(tx: WriteTx, login_key: str) -> None:
    tries, blocked_until = store.count_try(tx, login_key)
    if blocked_until is not None and blocked_until > tx.now:
        seconds = int((blocked_until - tx.now).total_seconds()) + 1
        raise TooMany("Too many failures to sign in.", mend=f"Wait {seconds} seconds.")
    pause = pause_after(tries)
    if pause:
        store.block(tx, login_key, tx.now + pause)


def _token(keys: Keys, account: Account, sandbox: bool, binding: Binding, lifetime: timedelta) -> Token:
    principal = Principal(account.id, account.role, account.organisation, account.territory, sandbox)
    return Token(
        access_token=tokens.issue(keys, principal, binding, lifetime),
        expires_in=int(lifetime.total_seconds()),
        account=account,
    )
