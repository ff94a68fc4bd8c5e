from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from libs.chassis.database import Database
from libs.chassis.http import Door, make_app
from libs.chassis.limits import RateLimit
from libs.chassis.tokens import TokenChecker
from services.identity import operations, store
from services.identity.http import Parts, documents, router
from services.identity.operations.passwords import Passwords
from tests.support.services import KEYS, opened

OPERATOR_PASSWORD = "first-operator-of-all"


@pytest.fixture(scope="session")
def tables() -> sa.MetaData:
    return store.metadata


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url, store.metadata) as database:
        database.transact(lambda tx: operations.ensure_operator(tx, "operator", OPERATOR_PASSWORD))
        yield database


@pytest.fixture
def http(database: Database) -> TestClient:
    door = Door(database, TokenChecker(KEYS), RateLimit(60_000), Parts(Passwords(), KEYS))
    return TestClient(make_app("identity", [router, documents], door), raise_server_exceptions=False)


@pytest.fixture
def operator(http: TestClient) -> dict[str, str]:
    """Headers of the operator who is there from the start."""
    return headers_of(http, "operator", OPERATOR_PASSWORD)


def headers_of(http: TestClient, login: str, password: str) -> dict[str, str]:
    token = http.post("/v1/tokens", json={"login": login, "password": password}).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}
