"""What probes ask over HTTP: /health/live, /health/serving, /health/ready.

live: the process answers; nothing else is looked at, so no outage makes an orchestrator start it again.
serving: its doors can answer. False while its database is away, its memory is being read, or it ends.
ready: it can do all of its job: also no reader or relay is paused or dead, so events are not late.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
from starlette.responses import JSONResponse

from app.ingress import App, Scope

Reasons = Mapping[str, list[str]]  # by service: what is wrong

# Threads of its own: probes are answered also while every other thread waits for a database that is away.
_PROBES = anyio.CapacityLimiter(4)


def in_thread(look: Callable[[], Reasons]) -> Callable[[], Awaitable[Reasons]]:
    async def asked() -> Reasons:
        return await anyio.to_thread.run_sync(look, limiter=_PROBES)

    return asked


def health(
    serving: Callable[[], Awaitable[Reasons]],
    ready: Callable[[], Awaitable[Reasons]],
    more: Callable[[], Mapping[str, Any]] = dict,
) -> App:
    """ASGI: 200 or 503, with the reasons; `more` is told beside them."""
    looks = {"/health/serving": serving, "/health/ready": ready}

    async def answer(scope: Scope, receive: Any, send: Any) -> None:
        look = looks.get(scope["path"])
        reasons: Reasons = await look() if look else {}
        document: dict[str, Any] = {"status": "unready" if reasons else "ready", "reasons": reasons, **more()}
        await JSONResponse(document, 503 if reasons else 200)(scope, receive, send)

    return answer
