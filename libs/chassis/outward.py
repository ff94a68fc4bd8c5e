"""Calls to addresses that others gave us: only to the outside, never longer than agreed, never led elsewhere.

Whoever may name a URL could make the platform knock at its own doors (metadata services, databases, neighbours). So
the address is looked at when it is connected to, after its name was resolved, and that very address is used. A
redirect is an answer like any other; no proxy of the environment is asked.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import httpcore

_TROUBLES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError)
_BODY = 16_384  # bytes of an answer that are read
_NAT64 = IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """The address is none to which we call."""


class NoAnswer(Exception):
    """Nobody answered in time, or not in HTTP."""


@dataclass(frozen=True)
class Gate:
    """Which addresses may be called: those of the public internet over TLS, and `inside`, networks that the operator
    named, over plain HTTP too."""

    inside: tuple[str, ...] = ()

    def address(self, host: str, port: int, *, plain: bool) -> str:
        """An address of the host that may be called; Refused where there is none."""
        found = self._resolved(host, port)
        for address in found:
            if self._lets(address, plain):
                return str(address)
        kind = "over plain HTTP" if plain else "which is not of the public internet"
        raise Refused(f"{host} is at {found[0]}, {kind}: not allowed here")

    def check_name(self, host: str, *, plain: bool) -> None:
        """What can be said of a host without asking for its address; Refused where that is enough to refuse it."""
        try:
            lets = self._lets(ip_address(host), plain)
        except ValueError:  # a name
            lets = bool(self.inside) or not (plain or host.lower() == "localhost")
        if not lets:
            raise Refused(f"{host} may not be called {'over plain HTTP' if plain else 'from here'}")

    def _lets(self, address: IPv4Address | IPv6Address, plain: bool) -> bool:
        if any(address in ip_network(network) for network in self.inside):
            return True
        real = _real(address)
        return not plain and real.is_global and not real.is_multicast

    @staticmethod
    def _resolved(host: str, port: int) -> list[IPv4Address | IPv6Address]:
        try:
            known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NoAnswer(f"{host} cannot be found: {error}") from error
        return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in known]


def _real(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address behind an IPv6 one that only carries it."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


@dataclass
class Poster:
    """Posts, one after the other, on one connection where the other side keeps it. Not for two threads."""

    gate: Gate
    seconds: float  # from the first packet to the status line, however slowly it comes
    context: ssl.SSLContext
    _left: "_Budget" = field(init=False)
    _pool: httpcore.ConnectionPool = field(init=False)

    def __post_init__(self) -> None:
        self._left = _Budget()
        backend = _Guarded(self.gate, self._left)
        self._pool = httpcore.ConnectionPool(
            ssl_context=self.context, network_backend=backend, max_connections=1
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that came back. Refused, or NoAnswer with the reason, in words that may be shown."""
        self._left.restart(self.seconds, plain=urlsplit(url).scheme == "http")
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self.seconds)
        sent = [(name, value.encode()) for name, value in headers.items()]
        try:
            with self._pool.stream(
                "POST", url, headers=sent, content=body, extensions={"timeout": timeouts}
            ) as answer:
                _read_away(answer)
                return answer.status
        except _TROUBLES as error:
            raise NoAnswer(f"{type(error).__name__}: {error}".rstrip(": ")) from error

    def close(self) -> None:
        self._pool.close()


def _read_away(answer: httpcore.Response) -> None:
    """A short body, so that the connection can be used again; the status is the answer, whatever the body is."""
    size = 0
    try:
        for part in answer.iter_stream():
            size += len(part)
            if size > _BODY:
                return
    except _TROUBLES:
        return


class _Budget:
    """What is left of the time for one call, and whether it goes without TLS."""

    def __init__(self) -> None:
        self._deadline = 0.0
        self.plain = False

    def restart(self, seconds: float, *, plain: bool) -> None:
        self._deadline = time.monotonic() + seconds
        self.plain = plain

    def left(self, timeout: float | None) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("no answer in time")
        return left if timeout is None else min(left, timeout)


class _Guarded(httpcore.NetworkBackend):
    def __init__(self, gate: Gate, budget: _Budget) -> None:
        self._gate, self._budget, self._inner = gate, budget, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = self._gate.address(host, port, plain=self._budget.plain)
        stream = self._inner.connect_tcp(
            address, port, self._budget.left(timeout), local_address, socket_options
        )
        return _Timed(stream, self._budget)


class _Timed(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, budget: _Budget) -> None:
        self._inner, self._budget = inner, budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._budget.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._budget.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._budget.left(timeout)
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, left), self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
