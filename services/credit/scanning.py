"""The malware scanner: a clamd, asked over its INSTREAM command. Never called within a transaction."""

import re
import socket
import struct
from dataclasses import dataclass
from typing import Protocol

from libs.chassis.settings import Settings

_PIECE = 64 << 10
_SECONDS = 60.0  # for each step, a scan of 20 MiB among them
_LONGEST_ANSWER = 4096
_ANSWER = re.compile(r"stream: (?:(?P<finding>.+) FOUND|OK)")


class ScannerDown(Exception):
    """Nobody answers, or the connection broke off: ask again later."""


class ScanFailed(Exception):
    """The scanner answers, but will not judge this content."""


class Scanner(Protocol):
    def finding(self, content: bytes) -> str | None:
        """The name of what was found; None: the content is clean. ScannerDown, ScanFailed."""
        ...


@dataclass(frozen=True)
class Clamd:
    host: str
    port: int
    seconds: float = _SECONDS

    def finding(self, content: bytes) -> str | None:
        answer = self._ask(content)
        said = _ANSWER.fullmatch(answer)
        if said is None:
            raise ScanFailed(answer or "no answer")
        return said["finding"]

    def _ask(self, content: bytes) -> str:
        try:
            with socket.create_connection((self.host, self.port), self.seconds) as connection:
                _send(connection, content)
                return _answer(connection)
        except OSError as error:
            raise ScannerDown(f"{self.host}:{self.port}: {error}") from error


def _send(connection: socket.socket, content: bytes) -> None:
    try:
        connection.sendall(b"zINSTREAM\0")
        for at in range(0, len(content), _PIECE):
            piece = content[at : at + _PIECE]
            connection.sendall(struct.pack("!L", len(piece)) + piece)
        connection.sendall(struct.pack("!L", 0))
    except (BrokenPipeError, ConnectionResetError):
        return  # it has heard enough, and what it says of it is on its way


def _answer(connection: socket.socket) -> str:
    heard = bytearray()
    while not heard.endswith(b"\0") and len(heard) < _LONGEST_ANSWER:
        piece = connection.recv(_LONGEST_ANSWER)
        if not piece:
            break
        heard += piece
    if not heard:
        raise ConnectionResetError("closed without an answer")
    return heard.decode("utf-8", "replace").strip("\0\n ")


def scanner_of(settings: Settings) -> Scanner | None:
    """None: the operator has set none."""
    host, _, port = settings.malware_scanner.rpartition(":")
    return Clamd(host.strip("[]"), int(port)) if host else None
