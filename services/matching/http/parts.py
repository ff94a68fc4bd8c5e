"""What every door of matching works with."""

from typing import cast

from fastapi import Request

from libs.chassis.http import door_of
from services.matching.desk import Desk


def desk_of(request: Request) -> Desk:
    """The desk at which requests of this process are answered."""
    return cast(Desk, door_of(request).parts)
