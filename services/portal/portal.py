"""What all pages stand on: the other services, the names of organisations, the templates, the guard of the forms."""

from dataclasses import dataclass

from jinja2 import Environment

from libs.chassis.clock import Clock
from services.portal.clients import Clients
from services.portal.names import Names
from services.portal.safety import FormGuard


@dataclass(frozen=True)
class Portal:
    clients: Clients
    names: Names
    pages: dict[str, Environment]
    guard: FormGuard
    clock: Clock
