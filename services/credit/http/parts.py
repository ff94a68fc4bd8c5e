"""What the routes of credit share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Query, Request

from libs.chassis.http import door_of
from services.credit.archive import Archive

Limit = Annotated[int, Query(description="Items on a page, 200 at most; 0: the default of 50")]
Cursor = Annotated[
    str | None, Query(description="The `next_cursor` of the page before; none: from the beginning")
]
Known = Annotated[datetime | None, Query(description="As the file was known at this instant")]


@dataclass(frozen=True)
class Parts:
    archive: Archive


def _archive(request: Request) -> Archive:
    return cast(Parts, door_of(request).parts).archive


TheArchive = Annotated[Archive, Depends(_archive)]
