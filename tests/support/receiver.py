"""A bank's endpoint for webhooks: a real HTTP server that keeps what it got and answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Got:
    headers: dict[str, str]
    body: bytes
    port: int = 0  # of the caller: the same for calls over one connection

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answer(got)` gives the status; it may also sleep, as an endpoint that hangs does."""

    port: int = 0
    answer: Callable[[Got], int] = lambda _got: 204
    got: list[Got] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def subjects(self) -> list[str]:
        return [got.told["data"]["subject"] for got in self.got]


@contextmanager
def receiving(**how: Any) -> Iterator[Receiver]:
    receiver = Receiver(**how)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(headers, self.rfile.read(size), self.client_address[1])
            status = receiver.answer(got)
            receiver.got.append(got)
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", receiver.port), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
