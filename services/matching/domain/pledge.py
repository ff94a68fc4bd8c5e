"""Intellectual property as security: what a bank lends on the firm's rights (Civil Code 440, 444; rules §7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from libs.finance.daycount import add_months
from libs.finance.money import BP, floor
from libs.finance.rates import MONTHS_PER_YEAR
from libs.registry.loan_terms import IpRightKind
from services.matching.domain.answer import PlanPledge, PledgedRight
from services.matching.domain.firm import IpRight
from services.matching.domain.offer import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """`lends_fen` is the sum of value times cap over `rights`."""

    rights: tuple[str, ...]
    appraised_fen: int
    lends_fen: int


def pledge(
    caps: Mapping[IpRightKind, int], rights: Sequence[IpRight], drawn_on: date, held_months: int
) -> Pledge:
    """What unencumbered rights carry that outlive the loan and the bank's margin: a debt may not outlast its pledge.

    `caps` in basis points of the appraised value; `held_months`: term and margin together. A right whose value is
    not opened to the platform carries nothing that could be counted; `unvalued` says so in words.
    """
    fit = _fit(caps, rights, add_months(drawn_on, held_months))
    return Pledge(
        rights=tuple(right.id for right in fit),
        appraised_fen=sum(right.appraised_fen or 0 for right in fit),
        lends_fen=sum(_lends(right, caps) for right in fit),
    )


def unvalued(rights: Sequence[IpRight]) -> bool:
    """Whether the firm has free rights of which the platform may not know what they are worth."""
    return any(right.appraised_fen is None and not right.encumbered for right in rights)


def needed(
    terms: Terms, rights: Sequence[IpRight], amount_fen: int, drawn_on: date, term_months: int
) -> PlanPledge | None:
    """The rights that carry most, as many as the amount needs; None where all of them do not reach it."""
    caps = {cap.right: cap.cap_bp for cap in terms.ip_pledge_caps}
    fit = _fit(caps, rights, add_months(drawn_on, term_months + terms.ip_margin_months))
    ordered = sorted(fit, key=lambda right: (-(right.appraised_fen or 0) * caps[right.kind], right.id))
    taken, lends_fen = list[IpRight](), 0
    for right in ordered:
        taken.append(right)
        lends_fen += _lends(right, caps)
        if lends_fen >= amount_fen:
            return _plan(taken, caps, drawn_on)
    return None


def _plan(taken: Sequence[IpRight], caps: Mapping[IpRightKind, int], drawn_on: date) -> PlanPledge:
    items = tuple(
        PledgedRight(
            id=right.id,
            kind=right.kind,
            appraised_fen=right.appraised_fen or 0,
            cap_bp=caps[right.kind],
            lends_fen=_lends(right, caps),
            expires_on=right.expires_on,
            months_left=_whole_months(drawn_on, right.expires_on),
        )
        for right in taken
    )
    return PlanPledge(
        rights=tuple(item.id for item in items),
        appraised_fen=sum(item.appraised_fen for item in items),
        lends_fen=sum(item.lends_fen for item in items),
        items=items,
    )


def _fit(caps: Mapping[IpRightKind, int], rights: Sequence[IpRight], last: date) -> list[IpRight]:
    return [
        right
        for right in rights
        if not right.encumbered
        and right.appraised_fen is not None
        and right.expires_on >= last
        and right.kind in caps
    ]


def _lends(right: IpRight, caps: Mapping[IpRightKind, int]) -> int:
    return floor((right.appraised_fen or 0) * caps[right.kind], BP)


def _whole_months(start: date, end: date) -> int:
    months = (end.year - start.year) * MONTHS_PER_YEAR + end.month - start.month
    return months if add_months(start, months) <= end else months - 1
