"""One door for all services: `/v1/<collection>` goes to the service that owns it, all else to the portal."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from libs.chassis.http import PROBLEM_JSON
from libs.chassis.origin import FORWARDED, NO_PROXIES, Proxies
from libs.chassis.problems import NotFound, Unavailable

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length", "host"}
)

# That a service may take for an answer: a PDF takes longest (services/portal/pages/credit_report.py).
ANSWER_SECONDS = 150.0
VITALS = ("health", "metrics", ".well-known")  # the only names outside /v1 that are no page: /products is one


class Ingress:
    """ASGI: routes by the first parts of the path."""

    def __init__(
        self, collections: Mapping[str, App], named: Mapping[str, App], otherwise: App | None
    ) -> None:
        """`collections`: of /v1/<collection>; `named`: of /docs/<service> and /openapi/<service>.json."""
        self._collections = collections
        self._named = named
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
            return
        app = self._choose(scope["path"])
        if app is None:
            problem = NotFound(f"Nothing is at {scope['path']}.", mend="See docs/api.md for the collections.")
            app = JSONResponse(problem.document(), problem.status, media_type=PROBLEM_JSON)
        await app(scope, receive, send)

    def _choose(self, path: str) -> App | None:
        first, _, rest = path.lstrip("/").partition("/")
        key = rest.partition("/")[0]
        if first == "v1":
            return self._collections.get(key)
        if first in ("docs", "openapi"):
            return self._named.get(key.removesuffix(".json"))
        if first in VITALS:
            return self._collections.get(first)
        return self._otherwise


async def _no_lifespan(receive: Any, send: Any) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


class Remote:
    """ASGI: hands a request on to a service in another process."""

    def __init__(self, base_url: str, proxies: Proxies = NO_PROXIES) -> None:
        self._client = httpx.AsyncClient(base_url=base_url, timeout=ANSWER_SECONDS)
        self._proxies = proxies

    def headers_for(self, peer: str | None, headers: Mapping[str, str]) -> dict[str, str]:
        """What the service is told: whom we saw, behind what a proxy before us saw; never what a stranger wrote."""
        told = {name: value for name, value in headers.items() if name not in _HOP_BY_HOP}
        before = told.pop(FORWARDED, None)
        if self._proxies.trusts(peer) and before:
            peer = f"{before}, {peer}"
        elif not self._proxies.trusts(peer):
            told.pop(self._proxies.header, None)
        return told if peer is None else told | {FORWARDED: peer}

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        headers = self.headers_for(request.client.host if request.client else None, _joined(request))
        target = httpx.URL(path=request.url.path, query=request.url.query.encode())
        try:
            answer = await self._client.request(
                request.method, target, headers=headers, content=await request.body()
            )
        except httpx.TransportError:
            problem = Unavailable("The service does not answer.", mend="Try again in a moment.")
            response: Response = JSONResponse(problem.document(), problem.status, media_type=PROBLEM_JSON)
        else:
            response = Response(answer.content, answer.status_code)
            response.raw_headers = [
                (name.lower(), value)
                for name, value in answer.headers.raw
                if name.lower().decode() not in _HOP_BY_HOP
            ] + [(b"content-length", str(len(answer.content)).encode())]
        await response(scope, receive, send)


def _joined(request: Request) -> dict[str, str]:
    """The headers, those that came several times as one (RFC 9110, 5.3; cookies by semicolons)."""
    return {
        name: ("; " if name == "cookie" else ", ").join(request.headers.getlist(name))
        for name in request.headers.keys()  # noqa: SIM118 - iterating the headers themselves repeats a name
    }
