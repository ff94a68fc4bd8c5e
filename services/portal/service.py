"""The portal, put together."""

from pathlib import Path

from libs import chassis
from libs.chassis.service import Context, Service
from libs.chassis.tables import chassis_metadata
from libs.eventing import topics
from services.portal.clients import Clients
from services.portal.names import Names
from services.portal.pages import routers
from services.portal.portal import Portal
from services.portal.rendering import environments
from services.portal.safety import FormGuard

NAME = "portal"


def build(context: Context) -> Service:
    """The portal keeps nothing of its own; its database holds what the chassis needs."""
    names = Names()
    portal = Portal(
        clients=Clients.over(context.channel),
        names=names,
        pages=environments(names),
        guard=FormGuard.from_key(context.keys.service_key),
        clock=context.clock,
    )
    return Service(
        name=NAME,
        database=context.database(NAME),
        metadata=chassis_metadata,
        migrations=Path(str(chassis.__file__)).parent / "migrations" / "versions",
        collections=(),
        routers=routers(),
        add_servicers=(),
        rpc_names=(),
        state_handlers={topics.IDENTITY_ORGANISATION: names.learn},
        parts=portal,
    )
