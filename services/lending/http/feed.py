"""The bank's feed over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.chassis.http import Caller
from services.lending.domain.feed import Feed
from services.lending.http.paging import Limit
from services.lending.operations import feed

router = APIRouter(prefix="/v1")

After = Annotated[
    int, Query(ge=0, le=2**62, description="The `next` of the page before; 0: from the beginning")
]


@router.get("/feed")
def read_feed(call: Caller, after: After = 0, limit: Limit = 0) -> Feed:
    """What happened to the bank's products, applications, loans and pledges, the oldest first, without a gap."""
    return call.read(feed.read_feed, after, limit)
