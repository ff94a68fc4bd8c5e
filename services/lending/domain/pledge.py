"""Pledges: rights that stand behind a loan, their value, and what the bank lends on it.

A pledge arises with its registration (Civil Code, articles 440 and 444 to 445), so nothing is paid out before it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import BP, floor
from libs.registry import uscc
from services.lending.domain.application import check_number
from services.lending.domain.product import MOST_FEN

ARISES = "Civil Code, articles 444 and 445"
_LONGEST = 80
_MOST_PLEDGES = 100
_LAST_DAY = date(2200, 1, 1)  # beyond it a day is a slip of the keyboard
_PATENT_MARKS = ("ZL", "CN")
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


class RightKind(StrEnum):
    """What is pledged: the rights of `IpRightKind`, and receivables."""

    INVENTION = "INVENTION"
    UTILITY_MODEL = "UTILITY_MODEL"
    DESIGN = "DESIGN"
    TRADEMARK = "TRADEMARK"
    COPYRIGHT = "COPYRIGHT"
    RECEIVABLE = "RECEIVABLE"


PATENTS = (RightKind.INVENTION, RightKind.UTILITY_MODEL, RightKind.DESIGN)


class PledgeStatus(StrEnum):
    PROPOSED = "PROPOSED"
    CONTRACTED = "CONTRACTED"
    REGISTERED = "REGISTERED"
    RELEASED = "RELEASED"
    REFUSED = "REFUSED"


LIVE = (PledgeStatus.PROPOSED, PledgeStatus.CONTRACTED, PledgeStatus.REGISTERED)


class ValuationMethod(StrEnum):
    INCOME = "INCOME"
    MARKET = "MARKET"
    COST = "COST"


@dataclass(frozen=True, slots=True, kw_only=True)
class IpTerms(Shape):
    """How a right of intellectual property stands in its register.

    `runs_from`: the filing of a patent, the registration of a trademark, the publication of a work; its life is
    counted from here. `renewed_until`: trademarks only. `fee_paid_until`: the last day that annual fees of a patent
    are paid for. `ended_on`: the day on which it was declared void, lapsed or was given up.
    """

    runs_from: date
    renewed_until: date | None = None
    fee_paid_until: date | None = None
    disputed: bool = False
    ended_on: date | None = None

    def __post_init__(self) -> None:
        _in_our_time("ip/runs_from", self.runs_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable(Shape):
    """A claim of the owner on a debtor (a USCC): what is owed, and when."""

    debtor: str
    amount_fen: int
    due_on: date

    def __post_init__(self) -> None:
        if uscc.parse(self.debtor, "receivable/debtor").code != self.debtor:
            raise Violation("receivable/debtor", "The code is not in normal form.", "Write 18 characters.")
        if not 0 < self.amount_fen <= MOST_FEN:
            raise Violation("receivable/amount_fen", "A claim on nothing, or too much.", "Give it in fen.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation(Shape):
    amount_fen: int
    valued_on: date
    method: ValuationMethod
    valuer: str

    def __post_init__(self) -> None:
        if not 0 < self.amount_fen <= MOST_FEN:
            raise Violation("valuation/amount_fen", "A value of nothing, or too much.", "Give it in fen.")
        if not 0 < len(self.valuer.strip()) <= _LONGEST:
            mend = "Name the appraisal firm, or the bank's own department."
            raise Violation("valuation/valuer", "Nobody valued it.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPledge(Shape):
    """A right that a bank takes as a pledge for an application.

    `number`: in its register; of a receivable, the owner's invoice or contract. `owner`: the party it belongs to.
    `rank`: this pledge's place among all on the right; 1 where there is no other. `debt_ends_on`: when the loan falls
    due by its contract; without it, the term of the application from today.
    """

    application_id: str
    kind: RightKind
    number: str
    owner: str
    co_owned: bool = False
    co_owners_consent: bool = False
    ip: IpTerms | None = None
    receivable: Receivable | None = None
    valuation: Valuation
    rank: int = 1
    debt_ends_on: date | None = None

    def __post_init__(self) -> None:
        if not 0 < len(register_number(self.kind, self.number)) <= _LONGEST:
            raise Violation("number", "No register knows such a number.", f"Give 1 to {_LONGEST} characters.")
        if not 0 < len(self.owner) <= _LONGEST:
            raise Violation("owner", "The right has no owner.", "Give the owner's party id, uscc:<code>.")
        if not 1 <= self.rank <= _MOST_PLEDGES:
            why = f"There is no rank {self.rank}."
            raise Violation("rank", why, "Give 1, or the rank that is registered.")
        if self.debt_ends_on is not None:
            _in_our_time("debt_ends_on", self.debt_ends_on)
        self._check_content()

    def _check_content(self) -> None:
        claim = self.kind is RightKind.RECEIVABLE
        wanted, other = ("receivable", "ip") if claim else ("ip", "receivable")
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise Violation(
                wanted, f"A pledge of {self.kind} has {wanted} and no {other}.", f"Give {wanted}."
            )
        if self.kind in PATENTS and self.ip is not None and self.ip.fee_paid_until is None:
            why = "A patent lives as long as its annual fees are paid."
            raise Violation("ip/fee_paid_until", why, "Give the last day that is paid for.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeContract(Shape):
    """The pledge contract: the bank's number of it and the day it was signed."""

    number: str
    signed_on: date

    def __post_init__(self) -> None:
        check_number(self.number, "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeRegistration(Shape):
    """What the register issued: its number and the day on which the pledge arose."""

    number: str
    registered_on: date

    def __post_init__(self) -> None:
        check_number(self.number, "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeEnding(Shape):
    """Why a pledge was released, or its registration refused: a code, in which no name has room."""

    reason: str

    def __post_init__(self) -> None:
        if _REASON.fullmatch(self.reason) is None:
            mend = "Give a code such as LOAN_SETTLED: letters, digits and _, at most 40."
            raise Violation("reason", "This is no code.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep(Shape):
    """What its register says of a right now: annual fees paid, a trademark renewed, a dispute, its end."""

    fee_paid_until: date | None = None
    renewed_until: date | None = None
    disputed: bool | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge(Shape):
    """`lendable_fen`: what the bank lends on it, value by cap, rounded down. `ends_on`: the right's last day, None
    for a receivable. `reason`: why it was released or refused, as a code."""

    id: str
    application_id: str
    bank: str
    party: str
    kind: RightKind
    number: str
    owner: str
    co_owned: bool
    co_owners_consent: bool
    ip: IpTerms | None
    receivable: Receivable | None
    valuation: Valuation
    rank: int
    cap_bp: int
    lendable_fen: int
    margin_months: int
    ends_on: date | None
    debt_ends_on: date
    status: PledgeStatus
    contract: PledgeContract | None = None
    registration: PledgeRegistration | None = None
    ended_on: date | None = None
    reason: str | None = None
    sandbox: bool = False

    @property
    def upkeep_due_on(self) -> date | None:
        """When annual fees run out, or a trademark is to be renewed."""
        if self.ip is None:
            return None
        return self.ends_on if self.kind is RightKind.TRADEMARK else self.ip.fee_paid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgePage(Shape):
    items: tuple[Pledge, ...]
    next_cursor: str | None = None


def lendable(value_fen: int, cap_bp: int) -> int:
    """What is lent on a value: never more than its part, so rounded down."""
    return floor(value_fen * cap_bp, BP)


def register_number(kind: RightKind, number: str) -> str:
    """The number without what people write around it: ZL 2015 1 0102030.4 is 2015101020304."""
    plain = "".join(one for one in unicodedata.normalize("NFKC", number).upper() if one.isalnum())
    marks = _PATENT_MARKS if kind in PATENTS else ()
    return plain[2:] if plain.startswith(marks) else plain


def right_key(kind: RightKind, number: str, owner: str) -> str:
    """The same right, the same key, however it is written. A patent number is one of the whole patent register, a
    receivable is known by its owner's number of it."""
    plain = register_number(kind, number)
    if kind is RightKind.RECEIVABLE:
        return f"{kind}/{owner}/{plain}"
    return f"{'PATENT' if kind in PATENTS else kind}/{plain}"


def _in_our_time(field: str, day: date) -> None:
    if day > _LAST_DAY:
        raise Violation(field, f"{day} is too far away.", "Look for a slip of the keyboard.")
