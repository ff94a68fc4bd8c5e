"""The platform as its users reach it: HTTP and gRPC, signed in, patient while a service is being restarted."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
import httpx
from google.protobuf.message import Message

from libs.chassis.ids import new_id
from libs.chassis.problems import InFlight, Unavailable
from libs.chassis.rpc import invoke

T = TypeVar("T")

PATIENCE = 120.0  # seconds in which a service that died must be back
PAUSE = 0.1
_AWAY = frozenset({502, 503, 504})


class Refused(Exception):
    """A door answered with a problem; the message shows it whole."""

    def __init__(self, what: str, answer: httpx.Response) -> None:
        super().__init__(f"{what}: {answer.status_code} {answer.text}")
        self.problem: dict[str, Any] = answer.json()


class TooSlow(Exception):
    """What was waited for did not come."""


def _to_come(answer: httpx.Response) -> bool:
    """Whether asking again will help: the service is away, or still at work on what was asked before."""
    if answer.status_code == InFlight.status:
        return answer.json().get("type") == InFlight.type_uri()
    return answer.status_code in _AWAY


def wait_for(what: str, look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """The first answer that is not None; TooSlow when none came within `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(PAUSE)
    raise TooSlow(f"{what} did not happen within {patience:.0f} s")


@dataclass
class Doors:
    """`grpc_addresses` by service, or one for all under the empty name."""

    url: str
    grpc_addresses: Mapping[str, str]
    _http: httpx.Client = field(init=False)
    _channels: dict[str, grpc.Channel] = field(default_factory=dict[str, grpc.Channel])

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.url, timeout=30)

    def sign_in(self, login: str, password: str) -> "Account":
        reply = self.answer("POST", "/v1/tokens", {}, {"login": login, "password": password})
        return Account(self, login, reply["access_token"])

    def enrol(self, uscc: str, login: str, password: str, **more: str) -> "Account":
        """Register a firm, once; then sign in."""
        try:
            self.answer(
                "POST", "/v1/enrolments", {}, {"uscc": uscc, "login": login, "password": password, **more}
            )
        except Refused as refused:
            if refused.problem["status"] != httpx.codes.CONFLICT.value:
                raise
        return self.sign_in(login, password)

    def channel(self, service: str) -> grpc.Channel:
        address = self.grpc_addresses.get(service) or self.grpc_addresses[""]
        if address not in self._channels:
            self._channels[address] = grpc.insecure_channel(address)
        return self._channels[address]

    def close(self) -> None:
        self._http.close()
        for channel in self._channels.values():
            channel.close()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: Any, **more: Any) -> Any:
        """The JSON of a success; the same call again while a service is away; Refused otherwise."""

        def once() -> httpx.Response | None:
            try:
                answer = self._http.request(method, path, headers=headers, json=body, **more)
            except httpx.TransportError:
                return None
            return None if _to_come(answer) else answer

        answer = wait_for(f"{method} {path}", once)
        if answer.is_error:
            raise Refused(f"{method} {path}", answer)
        return answer.json()


@dataclass(frozen=True)
class Account:
    """Somebody signed in. A changing call carries one key through all its repetitions, so it acts once."""

    doors: Doors
    login: str
    token: str

    def get(self, path: str, **params: str | int) -> Any:
        return self._call("GET", path, None, params=params)

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, body)

    def put(self, path: str, body: Any = None) -> Any:
        return self._call("PUT", path, body)

    def upload(self, path: str, name: str, content: bytes, **params: str | int) -> Any:
        """Put a file there."""
        return self._call("PUT", path, None, params=params, files={"file": (name, content)})

    def rpc(self, service: str, stub: Callable[[grpc.Channel], Any], method: str, request: Message) -> Any:
        key = new_id("key")
        channel = self.doors.channel(service)

        def once() -> Any:
            try:
                return invoke(getattr(stub(channel), method), request, token=self.token, key=key)
            except (Unavailable, InFlight):  # away, or slower than we waited and still at it
                return None

        return wait_for(f"{service} {method}", once)

    def _call(self, method: str, path: str, body: Any, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            headers["Idempotency-Key"] = new_id("key")
        return self.doors.answer(method, path, headers, body, **more)
