"""Pledges over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.pledge import (
    NewPledge,
    Pledge,
    PledgeContract,
    PledgeEnding,
    PledgePage,
    PledgeRegistration,
    PledgeStatus,
    Upkeep,
)
from services.lending.http import examples
from services.lending.http.paging import Cursor, Limit
from services.lending.operations import pledges

router = APIRouter(prefix="/v1")


@router.post("/pledges", status_code=201)
def propose_pledge(body: Annotated[NewPledge, examples.NEW_PLEDGE], call: Caller) -> Pledge:
    """The bank takes a right for one of its applications; all that stands against it is told at once."""
    return call.write(pledges.propose_pledge, body)


@router.get("/pledges")
def list_pledges(
    call: Caller,
    application_id: str | None = None,
    status: PledgeStatus | None = None,
    cursor: Cursor = None,
    limit: Limit = 0,
) -> PledgePage:
    return call.read(pledges.list_pledges, application_id, status, cursor, limit)


@router.get("/pledges/{pledge_id}")
def get_pledge(pledge_id: str, call: Caller) -> Pledge:
    return call.read(pledges.get_pledge, pledge_id)


@router.post("/pledges/{pledge_id}/sign")
def sign_pledge(
    pledge_id: str, body: Annotated[PledgeContract, examples.PLEDGE_CONTRACT], call: Caller
) -> Pledge:
    """The pledge contract is signed: its number and day. Contracts of the application sign those that wait."""
    return call.write(pledges.sign_pledge, pledge_id, body)


@router.post("/pledges/{pledge_id}/register")
def register_pledge(
    pledge_id: str, body: Annotated[PledgeRegistration, examples.PLEDGE_REGISTRATION], call: Caller
) -> Pledge:
    """The pledge arises; before this nothing is paid out on it."""
    return call.write(pledges.register_pledge, pledge_id, body)


@router.post("/pledges/{pledge_id}/refuse")
def refuse_pledge(
    pledge_id: str, body: Annotated[PledgeEnding, examples.PLEDGE_ENDING], call: Caller
) -> Pledge:
    """The register refused it."""
    return call.write(pledges.refuse_pledge, pledge_id, body)


@router.post("/pledges/{pledge_id}/release")
def release_pledge(
    pledge_id: str, body: Annotated[PledgeEnding, examples.PLEDGE_ENDING], call: Caller
) -> Pledge:
    return call.write(pledges.release_pledge, pledge_id, body)


@router.post("/pledges/{pledge_id}/upkeep")
def keep_up_pledge(pledge_id: str, body: Annotated[Upkeep, examples.UPKEEP], call: Caller) -> Pledge:
    """What its register says of the right now: fees paid, a renewal, a dispute, its end."""
    return call.write(pledges.keep_up_pledge, pledge_id, body)
