"""The plan of a loan: what falls due on which day. Each version is whole, and its principal sums to the loan's.

Months are counted from the drawdown, whose day of the month is the day of payment. Interest of a month is a twelfth of
the annual rate, of a loan repaid on demand by days (act/360). What came early bears interest by days until it came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months, days_between, interest_for_days
from libs.finance.money import ceiling, share_of
from libs.finance.schedule import (
    MONTHLY,
    Instalment,
    PrincipalPart,
    RepaymentMethod,
    level_payment,
    schedule,
)

_INTEREST_APART = (RepaymentMethod.INTEREST_FIRST, RepaymentMethod.ON_DEMAND, RepaymentMethod.PLANNED)


class DueKind(StrEnum):
    INSTALMENT = "INSTALMENT"
    EARLY = "EARLY"
    """Principal that came before it was due."""


class PlanReason(StrEnum):
    DRAWDOWN = "DRAWDOWN"
    EARLY_REPAYMENT = "EARLY_REPAYMENT"
    RATE_RESET = "RATE_RESET"
    EXTENSION = "EXTENSION"


class Replan(StrEnum):
    """How the rest is planned after more principal came than was due."""

    SHORTER_TERM = "SHORTER_TERM"
    LOWER_INSTALMENT = "LOWER_INSTALMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due(Shape):
    """What falls due on a day; `balance_fen` is left after it."""

    due_on: date
    kind: DueKind = DueKind.INSTALMENT
    principal_fen: int
    interest_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Shape):
    version: int
    reason: PlanReason
    from_on: date
    rate_ppm: int
    dues: tuple[Due, ...]

    @property
    def ends_on(self) -> date:
        return self.dues[-1].due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Shape):
    """The plan in force, those before it, and what was due and paid until a day.

    `interest_difference_fen`: paid less due, which is told and never refused: a bank counts days, a plan months.
    """

    loan_id: str
    plan: Plan
    earlier: tuple[Plan, ...]
    as_of: date
    principal_due_fen: int
    principal_paid_fen: int
    interest_due_fen: int
    interest_paid_fen: int
    interest_difference_fen: int
    days_past_due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What of a loan stays the same in all versions of its plan. `interest_months`: for methods with interest apart."""

    amount_fen: int
    starts: date
    method: RepaymentMethod
    interest_months: int = MONTHLY

    def period(self, months: int) -> int:
        """Months from one payment of interest to the next, in a plan of so many."""
        if self.method is RepaymentMethod.BULLET:
            return months
        return self.interest_months if self.method in _INTEREST_APART else MONTHLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Why and from when a plan is another, with the principal repaid by then and the rate and months from then on."""

    reason: PlanReason
    on: date
    repaid_fen: int
    rate_ppm: int
    months: int


def opening(form: Form, rate_ppm: int, months: int, parts: Sequence[PrincipalPart] = ()) -> Plan:
    """The first version. Violation for parts that are no plan."""
    planned = _instalments(form, form.amount_fen, rate_ppm, months, parts)
    dues = _dated(form, planned, form.amount_fen, rate_ppm, skipped=0)
    return Plan(
        version=1, reason=PlanReason.DRAWDOWN, from_on=form.starts, rate_ppm=rate_ppm, dues=tuple(dues)
    )


def replanned(before: Plan, form: Form, change: Change, earlier: Sequence[Plan] = ()) -> Plan:
    """The next version: what was due stays, what came early is told, the rest is planned anew.

    `earlier`: the versions before `before`, the newest first, for the rates at which interest ran up.
    Violation from the last day on: nothing is left to plan.
    """
    if change.on >= add_months(form.starts, change.months):
        mend = "Report what is paid, without a new plan."
        raise Violation("replan", f"The plan ends by {change.on}.", mend)
    past = _past(before, change)
    left_fen = form.amount_fen - sum(due.principal_fen for due in past)
    period = form.period(change.months)
    done = months_until(form.starts, change.on)
    done = min(done - done % period, change.months - 1)
    since = add_months(form.starts, done)
    parts = _parts(before, form, change, left_fen, done)
    planned = _instalments(form, left_fen, change.rate_ppm, change.months - done, parts) if left_fen else ()
    coming = _dated(form, planned, left_fen, change.rate_ppm, skipped=done)
    later = [due for due in coming if due.due_on > change.on]
    if later:
        first, run_up = later[0], _run_up((before, *earlier), past, since, change, left_fen)
        later[0] = Due(
            due_on=first.due_on,
            principal_fen=first.principal_fen,
            interest_fen=max(0, first.interest_fen + run_up),
            balance_fen=first.balance_fen,
        )
    return Plan(
        version=before.version + 1,
        reason=change.reason,
        from_on=change.on,
        rate_ppm=change.rate_ppm,
        dues=(*past, *later),
    )


def fewest_months(before: Plan, form: Form, on: date, left_fen: int) -> int:
    """Months of the whole plan when what is left is repaid in instalments no higher than before.

    Violation for a method without equal instalments.
    """
    ahead = _ahead(before, on)
    done = months_until(form.starts, on)
    if form.method is RepaymentMethod.EQUAL_PRINCIPAL:
        return done + ceiling(left_fen, max(1, ahead[0].principal_fen))
    if form.method is RepaymentMethod.EQUAL_INSTALMENT:
        usual = ahead[min(1, len(ahead) - 1)]
        most_fen = usual.principal_fen + usual.interest_fen
        enough = (n for n in range(1, len(ahead)) if level_payment(left_fen, before.rate_ppm, n) <= most_fen)
        return done + next(enough, len(ahead))
    mend = "Ask for LOWER_INSTALMENT, or repay in full."
    raise Violation("replan", f"A loan repaid by {form.method} has no equal instalments to keep.", mend)


def due_until(plan: Plan, on: date) -> tuple[int, int]:
    """Principal and interest that have fallen due by a day, that day included."""
    fallen = [due for due in plan.dues if due.due_on <= on]
    return sum(due.principal_fen for due in fallen), sum(due.interest_fen for due in fallen)


def oldest_unpaid(plan: Plan, principal_fen: int, interest_fen: int, tolerance_bp: int) -> date | None:
    """The first day whose dues so much money does not cover, the oldest paid first; None when all is paid.

    Interest may fall short by a part of one payment: plans count months, banks count days.
    """
    for due in plan.dues:
        principal_fen -= due.principal_fen
        interest_fen -= due.interest_fen
        if principal_fen < 0 or interest_fen + share_of(due.interest_fen, tolerance_bp) < 0:
            return due.due_on
    return None


def interest_run_up(plan: Plan, form: Form, fen: int, on: date, earlier: Sequence[Plan] = ()) -> int:
    """Interest by days on principal that is repaid on a day, since interest was last due."""
    months = months_until(form.starts, plan.ends_on)
    period = form.period(months)
    done = months_until(form.starts, on)
    since = add_months(form.starts, min(done - done % period, months))
    return _at_rates((plan, *earlier), fen, since, max(on, since))


def months_until(start: date, end: date) -> int:
    """Whole months from start to end: the largest number whose corresponding day is not after the end."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) <= end else months - 1


def _instalments(
    form: Form, left_fen: int, rate_ppm: int, months: int, parts: Sequence[PrincipalPart]
) -> Sequence[Instalment]:
    return schedule(
        left_fen, rate_ppm, months, form.method, interest_months=form.interest_months, parts=parts
    )


def _dated(
    form: Form, planned: Sequence[Instalment], left_fen: int, rate_ppm: int, skipped: int
) -> list[Due]:
    """The instalments on their days; of a loan on demand with interest by days."""
    dues, start = list[Due](), add_months(form.starts, skipped)
    for one in planned:
        due_on = add_months(form.starts, skipped + one.number)
        interest_fen = one.interest_fen
        if form.method is RepaymentMethod.ON_DEMAND:
            interest_fen = interest_for_days(left_fen, rate_ppm, days_between(start, due_on))
        dues.append(
            Due(
                due_on=due_on,
                principal_fen=one.principal_fen,
                interest_fen=interest_fen,
                balance_fen=one.balance_fen,
            )
        )
        start, left_fen = due_on, one.balance_fen
    return dues


def _past(before: Plan, change: Change) -> list[Due]:
    """What was due by the day of the change, and what came early beside it."""
    past = [due for due in before.dues if due.due_on <= change.on]
    early_fen = change.repaid_fen - sum(due.principal_fen for due in past)
    if early_fen <= 0:
        return past
    total_fen = sum(due.principal_fen for due in before.dues)
    early = Due(
        due_on=change.on,
        kind=DueKind.EARLY,
        principal_fen=early_fen,
        interest_fen=0,
        balance_fen=total_fen - change.repaid_fen,
    )
    return [*past, early]


def _ahead(plan: Plan, on: date) -> list[Due]:
    """The instalments after a day. What came early later than that is told again as it came."""
    return [due for due in plan.dues if due.due_on > on and due.kind is DueKind.INSTALMENT]


def _run_up(plans: Sequence[Plan], past: Sequence[Due], since: date, change: Change, left_fen: int) -> int:
    """Interest by days of this period that the rest does not bear: on what came in it, and at other rates before."""
    came = [due for due in past if since < due.due_on]
    borne = sum(_at_rates(plans, due.principal_fen, since, due.due_on) for due in came)
    until = max(since, change.on)
    at_new = interest_for_days(left_fen, change.rate_ppm, days_between(since, until))
    return borne + _at_rates(plans, left_fen, since, until) - at_new


def _at_rates(plans: Sequence[Plan], principal_fen: int, since: date, until: date) -> int:
    """Interest by days at the rates that were in force; `plans`: the newest first."""
    rates, end = 0, until
    for plan in plans:
        start = since if plan is plans[-1] else max(since, min(plan.from_on, end))
        rates += plan.rate_ppm * days_between(start, end)
        end = start
    return interest_for_days(principal_fen, rates, 1)


def _parts(before: Plan, form: Form, change: Change, left_fen: int, done: int) -> tuple[PrincipalPart, ...]:
    """A planned loan's parts still to come, cut in proportion to what is left; the last takes the rounding."""
    if form.method is not RepaymentMethod.PLANNED or not left_fen:
        return ()
    ahead = [due for due in _ahead(before, change.on) if due.principal_fen]
    planned_fen = sum(due.principal_fen for due in ahead)
    months = [months_until(form.starts, due.due_on) - done for due in ahead]
    if not ahead:
        return (PrincipalPart(month=change.months - done, principal_fen=left_fen),)
    months[-1] = change.months - done
    cut = [due.principal_fen * left_fen // planned_fen for due in ahead]
    cut[-1] += left_fen - sum(cut)
    pairs = zip(months, cut, strict=True)
    return tuple(PrincipalPart(month=month, principal_fen=fen) for month, fen in pairs if fen)
