"""What to change so that a product fits: the shapes in which matching says it.

What cannot be changed is never proposed: where the firm is, what it does, who owns it, how large it is, what it was
convicted of. A rule that its bank does not publish gives no number, so products that fail one are counted, not told.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.registry.loan_terms import IpRightKind


class ChangeKind(StrEnum):
    """WAIT: nothing to do but to grow older. SCORE: the advice of the credit score says how."""

    FACT = "FACT"
    SCORE = "SCORE"
    WAIT = "WAIT"
    AMOUNT = "AMOUNT"
    TERM = "TERM"
    PLEDGE = "PLEDGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Shape):
    """One thing to change, by no more than suffices.

    `now`, `then`: of a fact as the vocabulary writes it; of AMOUNT and PLEDGE in fen (PLEDGE: free rights of the kind
    `right` more than there are, worth at least `then`); of TERM in months. `on`: the day by which the waiting is over,
    or until when the rights must run at least.
    """

    kind: ChangeKind
    fact: str = ""
    now: str = ""
    then: str
    right: IpRightKind | None = None
    on: date | None = None
    text: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way(Shape):
    """All that has to change for one product to fit: nothing less does. `missing`: documents that stay open then."""

    product_id: str
    product_name: str
    bank: str
    bank_name: str
    changes: tuple[Change, ...]
    effort_days: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes(Shape):
    """The smallest ways first: fewest changes, then least effort by the table `effort`.

    `untold`: products that fail a rule that their bank does not publish; `note` says so. `fixed`: products that fail
    what nobody can change.
    """

    ways: tuple[Way, ...] = ()
    untold: int = 0
    fixed: int = 0
    effort: str
    note: str = ""
    note_en: str = ""
