"""`rongqiao docs api`: docs/api.md, written from the services themselves."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.assembly import SERVICES, build, make_context
from libs.chassis.description import said_of
from libs.chassis.http import caller
from libs.chassis.service import Service
from libs.chassis.settings import Settings

PAGE = Path("docs") / "api.md"

_HEAD = """\
# The API

Written by `rongqiao docs api` from the services; change the code, not this page.

Each collection belongs to one service, and the ingress routes by it. Every call but those marked ° needs
`Authorization: Bearer <access token>` from `POST /v1/tokens`; a changing `POST` needs an `Idempotency-Key`.
Lists come in pages (`limit`, `cursor`). What goes wrong is told as problem details (RFC 9457) with `field` and
`mend`. Bodies, answers and codes: `/docs/<service>` of a running platform, and `proto/rongqiao/` for gRPC.

| collection | service | gRPC |
|---|---|---|
"""


def write(root: Path) -> int:
    (root / PAGE).parent.mkdir(exist_ok=True)
    (root / PAGE).write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written.")
    return 0


def page() -> str:
    with tempfile.TemporaryDirectory() as home:
        services = _services(Path(home))
        text = _HEAD + "".join(_owners(services)) + "".join(_routes(services))
        for service in services:
            service.close()
            service.database.close()
        return text


def _services(home: Path) -> list[Service]:
    nobody = grpc.insecure_channel("127.0.0.1:1")
    context = make_context(Settings(home=home), lambda name: nobody)
    return [build(name, context) for name in SERVICES]


def _owners(services: list[Service]) -> Iterator[str]:
    for service in services:
        for collection in service.collections:
            yield f"| `{collection}` | {service.name} | `{' '.join(service.rpc_names)}` |\n"


def _routes(services: list[Service]) -> Iterator[str]:
    for service in services:
        told = [*_told(service)]
        if told:
            yield f"\n## {service.name}\n\n| call | what it does |\n|---|---|\n"
            yield from told


def _told(service: Service) -> Iterator[str]:
    for router in service.routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                free = "" if _wants_token(route.dependant) else " °"
                for method in sorted(route.methods or ()):
                    yield f"| `{method} {route.path}`{free} | {_meaning(route.endpoint)} |\n"


def _wants_token(needs: Dependant) -> bool:
    return needs.call is caller or any(_wants_token(part) for part in needs.dependencies)


def _meaning(endpoint: Any) -> str:
    """The first sentence of what is said of it, or its name."""
    said = said_of(endpoint) or str(endpoint.__name__).replace("_", " ").capitalize()
    return said.partition(". ")[0].rstrip(".")
