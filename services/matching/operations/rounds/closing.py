"""A closed round, decided: lists from one edition of the market, the outcome, its check, and then everybody may know.

An outcome in which anything blocks is never published; it would be a fault of ours. Nothing is reserved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from libs.chassis import codec
from libs.chassis.database import Database, ReadTx, WriteTx
from services.matching.catalogue import Catalogue
from services.matching.domain.firm import Firm, firm_on
from services.matching.domain.rounds.certificate import Certificate, faults
from services.matching.domain.rounds.orders import build
from services.matching.domain.rounds.round import Round, RoundEntry, RoundQuota, RoundStatus
from services.matching.domain.rounds.solve import solve
from services.matching.index.engine import load_kernels
from services.matching.operations.answering import Book
from services.matching.operations.rounds.lists import RoundMarket, listed, market_of
from services.matching.operations.rounds.results import Decided, Results, certificate_of
from services.matching.operations.rulebook import Rulebook
from services.matching.store import editions, profiles, rulebooks
from services.matching.store import rounds as store


class UnjustOutcome(Exception):
    """A certificate that does not hold; the round stays closed and unpublished until the fault is found."""


def close_due(database: Database, catalogue: Catalogue, book: Book) -> int:
    """Decide and publish every round whose last day is over; how many. One that fails keeps no other from it: the
    failures are raised at the end, for the log of jobs and for the alarm."""
    with database.read() as tx:
        due = store.closed_rounds(tx, tx.today)
    failures: list[Exception] = []
    for round_id in due:
        try:
            _close(database, catalogue, book, round_id)
        except Exception as error:  # noqa: BLE001 whatever it is, the next round is decided
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(due)} rounds", failures)
    return len(due)


def decide(
    found: Round, seed: str, market: RoundMarket, rules: Rulebook, entries: Mapping[RoundEntry, Firm]
) -> Decided:
    """The outcome of a round, the same bytes for the same round, market, rules and entries in whatever order."""
    lists = [listed(market, rules, entry, firm) for entry, firm in entries.items()]
    entrants = [one.entrant for one in lists]
    built = build(found.rule, _confirmed(found), found.ceilings, market.rooms, entrants, seed)
    outcome = solve(built.market)
    certificate = certificate_of(found, seed, built, outcome)
    _refuse_faults(certificate)
    return Results(found, built, outcome, lists).decided(certificate)


def _close(database: Database, catalogue: Catalogue, book: Book, round_id: str) -> None:
    with catalogue.reading() as edition:
        pass
    with database.write() as tx:
        editions.keep_edition(tx, edition)
        rulebooks.keep_rulebook(tx, book.id, book.rules.today, book.document)
    with database.read() as tx:
        stored = store.round_of(tx, round_id)
        found = replace(stored, edition=edition.id, rulebook=book.id)
        market = market_of(tx, edition.id, found.quotas)
        if catalogue.index.compiled:
            market.catalogue.index.use(load_kernels())
        entries = {one: _firm(tx, one) for one in store.active_entries(tx, round_id)}
        seed = store.seed_of(tx, round_id)
    decided = decide(found, seed, market, book.rules, entries)
    database.transact(lambda tx: _publish(tx, found, seed, decided))


def _publish(tx: WriteTx, found: Round, seed: str, decided: Decided) -> None:
    """Nobody entered since its last day; whoever cancelled it meanwhile was in time."""
    if store.locked_round(tx, found.id).status is not RoundStatus.OPEN:
        return
    text = codec.to_json(decided.certificate).decode()
    there = store.active_entries(tx, found.id)  # without whoever left the platform since
    known = {one.id for one in there}
    store.keep_places(
        tx,
        [one for one in decided.places if one.entry_id in known],
        {one.id for one in there if one.asked.show_name},
    )
    store.keep_results(tx, found.id, text, decided.report, decided.quotas)
    digest = sha256(text.encode()).hexdigest()
    published = replace(
        found, status=RoundStatus.PUBLISHED, seed=seed, published_at=tx.now, certificate_sha256=digest
    )
    store.put_round(tx, published)


def _confirmed(found: Round) -> Sequence[RoundQuota]:
    return [one for one in found.quotas if one.confirmed_at is not None]


def _firm(tx: ReadTx, entry: RoundEntry) -> Firm:
    """What may be used of the firm on the day of the outcome: consents that ended since it entered count no more.

    NotFound while profiles are being told anew; the round waits. Who leaves the platform leaves its rounds.
    """
    return firm_on(profiles.profile(tx, entry.asked.party), tx.today)


def _refuse_faults(certificate: Certificate) -> None:
    found = faults(certificate)
    if found:
        raise UnjustOutcome(f"round {certificate.round_id}: {len(found)} faults; the first: {found[0]}")
