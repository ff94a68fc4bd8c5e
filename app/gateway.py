"""The one HTTP door in full mode: what an ingress controller does on Kubernetes."""

import json
import os

import uvicorn

from app.ingress import App, Ingress, Remote
from app.server import listen
from libs.chassis.settings import Settings

ROUTES = "RONGQIAO_ROUTES"


def run() -> int:
    """Serve on `port`. RONGQIAO_ROUTES, as JSON: the HTTP address and the collections of each service."""
    settings = Settings()
    routes: dict[str, tuple[str, list[str]]] = json.loads(os.environ[ROUTES])
    remotes: dict[str, App] = {name: Remote(url) for name, (url, _) in routes.items()}
    collections = {collection: remotes[name] for name, (_, owned) in routes.items() for collection in owned}
    ingress = Ingress(collections, remotes, remotes["portal"])
    config = uvicorn.Config(
        ingress, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run(sockets=[listen(settings.host, settings.port)])
    return 0
