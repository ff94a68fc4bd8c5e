"""All doors of credit over HTTP, as one account."""

import os
from pathlib import Path

from fastapi import APIRouter

from libs.chassis.principal import Role
from services.credit.archive import Archive
from services.credit.blobs import FolderBlobs
from services.credit.http import routers
from services.credit.http.parts import Parts
from tests.support.services import Client, client_of
from tests.unit.credit.world import World

ROUTER = APIRouter()
for part in routers:
    ROUTER.include_router(part)


NOWHERE = FolderBlobs(Path(os.devnull))  # for doors at which no document comes in


def client(
    world: World, role: Role, organisation: str, subject: str = "acc_1", archive: Archive | None = None
) -> Client:
    parts = Parts(archive or Archive(world.database, NOWHERE))
    return client_of(world.database, ROUTER, role, organisation, subject, parts=parts)
