"""The one HTTP door in full mode: what an ingress controller does on Kubernetes."""

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

import httpx

from app.health import health
from app.ingress import App, Ingress, Remote, Scope
from app.server import Server, listen
from libs.chassis.http import problem_response
from libs.chassis.problems import NotFound
from libs.chassis.settings import Settings

ROUTES = "RONGQIAO_ROUTES"
PROBE_SECONDS = 3.0


def run() -> int:
    """Serve on `port`. RONGQIAO_ROUTES, as JSON: the HTTP address and the collections of each service."""
    settings = Settings()
    routes: dict[str, tuple[str, list[str]]] = json.loads(os.environ[ROUTES])
    remotes: dict[str, App] = {name: Remote(url, settings.proxies()) for name, (url, _) in routes.items()}
    collections = {collection: remotes[name] for name, (_, owned) in routes.items() for collection in owned}
    own: dict[str, App] = {
        "health": _health({name: url for name, (url, _) in routes.items()}),
        "metrics": _hidden,
    }
    ingress = Ingress(collections | own, remotes, remotes.get("portal"))
    Server(ingress).run(sockets=[listen(settings.host, settings.port)])
    return 0


def _health(urls: Mapping[str, str]) -> App:
    """All is well when it is at every service."""

    async def serving() -> dict[str, list[str]]:
        return await _ask_all(urls, "/health/serving")

    async def ready() -> dict[str, list[str]]:
        return await _ask_all(urls, "/health/ready")

    return health(serving, ready)


async def _ask_all(urls: Mapping[str, str], path: str) -> dict[str, list[str]]:
    async with httpx.AsyncClient(timeout=PROBE_SECONDS) as client:
        told = await asyncio.gather(*(_ask(client, name, url + path) for name, url in urls.items()))
    return {name: reasons for name, reasons in zip(urls, told, strict=True) if reasons}


async def _ask(client: httpx.AsyncClient, name: str, url: str) -> list[str]:
    try:
        answer = await client.get(url)
    except httpx.TransportError:
        return ["it does not answer"]
    reasons: dict[str, list[str]] = answer.json()["reasons"]
    return reasons.get(name, [])


async def _hidden(scope: Scope, receive: Any, send: Any) -> None:
    """Measurements are for whoever runs the platform, at each service's own address."""
    problem = NotFound(f"Nothing is at {scope['path']}.", mend="Ask each service for its metrics.")
    await problem_response(problem)(scope, receive, send)
