"""The bank's own house over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from libs.chassis.http import Caller
from services.lending.domain.application import Application
from services.lending.domain.house import (
    Assign,
    AssignmentList,
    Branch,
    BranchList,
    BranchTerms,
    Staff,
    StaffList,
    StaffTerms,
)
from services.lending.http import examples
from services.lending.operations import house

router = APIRouter(prefix="/v1")


@router.get("/branches")
def list_branches(call: Caller) -> BranchList:
    """All branches of the bank."""
    return call.read(house.list_branches)


@router.put("/branches/{code}")
def put_branch(code: str, body: Annotated[BranchTerms, examples.BRANCH], call: Caller) -> Branch:
    return call.write(house.put_branch, code, body)


@router.get("/staff")
def list_staff(call: Caller) -> StaffList:
    """Accounts with a place; for somebody with a place, those of the same branches."""
    return call.read(house.list_staff)


@router.put("/staff/{account}")
def put_staff(account: str, body: Annotated[StaffTerms, examples.STAFF], call: Caller) -> Staff:
    return call.write(house.put_staff, account, body)


@router.delete("/staff/{account}")
def remove_staff(account: str, call: Caller) -> StaffList:
    """Mind that an account without a place is of the head office."""
    return call.write(house.remove_staff, account)


@router.post("/applications/{application_id}/assign")
def assign_application(
    application_id: str, body: Annotated[Assign, examples.ASSIGN], call: Caller
) -> Application:
    return call.write(house.assign_application, application_id, body)


@router.get("/applications/{application_id}/assignments")
def list_assignments(application_id: str, call: Caller) -> AssignmentList:
    return call.read(house.list_assignments, application_id)
