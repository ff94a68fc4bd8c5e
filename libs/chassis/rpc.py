"""The gRPC door: the same operations as HTTP, and the way to call another service.

A servicer method parses, makes one call of an operation and answers:

    def PublishProduct(self, request: pb.ProductId, context: grpc.ServicerContext) -> pb.Product:
        call = self.door.call(context, writes=True)
        return wire.to_message(pb.Product, call.write(operations.publish_product, request.product_id))
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from libs.chassis import telemetry
from libs.chassis.call import KEY_LENGTH, Call
from libs.chassis.database import Database
from libs.chassis.failures import problem_of
from libs.chassis.limits import RateLimit
from libs.chassis.origin import FORWARDED, NO_PROXIES, Origin, Proxies
from libs.chassis.problems import Invalid, Problem, Unavailable
from libs.chassis.tokens import TokenChecker, bearer

M = TypeVar("M", bound=Message)

DEADLINE = 5.0  # seconds, for calls between services
_GRPC_OWN = "/grpc."
_PROBLEM_KEY = "rongqiao-problem-bin"
_CODES = {
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    412: grpc.StatusCode.ABORTED,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}
# By the type that comes with the problem. A failure of the other side's own is none of these: Unavailable.
_KINDS: dict[object, type[Problem]] = {kind.type_uri(): kind for kind in Problem.kinds()}


@dataclass(frozen=True)
class RpcDoor:
    """What the servicer of one service stands on."""

    database: Database
    tokens: TokenChecker
    limit: RateLimit
    proxies: Proxies = NO_PROXIES

    def anonymous(self, context: grpc.ServicerContext) -> Database:
        """The database, for the few methods that need no token; each address has a limit of its own."""
        self.limit.count(f"anonymous {self.origin(context).address}")
        return self.database

    def origin(self, context: grpc.ServicerContext) -> Origin:
        pems: Any = context.auth_context().get("x509_pem_cert", ())
        return self.proxies.origin(_address(context.peer()), _texts(context), next(iter(pems), None))

    def call(self, context: grpc.ServicerContext, *, writes: bool = False) -> Call:
        metadata = _texts(context)
        token = bearer(metadata.get("authorization"))
        principal = self.tokens.principal(token, self.origin(context))
        self.limit.count(principal.subject)
        key = metadata.get("idempotency-key")
        if key is not None and not 0 < len(key) <= KEY_LENGTH:
            raise Invalid(
                f"The key has {len(key)} characters.", field="idempotency-key", mend=f"Use 1 to {KEY_LENGTH}."
            )
        return Call(self.database, principal, token or "", key, writes)


def _texts(context: grpc.ServicerContext) -> dict[str, str]:
    return {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}


def _address(peer: str) -> str | None:
    """The address in `ipv4:10.0.0.1:5000` or `ipv6:%5B::1%5D:5000`; None for a peer without one."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else None


def listen(
    address: str, name: str, workers: int = 16, tls: grpc.ServerCredentials | None = None
) -> tuple[grpc.Server, int]:
    """A server bound to `address` (`host:0` for a free port), not yet started, and its port. OSError when taken.

    Each server has a pool of its own: nested calls through one shared pool would deadlock.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix=f"grpc-{name}")
    server = grpc.server(pool, interceptors=[_Translator()], options=[("grpc.so_reuseport", 0)])
    try:
        if tls is not None:
            return server, server.add_secure_port(address, tls)
        return server, server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"gRPC cannot listen at {address}: {error}") from error


def start(
    server: grpc.Server, add_servicers: Iterable[Callable[[grpc.Server], None]], names: Sequence[str]
) -> health.HealthServicer:
    """Serve these services, with health and reflection beside them. What it returns can say that they will end."""
    for add in add_servicers:
        add(server)
    status = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    for name in names:
        status.set(name, health_pb2.HealthCheckResponse.SERVING)
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    server.start()
    return status


def tls_of(certificate: Path, key: Path, client_ca: Path | None) -> grpc.ServerCredentials:
    """TLS for a door, from PEM files; with `client_ca` only for clients whose certificate it signed."""
    pairs = [(key.read_bytes(), certificate.read_bytes())]
    root = client_ca.read_bytes() if client_ca else None
    return grpc.ssl_server_credentials(pairs, root, require_client_auth=root is not None)


def connect(address: str) -> grpc.Channel:
    """A channel to the service at `address` (`host:port`), whose calls carry the caller's trace."""
    return telemetry.traced(grpc.insecure_channel(address))


def invoke(
    method: Callable[..., M],
    request: Message,
    *,
    token: str,
    key: str | None = None,
    deadline: float = DEADLINE,
    forwarded: str | None = None,
) -> M:
    """Call another service. Its problem is raised here as the same problem; no answer is Unavailable.

    `forwarded`: the address of whom the call is made for, where that is somebody's browser.
    """
    try:
        return method(
            request, metadata=_metadata(token, key, forwarded), timeout=deadline, wait_for_ready=True
        )
    except grpc.RpcError as error:
        raise _problem(error) from error


def stream(
    method: Callable[..., Iterable[M]],
    request: Message,
    *,
    token: str,
    deadline: float = DEADLINE,
    forwarded: str | None = None,
) -> Iterator[M]:
    """The same for a call that answers in parts; its problem is raised where the parts are read."""
    try:
        yield from method(
            request, metadata=_metadata(token, None, forwarded), timeout=deadline, wait_for_ready=True
        )
    except grpc.RpcError as error:
        raise _problem(error) from error


def _metadata(token: str, key: str | None, forwarded: str | None) -> list[tuple[str, str]]:
    metadata = [("authorization", f"Bearer {token}")]
    if forwarded is not None:
        metadata.append((FORWARDED, forwarded))
    if key is not None:
        metadata.append(("idempotency-key", key))
    return metadata


class _Translator(grpc.ServerInterceptor):
    """Every exception of a servicer becomes a status that says what and how to mend it."""

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)
        method: str = handler_call_details.method
        if handler is None or method.startswith(_GRPC_OWN):  # health and reflection look after themselves
            return handler
        kind, make, translated = next(one for one in _HANDLERS if getattr(handler, one[0]))
        behave = translated(method, getattr(handler, kind))
        return make(behave, handler.request_deserializer, handler.response_serializer)


def _answering(method: str, serve: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """One answer, whether one request comes or a stream of them."""

    def behave(request: Any, context: grpc.ServicerContext) -> Any:
        with telemetry.served_rpc(method, context), _told(context):
            return serve(request, context)

    return behave


def _streaming(
    method: str, serve: Callable[[Any, Any], Iterable[Any]]
) -> Callable[[Any, Any], Iterable[Any]]:
    def behave(request: Any, context: grpc.ServicerContext) -> Iterable[Any]:
        with telemetry.served_rpc(method, context), _told(context):
            yield from serve(request, context)

    return behave


_HANDLERS: Sequence[tuple[str, Callable[..., Any], Callable[..., Any]]] = (
    ("unary_unary", grpc.unary_unary_rpc_method_handler, _answering),
    ("stream_unary", grpc.stream_unary_rpc_method_handler, _answering),
    ("unary_stream", grpc.unary_stream_rpc_method_handler, _streaming),
    ("stream_stream", grpc.stream_stream_rpc_method_handler, _streaming),
)


@contextmanager
def _told(context: grpc.ServicerContext) -> Generator[None]:
    """Every exception ends the call with its status. As at the HTTP door, no caller is told our inside."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        _abort(context, problem_of(error))


def _abort(context: grpc.ServicerContext, problem: Problem) -> None:
    document = json.dumps(problem.document(), ensure_ascii=False).encode()
    context.set_trailing_metadata(((_PROBLEM_KEY, document),))
    context.abort(_CODES.get(problem.status, grpc.StatusCode.INTERNAL), problem.detail)


def _problem(error: Any) -> Problem:
    trailing: dict[str, bytes] = dict(error.trailing_metadata() or ())
    document: dict[str, Any] = json.loads(trailing.get(_PROBLEM_KEY, b"{}"))
    kind = _KINDS.get(document.get("type"))
    if kind is None:
        why = error.code().name.lower()
        return Unavailable(f"The service did not answer ({why}).", mend="Try again in a moment.")
    return kind(str(error.details()), document.get("field"), document.get("mend"), document.get("source"))
