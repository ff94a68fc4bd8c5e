"""Renewals (续贷): an old loan settled by a new one, with its principal repaid before or not (无还本续贷).

Without repayment the rules of 金规〔2024〕13号 bind: the firm asks and the new contract is signed before the old loan
falls due, and only some borrowers have this way. Another rule is whether the new loan keeps the class of the old.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import ProductKind
from libs.registry.size import Size
from services.lending.domain.loan import LoanClass

SOURCE = "关于做好续贷工作提高小微企业金融服务水平的通知（金规〔2024〕13号）"


class RenewalCondition(StrEnum):
    """The five conditions under which a renewed loan stays NORMAL."""

    LAWFUL_OPERATION = "LAWFUL_OPERATION"
    GOING_CONCERN = "GOING_CONCERN"
    GOOD_CREDIT = "GOOD_CREDIT"
    """Without diversion of funds, arrears of interest or evasion of debts."""
    GRANT_STANDARDS = "GRANT_STANDARDS"
    BANKS_OWN = "BANKS_OWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalScope(Shape):
    """Whose loans of which kinds are renewed without repayment: by size, or by kind of owner whatever the size."""

    sizes: tuple[Size, ...]
    owner_kinds: tuple[OwnerKind, ...]
    product_kinds: tuple[ProductKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRules:
    """`medium_until`: last day on which a loan of a medium-sized firm may fall due."""

    scope: RenewalScope
    on_maturity_day: bool
    medium_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OldLoan:
    """What a renewal without repayment settles."""

    kind: ProductKind
    size: Size | None
    owner_kind: OwnerKind
    matures_on: date
    outstanding_fen: int
    loan_class: LoanClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewing:
    """The new loan. `signed_on`: of its contract. `amount_fen`: None before it is drawn."""

    asked_on: date
    signed_on: date
    amount_fen: int | None = None
    conditions: frozenset[RenewalCondition] = frozenset()


def breaches(old: OldLoan, new: Renewing, rules: RenewalRules) -> Iterator[Violation]:
    """Everything that stands against a renewal without repayment."""
    yield from _late("renewal/loan_id", "The firm asked", new.asked_on, old, rules)
    yield from _late("contracts/signed_on", "The new contract was signed", new.signed_on, old, rules)
    yield from _outside(old, rules)
    if not old.outstanding_fen:
        yield Violation("renewal/loan_id", "Nothing of the old loan is outstanding.", "Lend anew.", SOURCE)
    elif new.amount_fen is not None and new.amount_fen > old.outstanding_fen:
        mend = f"Draw at most {old.outstanding_fen} fen; fresh money is another loan."
        yield Violation("amount_fen", "A renewal is larger than what it settles.", mend, SOURCE)


def check(old: OldLoan, new: Renewing, rules: RenewalRules) -> None:
    """Violation on the first breach, which tells of all of them."""
    found = list(breaches(old, new, rules))
    if found:
        told = " ".join(f"{one.message} {one.mend}" for one in found)
        raise Violation(found[0].field, told, "See each.", SOURCE)


def class_of(old: OldLoan, attested: frozenset[RenewalCondition]) -> LoanClass:
    """NORMAL only where the old loan is and the bank attests all five conditions; else at least SPECIAL_MENTION."""
    if old.loan_class is not LoanClass.NORMAL:
        return old.loan_class
    return LoanClass.NORMAL if attested == frozenset(RenewalCondition) else LoanClass.SPECIAL_MENTION


def _late(field: str, what: str, on: date, old: OldLoan, rules: RenewalRules) -> Iterator[Violation]:
    if on < old.matures_on or (on == old.matures_on and rules.on_maturity_day):
        return
    last = "on" if rules.on_maturity_day else "before"
    message = f"{what} on {on}; the old loan falls due on {old.matures_on}."
    yield Violation(field, message, f"It must be {last} that day at the latest.", SOURCE)


def _outside(old: OldLoan, rules: RenewalRules) -> Iterator[Violation]:
    scope = rules.scope
    if old.kind not in scope.product_kinds:
        kinds = ", ".join(scope.product_kinds)
        yield Violation(
            "renewal/loan_id", f"The old loan is {old.kind}.", f"Only {kinds} are renewed so.", SOURCE
        )
    if old.owner_kind in scope.owner_kinds or old.size in scope.sizes:
        return
    if old.size is Size.MEDIUM:
        yield from _too_late_for_medium(old, rules)
        return
    who = "not judged in its size" if old.size is None else old.size
    sizes = ", ".join((*scope.sizes, *scope.owner_kinds, Size.MEDIUM))
    yield Violation("renewal/loan_id", f"The borrower is {who}.", f"Only for {sizes}.", SOURCE)


def _too_late_for_medium(old: OldLoan, rules: RenewalRules) -> Iterator[Violation]:
    if old.matures_on > rules.medium_until:
        message = f"A loan of a medium-sized firm falls due on {old.matures_on}."
        mend = f"Only those that fall due by {rules.medium_until} are renewed so."
        yield Violation("renewal/loan_id", message, mend, SOURCE)
