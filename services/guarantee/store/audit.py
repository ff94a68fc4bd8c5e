"""What the tables beside the ledger hold, as amounts by key: the audit sets them against what the entries add up to."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from libs.chassis.database import ReadTx
from libs.chassis.rows import from_row
from libs.finance.split import covered
from services.guarantee.domain.claim import ClaimStatus
from services.guarantee.domain.due import UNPAID
from services.guarantee.domain.exposure import Exposure
from services.guarantee.domain.guarantor import Tier
from services.guarantee.domain.limits import Rule
from services.guarantee.domain.terms import BANK
from services.guarantee.store import claims as claim_store
from services.guarantee.store import tables as t
from services.guarantee.store.party_tables import related_parties

Table = Mapping[tuple[str, ...], int]

_WEIGHTED = (Rule.LEVERAGE, Rule.GROUP)
_ROWS_AT_A_TIME = 5000


class Drawn(NamedTuple):
    """What the release of a loan is measured by."""

    programme: str
    bank: str
    drawn_on: date


def direct(tx: ReadTx) -> frozenset[str]:
    rows = tx.rows(sa.select(t.guarantors.c.id).where(t.guarantors.c.tier == Tier.LOCAL))
    return frozenset(row.id for row in rows)


def openings(tx: ReadTx) -> Mapping[str, int]:
    """The total of each guarantor's book from off the platform that is not loaded yet, contract by contract."""
    here = t.guarantors.c
    rows = tx.rows(sa.select(here.id, here.opening_liability_fen))
    return {row.id: row.opening_liability_fen for row in rows}


def balances(tx: ReadTx) -> Table:
    rows = tx.execute(sa.select(t.ledger_balances))
    return {(row.book, row.account, row.other): row.amount_fen for row in rows}


def drawn(tx: ReadTx) -> Table:
    """What each direct guarantor stands for of each borrower, from the loans under cover."""
    both = t.drawdowns.join(t.guarantees, t.guarantees.c.id == t.drawdowns.c.guarantee_id)
    here = t.drawdowns.c
    query = sa.select(
        t.guarantees.c.guarantor, t.guarantees.c.party, here.outstanding_fen, here.shares
    ).select_from(both)
    sums: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for row in _streamed(tx, query.where(here.outstanding_fen > 0)):
        sums[row.guarantor, row.party] += covered(row.outstanding_fen, row.shares)
    return sums


def returned(tx: ReadTx) -> Table:
    here = t.exposures.c
    rows = _streamed(tx, sa.select(t.exposures).where(here.returned_fen != 0))
    return {(row.guarantor, row.party): row.returned_fen for row in rows}


def owed(tx: ReadTx, books: Collection[str]) -> Table:
    """The unpaid dues of those who keep a book, by debtor and creditor."""
    here = t.dues.c
    total = sa.func.sum(here.amount_fen).label("fen")
    mine = here.status.in_(UNPAID) & here.debtor.in_(books)
    rows = tx.rows(
        sa.select(here.debtor, here.creditor, total).where(mine).group_by(here.debtor, here.creditor)
    )
    return {(row.debtor, row.creditor): int(row.fen) for row in rows}


def losses(tx: ReadTx) -> Table:
    """By claim, what the system bears and has not recovered."""
    here = t.claims.c
    decided = here.status.not_in((ClaimStatus.NOTIFIED, ClaimStatus.REFUSED))
    found = (claim_store.of_row(row) for row in _streamed(tx, sa.select(t.claims).where(decided)))
    return {
        (claim.id,): sum(part.remains_fen for part in claim.parts if part.party != BANK) for claim in found
    }


def holds(tx: ReadTx) -> Table:
    """By limit, what all guarantees together take of it."""
    total = sa.func.sum(t.holds.c.amount_fen).label("fen")
    rows = tx.rows(sa.select(t.holds.c.limit_key, total).group_by(t.holds.c.limit_key))
    return {(row.limit_key,): int(row.fen) for row in rows}


def held(tx: ReadTx) -> Table:
    """By limit, what it counts from the platform; for a borrower's concentration, its unweighted exposure."""
    plain = t.limits.c.rule.not_in((*_WEIGHTED, Rule.CONCENTRATION))
    rows = _streamed(tx, sa.select(t.limits).where(plain))
    counted = {(row.key,): row.held_fen - row.returned_fen for row in rows}
    raw = {(f"guarantor/{one.guarantor}/borrower/{one.party}",): one.platform_fen for one in exposures(tx)}
    return counted | raw


def exposures(tx: ReadTx) -> Iterator[Exposure]:
    return (from_row(Exposure, row) for row in _streamed(tx, sa.select(t.exposures)))


def weighed(tx: ReadTx) -> Table:
    rows = tx.rows(sa.select(t.limits).where(t.limits.c.rule.in_(_WEIGHTED)))
    return {(row.key, row.rule): row.held_fen for row in rows}


def groups(tx: ReadTx) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The groups of related parties that each guarantor has a limit for, by guarantor and party."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for row in tx.rows(sa.select(related_parties)):
        members[row.related_group].append(row.party)
    found: defaultdict[tuple[str, str], tuple[str, ...]] = defaultdict(tuple)
    for guarantor in direct(tx):
        for group, parties in members.items():
            for party in parties:
                found[guarantor, party] += (group,)
    return found


def released(tx: ReadTx) -> Table:
    found: dict[tuple[str, ...], int] = {}
    for row in tx.rows(sa.select(t.caps)):
        found[row.key, "principal"] = row.released_fen
        found[row.key, "principal by days"] = row.released_fen_days
    return found


def loans(tx: ReadTx) -> Mapping[str, Drawn]:
    both = t.drawdowns.join(t.guarantees, t.guarantees.c.id == t.drawdowns.c.guarantee_id)
    here = t.guarantees.c
    query = sa.select(t.drawdowns.c.loan_id, here.programme, here.bank, t.drawdowns.c.drawn_on)
    rows = _streamed(tx, query.select_from(both))
    return {row.loan_id: Drawn(row.programme, row.bank, row.drawn_on) for row in rows}


def _streamed(tx: ReadTx, query: sa.Executable) -> Iterator[sa.Row[Any]]:
    yield from tx.execute(query.execution_options(yield_per=_ROWS_AT_A_TIME))
