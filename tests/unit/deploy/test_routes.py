"""What deploy/ says of the services is what the services say of themselves."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.assembly import SERVICES, build, make_context
from libs.chassis.rpc import connect
from libs.chassis.service import Service
from libs.chassis.settings import Settings
from tests.support.services import settings_of_tests

DEPLOY = Path(__file__).parents[3] / "deploy"
BASE = DEPLOY / "k8s" / "base"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    context = make_context(
        settings_of_tests(tmp_path_factory.mktemp("home")), lambda name: connect(f"{name}:1")
    )
    built = {name: build(name, context) for name in SERVICES}
    yield built
    for service in built.values():
        service.close()
        service.database.close()


def objects(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def routes(ingress: Any) -> dict[str, str]:
    """Path -> service of every rule."""
    paths = ingress["spec"]["rules"][0]["http"]["paths"]
    return {one["path"]: one["backend"]["service"]["name"].removeprefix("rongqiao-") for one in paths}


def test_the_gateway_routes_each_collection_to_its_owner(services: dict[str, Service]) -> None:
    environment = objects(DEPLOY / "compose.yaml")[0]["services"]["gateway"]["environment"]
    told = {name: owned for name, (_, owned) in json.loads(environment["RONGQIAO_ROUTES"]).items()}

    assert told == {name: list(service.collections) for name, service in services.items()}


def test_the_ingress_routes_each_collection_to_its_owner(services: dict[str, Service]) -> None:
    http, grpc = (routes(ingress) for ingress in objects(BASE / "ingress.yaml"))
    owners = {
        path_of(collection): name for name, service in services.items() for collection in service.collections
    }
    described = {name for name in services if name != "portal"}
    wanted = owners | {f"/docs/{name}": name for name in described}
    wanted |= {f"/openapi/{name}.json": name for name in described} | {"/": "portal"}

    assert http == wanted
    assert grpc == {f"/{each}": name for name, service in services.items() for each in service.rpc_names}


def path_of(collection: str) -> str:
    return f"/{collection}" if collection.startswith(".") else f"/v1/{collection}"


def test_every_service_that_can_be_called_is_known_as_a_peer(services: dict[str, Service]) -> None:
    called = {name for name, service in services.items() if service.rpc_names}
    compose = objects(DEPLOY / "compose.yaml")[0]["x-environment"]["RONGQIAO_PEERS"]
    cluster = objects(BASE / "config.yaml")[0]["data"]["RONGQIAO_PEERS"]

    assert json.loads(compose) == {name: f"{name}:8001" for name in called}
    assert json.loads(cluster) == {name: f"rongqiao-{name}:8001" for name in called}


def test_every_service_has_a_role_of_its_own_in_the_database() -> None:
    script = (DEPLOY / "postgres" / "roles.sh").read_text(encoding="utf-8")
    roles = re.findall(r"^for service in (.*); do$", script, re.MULTILINE)

    assert roles == [" ".join(SERVICES)]


def test_the_picture_shows_who_hears_whom_and_nothing_else(services: dict[str, Service]) -> None:
    text = (DEPLOY.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = {
        (owner, topic, reader)
        for owner, topics, reader in re.findall(r'^ *(\w+) -\.->\|"?([^"|]*)"?\| (\w+)$', text, re.MULTILINE)
        for topic in topics.split(", ")
    }
    heard = {
        (topic.owner, topic.name.split(".")[2], name)
        for name, service in services.items()
        for topic in (*service.handlers, *service.state_handlers)
    }

    assert drawn == heard


def test_the_operators_page_tells_every_setting() -> None:
    text = (DEPLOY.parent / "docs" / "operators.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([A-Z_]+)`", text))

    assert {name.upper() for name in Settings.model_fields} <= told
