"""A bank's own house: branches, places of its accounts, and who gets or is given an application."""

from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import NotFound
from libs.criteria.violation import Violation
from services.lending import messages
from services.lending.domain import house as rules
from services.lending.domain.application import Application
from services.lending.domain.house import (
    Assign,
    Assignment,
    AssignmentList,
    Branch,
    BranchList,
    BranchTerms,
    Staff,
    StaffList,
    StaffTerms,
)
from services.lending.operations import feed, rights
from services.lending.store import applications as application_store
from services.lending.store import house as house_store


def put_branch(tx: WriteTx, by: Principal, code: str, terms: BranchTerms) -> Branch:
    """A branch as it now is, under the bank's own number. It closes only when nothing open is left with it."""
    _head_office(tx, by)
    rules.check_code(code)
    branch = Branch(code=code, name=terms.name.strip(), counties=terms.counties, open=terms.open)
    left = 0 if branch.open else house_store.open_in_branch(tx, by.organisation, code)
    if left:
        mend = f"Give its {left} open applications to others first: POST /v1/applications/{{id}}/assign."
        raise Violation("open", "The branch still has applications.", mend)
    house_store.put_branch(tx, by.organisation, branch)
    return branch


def list_branches(tx: ReadTx, by: Principal) -> BranchList:
    by.require(*BANK)
    return BranchList(items=house_store.branches_of(tx, by.organisation))


def put_staff(tx: WriteTx, by: Principal, account: str, terms: StaffTerms) -> Staff:
    """Give an account of the bank its place. Until it has one it sees and does all of the bank's."""
    _head_office(tx, by)
    rules.check_account(account)
    known = {branch.code for branch in house_store.branches_of(tx, by.organisation)}
    for place, code in enumerate(terms.branches):
        if code not in known:
            raise Violation(
                f"branches/{place}", f"There is no branch {code!r}.", "PUT /v1/branches/{code} first."
            )
    staff = Staff(
        account=account,
        branches=terms.branches,
        counties=terms.counties,
        rights=terms.rights,
        takes_new=terms.takes_new,
    )
    house_store.put_staff(tx, by.organisation, staff)
    return staff


def list_staff(tx: ReadTx, by: Principal) -> StaffList:
    by.require(*BANK)
    mine = rights.branches_of(tx, by)
    staff = house_store.all_staff(tx, by.organisation)
    if mine is not None:
        staff = tuple(place for place in staff if set(place.branches) & set(mine))
    return StaffList(items=staff)


def remove_staff(tx: WriteTx, by: Principal, account: str) -> StaffList:
    """Take the place away. Mind that an account without a place is of the head office."""
    _head_office(tx, by)
    if not house_store.remove_staff(tx, by.organisation, account):
        raise NotFound(f"{account} has no place.", field="account", mend="See GET /v1/staff.")
    return list_staff(tx, by)


def route(tx: ReadTx, application: Application, sold_by: tuple[str, ...]) -> Application:
    """A new application at its branch and manager."""
    bank = application.bank
    branches, staff = house_store.branches_of(tx, bank), house_store.all_staff(tx, bank)
    load = house_store.load_of(tx, bank) if any(place.takes_new for place in staff) else {}
    desk = rules.routed(application.dimensions.county, sold_by, branches, staff, load)
    return replace(application, branch=desk.branch, manager=desk.manager)


def assign_application(tx: WriteTx, by: Principal, application_id: str, to: Assign) -> Application:
    """Give an application to another branch or person of the bank, with the reason; its loans go along."""
    by.require(Role.BANK_MANAGER)
    before = rights.own_application(tx, by, application_id)
    _check_desk(tx, by, to)
    after = replace(before, branch=to.branch, manager=to.manager)
    application_store.update(tx, after)
    house_store.assign(
        tx,
        Assignment(
            id=tx.new_id("asg"),
            application_id=before.id,
            from_branch=before.branch,
            from_manager=before.manager,
            branch=to.branch,
            manager=to.manager,
            reason=to.reason.strip(),
            by=by.subject,
            at=tx.now,
        ),
    )
    feed.note(tx, after.bank, "application.assigned", after.id, messages.application_notice(after))
    return after


def list_assignments(tx: ReadTx, by: Principal, application_id: str) -> AssignmentList:
    """Through whose hands an application went, the oldest first."""
    by.require(*BANK)
    application = application_store.get(tx, application_id)
    rights.may_see(tx, by, application.bank, application.branch)
    return AssignmentList(items=house_store.assignments_of(tx, application_id))


def _check_desk(tx: ReadTx, by: Principal, to: Assign) -> None:
    if to.branch is not None:
        branch = house_store.find_branch(tx, by.organisation, to.branch)
        if branch is None or not branch.open:
            raise Violation("branch", f"There is no open branch {to.branch!r}.", "See GET /v1/branches.")
    if to.manager is not None:
        place = house_store.staff_of(tx, by.organisation, to.manager)
        if place is None or not rules.reaches(place, to.branch) or rules.Right.ACT not in place.rights:
            mend = "Name somebody of GET /v1/staff whose place is there and who may act."
            raise Violation("manager", f"{to.manager} cannot act there.", mend)


def _head_office(tx: ReadTx, by: Principal) -> None:
    by.require(Role.BANK_MANAGER)
    rights.may_act(tx, by, by.organisation, None)
