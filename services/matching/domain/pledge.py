"""Intellectual property as security: what a bank lends on the firm's rights (Civil Code 440, 444; rules §7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from libs.finance.daycount import add_months
from libs.finance.money import BP, floor
from libs.registry.loan_terms import IpRightKind
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

    `caps` in basis points of the appraised value; `held_months`: term and margin together.
    """
    last = add_months(drawn_on, held_months)
    fit = [
        right for right in rights if not right.encumbered and right.expires_on >= last and right.kind in caps
    ]
    return Pledge(
        rights=tuple(right.id for right in fit),
        appraised_fen=sum(right.appraised_fen for right in fit),
        lends_fen=sum(floor(right.appraised_fen * caps[right.kind], BP) for right in fit),
    )


def needed(
    terms: Terms, rights: Sequence[IpRight], amount_fen: int, drawn_on: date, term_months: int
) -> Pledge | None:
    """The rights that carry most, as many as the amount needs; None where all of them do not reach it."""
    caps = {cap.right: cap.cap_bp for cap in terms.ip_pledge_caps}
    held_months = term_months + terms.ip_margin_months
    fit = [right for right in rights if pledge(caps, (right,), drawn_on, held_months).rights]
    ordered = sorted(fit, key=lambda right: (-right.appraised_fen * caps[right.kind], right.id))
    for count in range(1, len(ordered) + 1):
        some = pledge(caps, ordered[:count], drawn_on, held_months)
        if some.lends_fen >= amount_fen:
            return some
    return None
