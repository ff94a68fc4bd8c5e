"""What a bank is told of its own affairs, one notice after another: thin, so that it asks for the rest itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

_TYPE = re.compile(r"[a-z_]{1,30}\.[a-z_]{1,30}")
Data = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Shape):
    """`position` counts up without holes in each bank's feed; whoever saw one saw all before it."""

    id: str
    position: int
    type: str
    subject: str
    at: datetime
    data: Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed(Shape):
    """Notices after a position. `next`: what to ask after next time; `caught_up`: there is no more now."""

    items: tuple[Notice, ...]
    next: int
    caught_up: bool


def check_type(kind: str) -> None:
    if _TYPE.fullmatch(kind) is None:
        mend = "Write what it is about and what happened, such as application.approved."
        raise Violation("type", f"{kind!r} is no type of a notice.", mend)


def check_after(after: int, last: int) -> None:
    """A reader beyond the end would miss all that comes until there: it has lost its place, or is in another feed."""
    if after > last:
        message = f"The feed ends at position {last}, before {after}."
        raise Violation("after", message, f"Ask after {last}.")


def checked_data(data: Mapping[str, str | int | None]) -> Data:
    """Ids, states, amounts, codes and dates: nothing long enough to hold what a person wrote."""
    for name, value in data.items():
        if isinstance(value, str) and len(value) > 200:
            raise ValueError(f"{name} is too long for a notice: notices are thin")
    return dict(data)
