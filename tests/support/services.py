"""A service's database and door for tests: real engines, real tokens, a clock that stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.testclient import TestClient

from libs.chassis import vault
from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.http import Door, make_app
from libs.chassis.ids import new_id
from libs.chassis.limits import RateLimit
from libs.chassis.principal import Principal, Role
from libs.chassis.settings import Keys, Settings
from libs.chassis.tokens import TokenChecker, issue, issue_for_service
from libs.eventing.envelope import Event
from libs.eventing.tables import event_of, outbox
from libs.policy import PolicySet, load
from tests.support.databases import provide_tables

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # 12:00 in Shanghai
KEYS = Keys.make()


@pytest.fixture(autouse=True, scope="session")
def keys_of_this_run() -> None:
    vault.configure(KEYS.vault())


@pytest.fixture(autouse=True)
def one_vault() -> Iterator[None]:
    """A command that a test runs in this process brings keys of its own; the next test has those of all again."""
    yield
    vault.configure(KEYS.vault())


def settings_of_tests(home: Path, **others: Any) -> Settings:
    """For a platform that several tests share in this process: it seals with the keys that the process has."""
    (home / "keys.json").write_text(KEYS.model_dump_json(), encoding="utf-8")
    return Settings(home=home, **others)


@cache
def house_policies() -> PolicySet:
    return load()


@contextmanager
def opened(url: str, metadata: sa.MetaData, now: datetime = NOON) -> Iterator[Database]:
    """A database with the tables of one service, and its clock at `now` (`database.clock.instant` moves it)."""
    database = Database(url, clock=SettableClock(now), ids=new_id, policies=house_policies())
    provide_tables(database.engine, metadata)
    try:
        yield database
    finally:
        database.close()


def emitted(database: Database) -> list[Event]:
    """Every event that the service has emitted so far, in order."""
    with database.read() as tx:
        return [event_of(row) for row in tx.rows(sa.select(outbox).order_by(outbox.c.position))]


def token_of(principal: Principal) -> str:
    if principal.role is Role.SERVICE:
        return issue_for_service(KEYS, principal.subject.removeprefix("service:"))
    return issue(KEYS, principal)


@dataclass
class Client:
    """Calls one service over HTTP as one account. Every POST gets a fresh idempotency key unless one is given."""

    http: TestClient
    principal: Principal

    def get(self, path: str, **params: Any) -> Any:
        return self.http.get(path, params=params, headers=self._headers(None))

    def post(self, path: str, body: Any = None, key: str | None = "") -> Any:
        return self.http.post(path, json=body, headers=self._headers(new_id("key") if key == "" else key))

    def put(self, path: str, body: Any) -> Any:
        return self.http.put(path, json=body, headers=self._headers(None))

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {token_of(self.principal)}"}
        return headers if key is None else headers | {"Idempotency-Key": key}


def client_of(
    database: Database,
    router: APIRouter,
    role: Role,
    organisation: str,
    subject: str = "acc_1",
    parts: object = None,
) -> Client:
    door = Door(database, TokenChecker(KEYS), RateLimit(60_000), parts)
    http = TestClient(make_app("test", [router], door), raise_server_exceptions=False)
    return Client(http, Principal(subject, role, organisation, "64"))
