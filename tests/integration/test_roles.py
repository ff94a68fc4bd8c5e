"""In PostgreSQL each service is a role of its own, which owns its schema and reaches no other."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app import engines
from app.assembly import SERVICES
from app.engines import Postgres

DEPLOY = Path(__file__).parents[2] / "deploy"
SECRET = "s3cret"


@pytest.fixture
def prepared(postgres_server: Postgres, postgres_url: str) -> Iterator[str]:
    """URL of a database, as superuser, on which deploy/postgres/roles.sh has run."""
    told = {
        "PATH": f"{engines.postgres_programs()}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres_server.port),
        "PGPASSWORD": postgres_server.password,
        "POSTGRES_USER": engines.POSTGRES_USER,
        "POSTGRES_DB": postgres_url.rpartition("/")[2],
        "RONGQIAO_DB_SECRET": SECRET,
    }
    script = str(DEPLOY / "postgres" / "roles.sh")
    subprocess.run(["bash", script], env=os.environ | told, check=True, capture_output=True)
    yield postgres_url
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for name in map(sql.Identifier, SERVICES):  # roles belong to the whole server
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


def test_migrate_makes_each_services_tables_as_its_own_role(
    prepared: str, postgres_server: Postgres, tmp_path: Path
) -> None:
    told = {"RONGQIAO_HOME": str(tmp_path), "RONGQIAO_POSTGRES": prepared}
    for _ in range(2):  # the second time there is nothing to do
        command = [sys.executable, "-m", "app.cli", "migrate"]
        subprocess.run(command, env=os.environ | told, check=True, capture_output=True)

    with psycopg.connect(prepared.replace("+psycopg", "")) as connection:
        owners = connection.execute(
            "SELECT DISTINCT schemaname, tableowner FROM pg_tables WHERE schemaname = ANY(%s)",
            (list(SERVICES),),
        ).fetchall()
    assert sorted(owners) == [(name, name) for name in sorted(SERVICES)]

    database = prepared.rpartition("/")[2]
    lending = postgres_server.database_url(database, "lending", f"lending-{SECRET}").replace("+psycopg", "")
    with psycopg.connect(lending) as connection:
        assert connection.execute("SELECT count(*) FROM lending.products").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT count(*) FROM guarantee.outbox")
