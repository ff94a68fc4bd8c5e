"""A bank's own house: head office, branches, and who works where with which rights."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape


class Right(StrEnum):
    SEE = "SEE"
    ACT = "ACT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff(Shape):
    """An account's place. No branches: the head office, which has all of them and what no branch has."""

    account: str
    branches: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    rights: tuple[Right, ...] = (Right.SEE, Right.ACT)
    takes_new: bool = False


def reaches(staff: Staff | None, branch: str | None) -> bool:
    """Whether the place lets an account see what belongs to this branch (None: to the head office)."""
    return staff is None or not staff.branches or branch in staff.branches
