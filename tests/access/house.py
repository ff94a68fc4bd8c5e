"""Every service's HTTP application as it serves, on SQLite, with one account of each role."""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message

from app.assembly import build, make_context
from libs.chassis import http, rpc
from libs.chassis.clock import Clock
from libs.chassis.ids import new_id
from libs.chassis.limits import RateLimit
from libs.chassis.principal import Principal, Role
from libs.chassis.service import Service
from libs.chassis.tables import chassis_metadata
from libs.chassis.tokens import TokenChecker, issue, issue_for_service
from libs.chassis.wire import from_plain
from libs.eventing.tables import eventing_metadata
from tests.support.lending import FIRM
from tests.support.services import settings_of_tests

_WRITTEN: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "routes.yaml").read_text(encoding="utf-8")
)
TABLE = {service: lines for service, lines in _WRITTEN.items() if not service.startswith("x-")}

ORGANISATIONS = {
    Role.SME: FIRM,
    Role.BANK_OFFICER: "org_bank",
    Role.BANK_MANAGER: "org_bank",
    Role.GUARANTOR_OFFICER: "org_guarantor",
    Role.GUARANTOR_MANAGER: "org_guarantor",
    Role.REGUARANTOR: "org_reguarantor",
    Role.REGULATOR: "org_regulator",
    Role.SERVICE_CENTRE: "org_centre",
    Role.OPERATOR: "org_platform",
}


@dataclass(frozen=True)
class Route:
    """One line of the table."""

    service: str
    method: str
    path: str
    row: dict[str, Any] = field(hash=False)

    @property
    def allowed(self) -> set[Role]:
        """Roles that may call it; `ALL` is every account and service, `ANYONE` needs no token."""
        names = self.row["roles"]
        return set(Role) if names in ("ALL", "ANYONE") else {Role(name) for name in names}

    @property
    def anonymous(self) -> bool:
        return self.row["roles"] == "ANYONE"

    @property
    def url(self) -> str:
        ids = self.row.get("ids", {})
        return re.sub(r"\{(\w+)\}", lambda part: ids.get(part[1], "none"), self.path)

    @property
    def message(self) -> dict[str, Any]:
        """What the HTTP call says in path, query and body, in the fields of the gRPC message."""
        ids = {part[1:-1]: "none" for part in self.path.split("/") if part.startswith("{")}
        parts = [ids, *(self.row.get(key, {}) for key in ("ids", "params", "json", "message"))]
        return {name: value for part in parts for name, value in part.items()}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes() -> list[Route]:
    return [
        Route(service, *line.split(" "), row or {})
        for service, lines in TABLE.items()
        for line, row in lines.items()
    ]


@dataclass(eq=False)
class House:
    home: Path
    clock: Clock | None = None  # another than the real one
    settings: dict[str, Any] = field(default_factory=dict)
    apps: dict[str, FastAPI] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    channels: dict[str, grpc.Channel] = field(default_factory=dict)
    servers: list[grpc.Server] = field(default_factory=list)

    @cached_property
    def context(self) -> Any:
        nobody = self.nobody()  # what a role may do does not hang on the neighbours
        context = make_context(settings_of_tests(self.home, **self.settings), lambda name: nobody)
        return context if self.clock is None else replace(context, clock=self.clock)

    def nobody(self) -> grpc.Channel:
        """A neighbour that offers nothing, and says so at once."""
        server, port = rpc.listen("127.0.0.1:0", "nobody")
        server.start()
        self.servers.append(server)
        return grpc.insecure_channel(f"127.0.0.1:{port}")

    def service(self, name: str) -> Service:
        if name not in self.services:
            service = build(name, self.context)
            for metadata in (chassis_metadata, eventing_metadata, service.metadata):
                metadata.create_all(service.database.engine)
            self.services[name] = service
        return self.services[name]

    def app(self, name: str) -> FastAPI:
        if name not in self.apps:
            service = self.service(name)
            door = http.Door(
                service.database, TokenChecker(self.context.keys), RateLimit(600_000), service.parts
            )
            self.apps[name] = http.make_app(name, service.routers, door)
        return self.apps[name]

    def token(self, role: Role) -> str:
        if role is Role.SERVICE:
            return issue_for_service(self.context.keys, "coordination")
        return issue(self.context.keys, Principal(f"acc_{role.lower()}", role, ORGANISATIONS[role], "64"))

    def call(self, route: Route, role: Role | None) -> Any:
        """The answer to one call: without a token where there is no role."""
        headers = {"Idempotency-Key": new_id("key")}
        if role is not None:
            headers["Authorization"] = f"Bearer {self.token(role)}"
        asked = {key: route.row[key] for key in ("json", "params") if key in route.row}
        if "file" in route.row:
            asked["files"] = {"file": ("rows.csv", route.row["file"])}
        return self.client(self.app(route.service)).request(route.method, route.url, headers=headers, **asked)

    def client(self, app: FastAPI) -> TestClient:
        return TestClient(app, raise_server_exceptions=False)

    def channel(self, name: str) -> grpc.Channel:
        if name not in self.channels:
            server, port = rpc.listen("127.0.0.1:0", name)
            rpc.start(server, self.service(name).add_servicers, [])
            self.servers.append(server)
            self.channels[name] = grpc.insecure_channel(f"127.0.0.1:{port}")
        return self.channels[name]

    def methods(self, name: str) -> dict[str, MethodDescriptor]:
        """The calls of a service's gRPC door, by their short names. Streams have tests of their own."""
        services = [Default().FindServiceByName(full) for full in self.service(name).rpc_names]
        methods = (method for service in services for method in service.methods)
        return {one.name: one for one in methods if not (one.client_streaming or one.server_streaming)}

    def call_rpc(self, route: Route, role: Role | None) -> Message:
        """The answer to one gRPC call, or the Problem that came instead."""
        method = self.methods(route.service)[route.row["rpc"]]
        path = f"/{method.containing_service.full_name}/{method.name}"
        asked, answered = (
            message_factory.GetMessageClass(kind) for kind in (method.input_type, method.output_type)
        )
        stub = self.channel(route.service).unary_unary(
            path, lambda message: message.SerializeToString(), answered.FromString
        )
        token = "" if role is None else self.token(role)
        return rpc.invoke(stub, from_plain(asked, route.message), token=token, key=new_id("key"))

    def close(self) -> None:
        for server in self.servers:
            server.stop(grace=None)
        for service in self.services.values():
            service.close()
            service.database.close()
