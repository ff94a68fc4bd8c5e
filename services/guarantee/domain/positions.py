"""What each book of the chain stands for of a loan, and the movements that bring it from one moment to the next.

Movements are differences of totals, so that rounding never drifts: after each, a book stands exactly at its part of
what is outstanding.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.guarantee.domain.drawdown import Drawdown, DrawdownStatus, liability, part
from services.guarantee.domain.filing import Filing
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.ledger import Account, Kind, Movement, Posting, transfer

Balances = Counter[tuple[str, Account, str]]  # (book, account, other) -> fen, debits positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A loan with its filings, as they are at one moment."""

    drawdown: Drawdown
    filings: Sequence[Filing] = ()


def positions(guarantee: Guarantee, moment: Moment) -> Balances:
    """What of a loan under cover stands in each book: the guarantor's own, and the tiers' that accepted it.

    The guarantor's shows the whole principal, with the bank's part; a tier's shows the tier's own part.
    """
    found, line = Balances(), moment.drawdown
    if line.status is not DrawdownStatus.EFFECTIVE:
        return found
    own_fen = liability(line)
    found[guarantee.guarantor, Account.GUARANTEED, ""] = line.outstanding_fen
    found[guarantee.guarantor, Account.LIABILITY, guarantee.party] = -own_fen
    found[guarantee.guarantor, Account.BANK_SHARE, ""] = own_fen - line.outstanding_fen
    for filing in moment.filings:
        if filing.covers_until is not None:
            part_fen = part(line, filing.layer)
            found[filing.organisation, Account.GUARANTEED, guarantee.guarantor] += part_fen
            found[filing.organisation, Account.LIABILITY, guarantee.party] -= part_fen
    return found


def movements(
    guarantee: Guarantee, before: Moment, after: Moment, on: date, out: Kind = Kind.LIABILITY_RELEASED
) -> list[Movement]:
    """The entries from one moment to another, a book each; `out`: why liability leaves the books, where it does."""
    new = positions(guarantee, after)
    new.subtract(positions(guarantee, before))
    changes: defaultdict[str, list[Posting]] = defaultdict(list)
    for (book, account, other), change_fen in sorted(new.items()):
        if change_fen:
            changes[book].append(Posting(account, other, change_fen))
    return [
        Movement(
            book=book,
            kind=Kind.LIABILITY_TAKEN if _is_taken(postings) else out,
            on=on,
            reference=guarantee.id,
            loan_id=after.drawdown.loan_id,
            postings=tuple(postings),
        )
        for book, postings in changes.items()
    ]


def guarantee_fee(guarantee: Guarantee, drawdown: Drawdown, on: date) -> list[Movement]:
    """The fee of the firm for the whole term of the loan, which the direct guarantor has before the disbursement."""
    paid = transfer((Account.CASH, guarantee.party), (Account.FEE_INCOME, ""), drawdown.fee_fen)
    return [
        Movement(
            book=guarantee.guarantor,
            kind=Kind.FEE_CHARGED,
            on=on,
            reference=guarantee.id,
            loan_id=drawdown.loan_id,
            postings=paid,
        )
    ]


def _is_taken(postings: Sequence[Posting]) -> bool:
    return any(
        line.amount_fen > 0 if line.account is Account.GUARANTEED else line.amount_fen < 0
        for line in postings
        if line.account in (Account.GUARANTEED, Account.LIABILITY)
    )
