"""Signing in. A wrong password and an unknown login get the same answer after the same work."""

from libs.chassis import tokens
from libs.chassis.database import Database, WriteTx
from libs.chassis.principal import Principal
from libs.chassis.problems import TooMany, Unauthenticated
from libs.chassis.settings import Keys
from libs.chassis.vault import vault
from services.identity import store
from services.identity.domain.account import Credentials, Token
from services.identity.domain.lockout import FORGOTTEN_AFTER, pause_after
from services.identity.operations.passwords import Passwords


def sign_in(database: Database, passwords: Passwords, keys: Keys, credentials: Credentials) -> Token:
    """A token for the account. Unauthenticated when login and password do not fit, TooMany during a pause.

    Each try is counted before the password is looked at, so that many at once are no way round the pause.
    """
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
    return _token(keys, found)


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


def _token(keys: Keys, found: store.Known) -> Token:
    account = found.account
    principal = Principal(account.id, account.role, account.organisation, account.territory, found.sandbox)
    return Token(
        access_token=tokens.issue(keys, principal),
        expires_in=int(tokens.LIFETIME.total_seconds()),
        account=account,
    )
