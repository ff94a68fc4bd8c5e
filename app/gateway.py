"""The one HTTP door in full mode: what an ingress controller does on Kubernetes."""

import json
import os

import uvicorn

from app.assembly import SERVICES
from app.ingress import App, Ingress, Remote
from app.server import listen
from libs.chassis.settings import Settings


def run() -> int:
    """Serve on `port`, before the services whose HTTP addresses and collections RONGQIAO_DOORS tells, as JSON."""
    settings = Settings()
    doors: dict[str, str] = json.loads(os.environ["RONGQIAO_DOORS"])
    remotes: dict[str, App] = {name: Remote(url) for name, url in doors.items()}
    collections = {collection: remotes[name] for name in SERVICES for collection in COLLECTIONS[name]}
    ingress = Ingress(collections, remotes, remotes["portal"])
    config = uvicorn.Config(ingress, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[listen(settings.host, settings.port)])
    return 0
