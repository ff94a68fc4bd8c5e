"""Webhooks: messages that come signed as Standard Webhooks has it, and signatures that do not hold."""

import base64
import hashlib
import hmac
import queue
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.conformance.bank import Bank, Skipped, good, want

LATEST = 300  # seconds by which a message may be old
PATIENCE = 20.0


@dataclass(frozen=True)
class Message:
    headers: Mapping[str, str]
    body: bytes


def holds(message: Message, secret: str, now: float) -> bool:
    """Whether the message is the platform's and of now: what every receiver must ask first.

    The signed text is `<webhook-id>.<webhook-timestamp>.<body>`, the key the base64 behind `whsec_`, and one of the
    signatures after `v1,` must be that HMAC-SHA256.
    """
    told = message.headers
    sent, stamp = told.get("webhook-id", ""), told.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(now - int(stamp)) > LATEST:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{sent}.{stamp}.".encode() + message.body, hashlib.sha256).digest()
    expected = base64.b64encode(mac).decode()
    given = [
        one.removeprefix("v1,") for one in told.get("webhook-signature", "").split() if one.startswith("v1,")
    ]
    return any(hmac.compare_digest(expected, one) for one in given)


def the_secret_is_told_once(bank: Bank) -> str:
    if bank.hook is None:
        raise Skipped("Give --webhook-url, where the platform reaches this program.")
    made = good(bank.post("/v1/webhooks", {"url": bank.hook.url}, by=bank.checker), 201)
    bank.delete(f"/v1/webhooks/{made['webhook']['id']}")
    want("a secret whsec_…", str(made.get("secret", "")).startswith("whsec_"), "no such secret")
    listed = bank.http.get("/v1/webhooks", headers=bank.as_checker)
    want("no secret in the list", made["secret"] not in listed.text, "it stands in the list")
    return "whsec_… in the answer, and nowhere after it"


def messages_come_signed(bank: Bank) -> str:
    if bank.hook is None:
        raise Skipped("Give --webhook-url, where the platform reaches this program.")
    with _receiving(bank.hook.port) as messages:
        made = good(bank.post("/v1/webhooks", {"url": bank.hook.url}, by=bank.checker), 201)
        path = f"/v1/webhooks/{made['webhook']['id']}"
        try:
            good(bank.post(f"{path}/ping", by=bank.checker), 200)
            message = _next(messages)
        finally:
            bank.delete(path)
    want("a signature that holds", holds(message, made["secret"], time.time()), dict(message.headers))
    forged = Message(message.headers, message.body + b" ")
    want("none that holds for another body", not holds(forged, made["secret"], time.time()), "it held")
    old = holds(message, made["secret"], time.time() + 2 * LATEST)
    want("none that holds for an old message", not old, "it held")
    return f"{message.headers.get('webhook-id')} signed; a changed and an old one refused"


def _next(messages: "queue.Queue[Message]") -> Message:
    try:
        return messages.get(timeout=PATIENCE)
    except queue.Empty:
        raise Skipped("Nothing reached --webhook-url: is it open to the platform?") from None


@contextmanager
def _receiving(port: int) -> "Generator[queue.Queue[Message]]":
    messages: queue.Queue[Message] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            messages.put(Message({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the checks tell what came."""

    server = ThreadingHTTPServer(("", port), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield messages
    finally:
        server.shutdown()
        server.server_close()
