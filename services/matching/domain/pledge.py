"""Intellectual property as security: what a bank lends on the firm's rights (Civil Code 440, 444; rules §7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from libs.finance.daycount import add_months
from libs.finance.money import BP, floor
from services.matching.domain.firm import IpRight
from services.matching.domain.offer import IpPledgeCap, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """`lends_fen` is the sum of value times cap over `rights`."""

    rights: tuple[str, ...]
    appraised_fen: int
    lends_fen: int


def pledge(
    caps: Sequence[IpPledgeCap], margin_months: int, rights: Sequence[IpRight], drawn_on: date, term_months: int
) -> Pledge:
    """What unencumbered rights carry that outlive the loan by the margin: a debt may not outlast its pledge."""
    last = add_months(drawn_on, term_months + margin_months)
    cap_of = {cap.right: cap.cap_bp for cap in caps}
    fit = [right for right in rights if not right.encumbered and right.expires_on >= last and right.kind in cap_of]
    return Pledge(
        rights=tuple(right.id for right in fit),
        appraised_fen=sum(right.appraised_fen for right in fit),
        lends_fen=sum(floor(right.appraised_fen * cap_of[right.kind], BP) for right in fit),
    )


def needed(
    terms: Terms, rights: Sequence[IpRight], amount_fen: int, drawn_on: date, term_months: int
) -> Pledge | None:
    """The most valuable rights, as many as the amount needs; None where all of them do not reach it."""
    cap_of = {cap.right: cap.cap_bp for cap in terms.ip_pledge_caps}
    by_worth = sorted(rights, key=lambda right: (-right.appraised_fen * cap_of.get(right.kind, 0), right.id))
    for count in range(1, len(by_worth) + 1):
        some = pledge(terms.ip_pledge_caps, terms.ip_margin_months, by_worth[:count], drawn_on, term_months)
        if some.lends_fen >= amount_fen:
            return some
    return None
