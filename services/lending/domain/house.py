"""A bank's own house: head office, branches, who works where with which rights, and who gets a new application."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.regions import regions, within

_LONGEST_CODE, _LONGEST_NAME, _LONGEST_REASON, _LONGEST_ACCOUNT = 40, 120, 500, 80


class Right(StrEnum):
    SEE = "SEE"
    ACT = "ACT"


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTerms(Shape):
    """`counties`: whose firms it serves, as GB/T 2260 codes or prefixes of them (640104, 6401). Empty: none by itself,
    so that it only gets what a product or a person sends to it. One that is not `open` gets nothing new."""

    name: str
    counties: tuple[str, ...] = ()
    open: bool = True

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= _LONGEST_NAME:
            raise Violation(
                "name", "The name is empty or too long.", f"Give 1 to {_LONGEST_NAME} characters."
            )
        _check_counties(self.counties)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(Shape):
    code: str
    name: str
    counties: tuple[str, ...]
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchList(Shape):
    items: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffTerms(Shape):
    """No `branches`: the head office, which has all of them and what no branch has. `counties`: for new applications
    only, empty for all of the branch's. `takes_new`: whether new applications are given to it."""

    branches: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    rights: tuple[Right, ...] = (Right.SEE, Right.ACT)
    takes_new: bool = False

    def __post_init__(self) -> None:
        _check_counties(self.counties)
        if Right.SEE not in self.rights:
            raise Violation("rights", "Whoever acts must see.", "Give SEE, or SEE and ACT.")
        if self.takes_new and Right.ACT not in self.rights:
            raise Violation("takes_new", "Whoever takes applications must act.", "Give the right ACT too.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff(Shape):
    """An account's place in the house."""

    account: str
    branches: tuple[str, ...]
    counties: tuple[str, ...]
    rights: tuple[Right, ...]
    takes_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffList(Shape):
    items: tuple[Staff, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Shape):
    """To whom an application goes. No branch: the head office; no manager: whoever of the branch takes it up."""

    branch: str | None = None
    manager: str | None = None
    reason: str

    def __post_init__(self) -> None:
        if not 0 < len(self.reason.strip()) <= _LONGEST_REASON:
            mend = f"Say why it changes hands, in 1 to {_LONGEST_REASON} characters."
            raise Violation("reason", "The reason is empty or too long.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Shape):
    id: str
    application_id: str
    from_branch: str | None
    from_manager: str | None
    branch: str | None
    manager: str | None
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentList(Shape):
    items: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a new application goes."""

    branch: str | None
    manager: str | None


def reaches(place: Staff | None, branch: str | None) -> bool:
    """Whether the place lets an account see what belongs to this branch (None: to the head office)."""
    return place is None or not place.branches or branch in place.branches


def routed(
    county: str,
    sold_by: tuple[str, ...],
    branches: Iterable[Branch],
    staff: Iterable[Staff],
    load: Mapping[str, int],
) -> Desk:
    """The branch nearest to the firm that sells the product, and there the manager with the fewest open cases.

    `sold_by`: the product's branches, empty for all. Where no branch serves the county and the product is sold by
    exactly one, that one gets it; otherwise the head office.
    """
    selling = [branch for branch in branches if branch.open and (not sold_by or branch.code in sold_by)]
    branch = _nearest(county, selling)
    if branch is None and sold_by and len(selling) == 1:
        branch = selling[0]
    code = branch.code if branch else None
    return Desk(code, _least_busy(county, code, staff, load))


def check_code(code: str) -> None:
    if not 0 < len(code) <= _LONGEST_CODE or not code.isprintable() or "/" in code:
        mend = f"Use your own number of the branch: 1 to {_LONGEST_CODE} characters without a slash."
        raise Violation("code", f"{code!r:.50} cannot be a branch's code.", mend)


def check_account(account: str) -> None:
    if not 0 < len(account) <= _LONGEST_ACCOUNT:
        raise Violation("account", "This is no account's id.", "Give the id of GET /v1/accounts/me (acc_…).")


def _nearest(county: str, branches: list[Branch]) -> Branch | None:
    """The one with the longest fitting prefix; of equals the one with fewer counties, then by code."""
    fitting = [
        (-len(prefix), len(branch.counties), branch.code, branch)
        for branch in branches
        for prefix in branch.counties
        if within(county, prefix)
    ]
    return min(fitting, key=lambda entry: entry[:3])[3] if fitting else None


def _least_busy(
    county: str, branch: str | None, staff: Iterable[Staff], load: Mapping[str, int]
) -> str | None:
    able = [
        (load.get(place.account, 0), place.account)
        for place in staff
        if place.takes_new and _sits_in(place, branch) and _serves(place, county)
    ]
    return min(able)[1] if able else None


def _sits_in(place: Staff, branch: str | None) -> bool:
    """Unlike `reaches`: the head office sees what a branch has, but does not take its new applications."""
    return branch in place.branches if branch else not place.branches


def _serves(place: Staff, county: str) -> bool:
    return not place.counties or any(within(county, prefix) for prefix in place.counties)


def _check_counties(counties: tuple[str, ...]) -> None:
    known = {region.prefix for region in regions()}
    for place, prefix in enumerate(counties):
        if prefix not in known:
            mend = "Give a code such as 640104, or a prefix: 6401, 64."
            raise Violation(f"counties/{place}", f"{prefix!r} is no region.", mend, "GB/T 2260")
