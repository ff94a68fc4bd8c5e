"""Both doors hold a token to the networks and the certificate that it was given for, and believe no spoofed word."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from google.protobuf.wrappers_pb2 import StringValue

from app.ingress import Remote
from libs.chassis import rpc
from libs.chassis.http import Caller, Door, make_app
from libs.chassis.limits import RateLimit
from libs.chassis.origin import NO_PROXIES, Proxies
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, Unauthenticated
from libs.chassis.rpc import RpcDoor
from libs.chassis.tokens import Binding, TokenChecker, issue
from tests.support.certificates import certificate
from tests.support.services import KEYS

MACHINE = Principal("mch_1", Role.BANK_OFFICER, "org_bank_a")
MINE, OTHER = certificate("core.bank-a.example"), certificate("core.bank-b.example")
LOOPBACK = Proxies(("127.0.0.0/8", "::1/128"), "ssl-client-cert")
NOBODY: Any = None  # these doors ask no database


def token(*networks: str, bound_to: str | None = None) -> str:
    return issue(KEYS, MACHINE, Binding(networks, bound_to))


def http_app(proxies: Proxies) -> Any:
    router = APIRouter(prefix="/v1")

    @router.get("/who")
    def who(call: Caller) -> str:
        return call.principal.subject

    door = Door(NOBODY, TokenChecker(KEYS), RateLimit(60_000), None, proxies)
    return make_app("test", [router], door)


def over_http(proxies: Proxies, peer: str, given: str, **headers: str) -> int:
    client = TestClient(http_app(proxies), raise_server_exceptions=False, client=(peer, 5000))
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/v1/who", headers=headers | {"Authorization": f"Bearer {given}"}).status_code


@contextmanager
def rpc_door(proxies: Proxies, tls: grpc.ServerCredentials | None = None) -> Iterator[int]:
    door = RpcDoor(NOBODY, TokenChecker(KEYS), RateLimit(60_000), proxies)

    def who(request: StringValue, context: grpc.ServicerContext) -> StringValue:
        return StringValue(value=door.call(context).principal.subject)

    handler = grpc.unary_unary_rpc_method_handler(
        who, request_deserializer=StringValue.FromString, response_serializer=StringValue.SerializeToString
    )
    server, port = rpc.listen("localhost:0", "test", tls=tls)
    methods = grpc.method_handlers_generic_handler("jars.v1.Jars", {"Who": handler})
    rpc.start(server, [lambda made: made.add_generic_rpc_handlers((methods,))], [])
    try:
        yield port
    finally:
        server.stop(None)


def asked(channel: grpc.Channel, given: str, *more: tuple[str, str]) -> str:
    stub = channel.unary_unary(
        "/jars.v1.Jars/Who",
        request_serializer=StringValue.SerializeToString,
        response_deserializer=StringValue.FromString,
    )

    def with_more(request: Any, metadata: Any, **how: Any) -> Any:
        return stub(request, metadata=[*metadata, *more], **how)

    return rpc.invoke(with_more, StringValue(), token=given).value


def over_rpc(proxies: Proxies, given: str, *more: tuple[str, str]) -> str:
    with rpc_door(proxies) as port, grpc.insecure_channel(f"localhost:{port}") as channel:
        return asked(channel, given, *more)


def test_a_token_without_bounds_is_good_from_anywhere() -> None:
    assert over_http(NO_PROXIES, "198.51.100.7", token()) == 200
    assert over_rpc(NO_PROXIES, token()) == "mch_1"


def test_at_the_http_door_a_token_is_good_from_its_networks_alone() -> None:
    given = token("203.0.113.0/24", "2001:db8::/32")
    assert over_http(NO_PROXIES, "203.0.113.9", given) == 200
    assert over_http(NO_PROXIES, "2001:db8::7", given) == 200
    assert over_http(NO_PROXIES, "198.51.100.7", given) == 403


def test_at_the_grpc_door_a_token_is_good_from_its_networks_alone() -> None:
    assert over_rpc(NO_PROXIES, token("127.0.0.0/8", "::1/128")) == "mch_1"
    with pytest.raises(Forbidden, match="networks"):
        over_rpc(NO_PROXIES, token("203.0.113.0/24"))


def test_only_a_named_proxy_says_who_calls() -> None:
    given = token("203.0.113.0/24")
    told = {"X_Forwarded_For": "203.0.113.9"}
    assert over_http(Proxies(("10.0.0.0/8",), "ssl-client-cert"), "10.1.1.1", given, **told) == 200
    assert over_http(Proxies(("10.0.0.0/8",), "ssl-client-cert"), "198.51.100.7", given, **told) == 403
    assert over_rpc(LOOPBACK, given, ("x-forwarded-for", "203.0.113.9")) == "mch_1"
    with pytest.raises(Forbidden):
        over_rpc(NO_PROXIES, given, ("x-forwarded-for", "203.0.113.9"))


def test_a_bound_token_needs_its_certificate_at_both_doors() -> None:
    given = token(bound_to=MINE.thumbprint)
    proxy = Proxies(("10.0.0.0/8",), "ssl-client-cert")
    assert over_http(proxy, "10.1.1.1", given, ssl_client_cert=MINE.header) == 200
    assert over_http(proxy, "10.1.1.1", given, ssl_client_cert=OTHER.header) == 401
    assert over_http(proxy, "198.51.100.7", given, ssl_client_cert=MINE.header) == 401
    assert over_rpc(LOOPBACK, given, ("ssl-client-cert", MINE.header)) == "mch_1"
    for proxies, header in ((LOOPBACK, OTHER.header), (NO_PROXIES, MINE.header)):
        with pytest.raises(Unauthenticated, match="certificate"):
            over_rpc(proxies, given, ("ssl-client-cert", header))


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def test_the_grpc_door_speaks_tls_and_knows_the_clients_certificate(files: Any) -> None:
    server = certificate("localhost")
    ca = files("clients.pem", MINE.pem + OTHER.pem)
    tls = rpc.tls_of(files("server.pem", server.pem), files("server.key", server.key), ca)
    given = token(bound_to=MINE.thumbprint)
    with rpc_door(NO_PROXIES, tls) as port:
        for mine, good in ((MINE, True), (OTHER, False)):
            credentials = grpc.ssl_channel_credentials(server.pem, mine.key, mine.pem)
            with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
                if good:
                    assert asked(channel, given) == "mch_1"
                else:
                    with pytest.raises(Unauthenticated):
                        asked(channel, given)


def test_the_gateway_hands_on_what_it_saw_and_not_what_a_stranger_wrote() -> None:
    remote = Remote("http://service", LOOPBACK)
    wrote = {"x-forwarded-for": "203.0.113.9", "ssl-client-cert": MINE.header, "accept": "*/*"}
    stranger = remote.headers_for("198.51.100.7", wrote)
    assert stranger == {"accept": "*/*", "x-forwarded-for": "198.51.100.7"}
    ingress = remote.headers_for("127.0.0.1", wrote)
    assert ingress == wrote | {"x-forwarded-for": "203.0.113.9, 127.0.0.1"}
