"""A malware scanner that speaks as clamd does (INSTREAM): one word is malware to it, another it cannot judge."""

import socketserver
import struct
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

MALWARE = b"X5O!P%@AP-made-up-malware"
RIDDLE = b"too-hard-to-judge"
LONGEST = 4 << 20


@dataclass
class Heard:
    """What was sent to be judged."""

    port: int = 0
    contents: list[bytes] = field(default_factory=list[bytes])


class _Scan(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = bytearray()
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > LONGEST:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.server.heard.contents.append(bytes(content))
        self.wfile.write(_verdict(bytes(content)))


def _verdict(content: bytes) -> bytes:
    if RIDDLE in content:
        return b"stream: Can't allocate memory ERROR\0"
    return b"stream: Made.Up-Malware FOUND\0" if MALWARE in content else b"stream: OK\0"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    heard: Heard


@contextmanager
def clamd() -> Generator[Heard]:
    with _Server(("127.0.0.1", 0), _Scan) as server:
        heard = Heard(server.server_address[1])
        server.heard = heard
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()
