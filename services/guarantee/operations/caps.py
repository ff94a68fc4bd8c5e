"""Caps: what releases add to them, how they stand, and who may see it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from services.guarantee.domain import cap as cap_rules
from services.guarantee.domain.cap import Bucket, CapStanding, CapStandings
from services.guarantee.domain.programme import Programme, Rulebook
from services.guarantee.store import audit as audit_store
from services.guarantee.store import caps as cap_store
from services.guarantee.store import opening as opening_store
from services.guarantee.store import rules as rule_store


def note_release(
    tx: WriteTx, programme: Programme, bank: str, principal_fen: int, days: int, on: date, *, by_claim: bool
) -> None:
    """Count principal that left cover on a day, after so many days under it."""
    if principal_fen and (not by_claim or programme.cap.counts_claim_release):
        cap_store.add_release(tx, cap_rules.bucket_of(programme, bank, on), principal_fen, days)


def standing(tx: ReadTx, programme: Programme, bank: str, on: date) -> tuple[CapStanding, int]:
    """How the bucket stands in which a claim of the day would count, and what of it was paid off the platform."""
    empty = cap_rules.bucket_of(programme, bank, on)
    return _whole_standing(tx, cap_store.get(tx, empty.key) or empty, programme)


def standing_of(tx: ReadTx, bucket: Bucket, programme: Programme) -> CapStanding:
    return _whole_standing(tx, bucket, programme)[0]


def room(tx: ReadTx, bucket: Bucket, programme: Programme) -> int:
    """What a bucket allows the platform's claims, with what returns tell of releases and claims of its period."""
    whole, paid_fen = _with_returns(tx, bucket)
    return cap_rules.money(whole, programme) - paid_fen


def list_caps(tx: ReadTx, by: Principal) -> CapStandings:
    """Every bucket that anything counts in; a bank sees its own and those of all banks."""
    by.require(*BANK, *GUARANTOR, Role.REGUARANTOR, Role.REGULATOR, Role.OPERATOR)
    rulebook = rule_store.rulebook(tx)
    mine = [
        bucket
        for bucket in cap_store.all_of_them(tx)
        if by.role not in BANK or bucket.bank in (None, by.organisation)
    ]
    found = [(bucket, in_period(rulebook, bucket, tx.today)) for bucket in mine]
    return CapStandings(
        items=tuple(
            standing_of(tx, bucket, programme) for bucket, programme in found if programme is not None
        )
    )


def in_period(rulebook: Rulebook, bucket: Bucket, today: date) -> Programme | None:
    """The version whose cap governs a bucket: the last of its period, or today's while that runs."""
    last = date(bucket.period, 12, 31) if bucket.period else today
    return rulebook.last_version(bucket.programme, min(last, today))


def counted(tx: ReadTx, releases: Iterable[tuple[str, int, date, bool]]) -> dict[tuple[str, ...], int]:
    """What all buckets add up to, from (loan, principal, day, by a claim) of every release."""
    loans, rulebook = audit_store.loans(tx), rule_store.rulebook(tx)
    sums: defaultdict[tuple[str, ...], int] = defaultdict(int)
    versions: dict[tuple[str, date], Programme | None] = {}
    for loan_id, principal_fen, on, by_claim in releases:
        loan = loans[loan_id]
        known = (loan.programme, on)
        if known not in versions:
            versions[known] = rulebook.last_version(loan.programme, on)
        programme = versions[known]
        if programme is not None and (not by_claim or programme.cap.counts_claim_release):
            key = cap_rules.bucket_of(programme, loan.bank, on).key
            sums[key, "principal"] += principal_fen
            sums[key, "principal by days"] += principal_fen * (on - loan.drawn_on).days
    return sums


def _whole_standing(tx: ReadTx, bucket: Bucket, programme: Programme) -> tuple[CapStanding, int]:
    whole, paid_fen = _with_returns(tx, bucket)
    return cap_rules.standing(whole, programme, cap_store.used(tx, bucket.key) + paid_fen), paid_fen


def _with_returns(tx: ReadTx, bucket: Bucket) -> tuple[Bucket, int]:
    """The bucket with what was released off the platform in its period, and what was paid for claims there."""
    paid_fen, released_fen, fen_days = opening_store.claims_of(
        tx, bucket.programme, bucket.period, bucket.bank
    )
    whole = replace(
        bucket,
        released_fen=bucket.released_fen + released_fen,
        released_fen_days=bucket.released_fen_days + fen_days,
    )
    return whole, paid_fen
