"""What stands against a pledge: every reason for which a register refuses it, and what the product does not take."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from libs.criteria.violation import Violation
from libs.finance.daycount import add_months, add_years
from libs.finance.money import yuan_text
from libs.registry.loan_terms import IpRightKind
from services.lending.domain.pledge import (
    ARISES,
    PATENTS,
    IpTerms,
    NewPledge,
    Pledge,
    PledgeStatus,
    RightKind,
    right_key,
)
from services.lending.domain.product import ProductTerms

PATENT_REGISTER = "Measures for Registering Pledges of Patents (CNIPA announcement 461), grounds for refusal"
TRADEMARK_REGISTER = (
    "Rules for Registering Pledges of Trademarks (CNIPA announcement 358), grounds for refusal"
)
COPYRIGHT_REGISTER = "Measures for Registering Pledges of Copyright (NCAC order 8), grounds for refusal"
CIVIL_CODE_440 = "Civil Code, article 440"
_REGISTERS = {
    RightKind.TRADEMARK: TRADEMARK_REGISTER,
    RightKind.COPYRIGHT: COPYRIGHT_REGISTER,
    RightKind.RECEIVABLE: CIVIL_CODE_440,
}


def source_of(kind: RightKind) -> str:
    return _REGISTERS.get(kind, PATENT_REGISTER)


def cap_of(terms: ProductTerms, kind: RightKind) -> int | None:
    """The part of a right's value that the product lends on, in basis points; None where it takes no such right."""
    if kind is RightKind.RECEIVABLE:
        return terms.receivables_cap_bp
    return next((cap.cap_bp for cap in terms.ip_pledge_caps if cap.right is IpRightKind(kind)), None)


def life_ends(kind: RightKind, ip: IpTerms, years: int) -> date:
    """The last day of a right that lasts so many years. A firm's work is protected to the end of its last year."""
    if kind is RightKind.TRADEMARK and ip.renewed_until is not None:
        return ip.renewed_until
    ends = add_years(ip.runs_from, years)
    return ends.replace(month=12, day=31) if kind is RightKind.COPYRIGHT else ends


def outlived(ends_on: date, matures_on: date, margin_months: int) -> bool:
    """Whether a right outlives a debt by the bank's margin."""
    return ends_on >= add_months(matures_on, margin_months)


def refusals(
    new: NewPledge, ends_on: date | None, debt_ends_on: date, margin_months: int, today: date
) -> list[Violation]:
    """Everything for which this pledge would be refused, whatever the product."""
    found = [*_of_title(new), *_of_claim(new)]
    if new.ip is not None and ends_on is not None:
        found += _of_right(new.kind, new.ip, ends_on, today)
        found += _of_life(new.kind, ends_on, debt_ends_on, margin_months)
    return found


def at_drawdown(pledge: Pledge, disbursed_on: date, matures_on: date, today: date) -> list[Violation]:
    """What stands against a loan on this pledge, as the right stands today."""
    found = list[Violation]()
    arose = pledge.registration
    if arose is not None and arose.registered_on > disbursed_on:
        why = f"Pledge {pledge.id} arose on {arose.registered_on}, after the loan."
        found.append(Violation("pledges", why, "Pay out on or after the registration.", ARISES))
    if pledge.status is not PledgeStatus.REGISTERED:
        why = f"Pledge {pledge.id} is {pledge.status}: it arises with its registration."
        found.append(Violation("pledges", why, "Report the registration first.", ARISES))
    if pledge.ip is not None and pledge.ends_on is not None:
        found += _of_right(pledge.kind, pledge.ip, pledge.ends_on, today)
    return found + outlasted(pledge, matures_on)


def outlasted(pledge: Pledge, matures_on: date) -> list[Violation]:
    """Whether a debt until that day outlasts the right; a receivable has no last day."""
    if pledge.ends_on is None:
        return []
    return list(_of_life(pledge.kind, pledge.ends_on, matures_on, pledge.margin_months))


def missing(wanted: Sequence[str], pledges: Iterable[Pledge]) -> list[Violation]:
    """The rights of an application on which no pledge stands, by their register numbers."""
    held = {right_key(one.kind, one.number, one.owner).rpartition("/")[2] for one in pledges}
    kinds = (RightKind.INVENTION, RightKind.TRADEMARK)  # patents are written in more ways than other rights
    return [
        Violation("pledges", f"{number} is not pledged.", "Record its pledge, and its registration.", ARISES)
        for number in wanted
        if not held & {right_key(kind, number, "").rpartition("/")[2] for kind in kinds}
    ]


def beyond_caps(pledges: Iterable[Pledge], lent_fen: int, more_fen: int) -> list[Violation]:
    """What is lent and to be lent, against what the pledges carry together."""
    carried_fen = sum(one.lendable_fen for one in pledges if one.status is PledgeStatus.REGISTERED)
    if lent_fen + more_fen <= carried_fen:
        return []
    why = f"The pledges carry {yuan_text(carried_fen)} yuan; with this, {yuan_text(lent_fen + more_fen)} are lent."
    left = yuan_text(max(carried_fen - lent_fen, 0))
    return [Violation("amount_fen", why, f"Pay out {left} yuan at most, or take another pledge.")]


def check(found: Sequence[Violation]) -> None:
    """Raise everything that was found as one: the first names the field, all say their words and sources."""
    if found:
        sources = dict.fromkeys(one.source for one in found if one.source)
        raise Violation(
            found[0].field,
            " ".join(one.message for one in found),
            " ".join(dict.fromkeys(one.mend for one in found)),
            "; ".join(sources) or None,
        )


def _of_title(new: NewPledge) -> Iterator[Violation]:
    if new.co_owned and not new.co_owners_consent:
        why = "The right has several owners, and not all agreed."
        yield Violation("co_owners_consent", why, "Get the consent of all owners.", source_of(new.kind))
    if new.rank > 1 and new.kind is not RightKind.RECEIVABLE:
        why = "The right is pledged already: a second pledge is not registered."
        yield Violation("rank", why, "Have the first pledge released.", source_of(new.kind))


def _of_claim(new: NewPledge) -> Iterator[Violation]:
    claim = new.receivable
    if claim is not None and new.valuation.amount_fen > claim.amount_fen:
        why = f"The claim is worth no more than the {yuan_text(claim.amount_fen)} yuan that are owed."
        yield Violation("valuation/amount_fen", why, "Value it at most at what is owed.", CIVIL_CODE_440)


def _of_right(kind: RightKind, ip: IpTerms, ends_on: date, today: date) -> Iterator[Violation]:
    source = source_of(kind)
    if ip.runs_from > today:
        yield Violation("ip/runs_from", f"The right begins on {ip.runs_from}.", "Wait for it.", source)
    ended = min(ends_on, ip.ended_on or ends_on)
    if ended < today:
        yield Violation("ip/runs_from", f"The right ended on {ended}.", "Take a right that lives.", source)
    if ip.disputed:
        yield Violation(
            "ip/disputed", "Its ownership is disputed.", "Wait for the end of the dispute.", source
        )
    if kind in PATENTS and ip.fee_paid_until is not None and ip.fee_paid_until < today:
        why = f"Annual fees are paid until {ip.fee_paid_until} only."
        yield Violation("ip/fee_paid_until", why, "Pay them, and report it.", source)


def _of_life(kind: RightKind, ends_on: date, matures_on: date, margin_months: int) -> Iterator[Violation]:
    if outlived(ends_on, matures_on, margin_months):
        return
    margin = f" and {margin_months} months more" if margin_months else ""
    why = f"The debt ends on {matures_on}{margin}; the right ends on {ends_on}: the debt outlasts it."
    mend = "Renew the trademark, or shorten the loan." if kind is RightKind.TRADEMARK else "Shorten the loan."
    yield Violation("debt_ends_on", why, mend, source_of(kind))
