"""Calls to addresses that others gave: never inside, never longer than agreed, never without a known certificate."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpcore
import pytest

from libs.chassis.outward import Gate, NoAnswer, Poster, Refused
from tests.support import patience
from tests.support.certificates import certificate
from tests.support.receiver import receiving

LOOPBACK = Gate(("127.0.0.0/8",))
TLS = httpcore.default_ssl_context()


BODY = b"{}"


@contextmanager
def answering(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that deals with one connection in its own way."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(patience.SECONDS)


def posted(url: str, seconds: float = patience.SECONDS, tls: ssl.SSLContext = TLS) -> int:
    poster = Poster(LOOPBACK, seconds, tls)
    try:
        return poster.post(url, BODY, {"content-type": "application/json"})
    finally:
        poster.close()


def test_an_answer_that_trickles_in_is_cut_off_when_the_time_is_over() -> None:
    def trickle(connection: socket.socket) -> None:
        """Its header has no end, and each part comes long before the time is over."""
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
        until = time.monotonic() + patience.SECONDS
        with suppress(OSError):  # the caller hung up
            while time.monotonic() < until:
                time.sleep(0.02)
                connection.sendall(b"1")

    with answering(trickle) as port, pytest.raises(NoAnswer, match="Timeout"):
        posted(f"http://127.0.0.1:{port}/", 0.5)


def test_what_does_not_speak_http_is_no_answer() -> None:
    def greet(connection: socket.socket) -> None:
        connection.sendall(b"SSH-2.0-OpenSSH_9\r\n")

    with answering(greet) as port, pytest.raises(NoAnswer):
        posted(f"http://127.0.0.1:{port}/")


def test_several_calls_go_over_one_connection() -> None:
    with receiving() as endpoint:
        poster = Poster(LOOPBACK, patience.SECONDS, TLS)
        assert [poster.post(endpoint.url, b"{}", {}) for _ in range(3)] == [204, 204, 204]
        poster.close()
        assert len({got.port for got in endpoint.got}) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_of_a_known_authority_is_not(
    tmp_path: Path,
) -> None:
    made = certificate("localhost")
    (tmp_path / "cert.pem").write_bytes(made.pem)
    (tmp_path / "key.pem").write_bytes(made.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    def answer(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                asked = b""
                # A close with something unread would cut the answer off.
                while not asked.endswith(BODY) and (part := secure.recv(4096)):
                    asked += part
                secure.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        except OSError:
            return

    with answering(answer) as port, pytest.raises(NoAnswer, match="ConnectError"):
        posted(f"https://localhost:{port}/")
    known = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with answering(answer) as port:
        assert posted(f"https://localhost:{port}/", tls=known) == 202


INSIDE = """127.0.0.1 10.0.0.1 169.254.169.254 100.64.0.1 ::1 fe80::1 fd00::1 ::ffff:192.168.0.1 64:ff9b::a00:1
    2002:a00:1:: 0.0.0.0 255.255.255.255 224.0.0.1"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_no_inner_address_is_let_through_in_whatever_dress(address: str) -> None:
    with pytest.raises(Refused):
        Gate().address(address, 443, plain=False)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are_called_over_tls_alone(address: str) -> None:
    assert Gate().address(address, 443, plain=False) == address
    with pytest.raises(Refused, match="plain"):
        Gate().address(address, 80, plain=True)
