"""Sends a request that was made up from an API description."""

from typing import Any

from libs.chassis.ids import new_id
from tests.access.house import House

OURS = ("authorization", "idempotency-key", "cookie")


def ask(house: House, case: Any, token: str) -> Any:
    """The answer to one made-up request, sent under a token and an idempotency key that are good."""
    parts = case.as_transport_kwargs()
    kept = {name: text for name, text in (parts.get("headers") or {}).items() if name.lower() not in OURS}
    ours = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id("key")}
    parts |= {"headers": kept | ours}
    parts.pop("cookies", None)
    if "files" in parts:
        parts["files"] = [(name, _sendable(part)) for name, part in parts["files"]]
    return house.client(case.operation.app).request(**parts)


def _sendable(part: Any) -> Any:
    """A part of a form as the test client takes it: it knows texts and bytes, and tuples that hold them."""
    if isinstance(part, tuple):
        name, content, *rest = part
        return (name, _sendable(content), *rest)
    return part if isinstance(part, str | bytes) else str(part)
