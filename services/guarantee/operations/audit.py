"""The audit of the whole chain, and the daily root over all books."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import GUARANTOR, Principal, Role
from libs.chassis.rows import page_size
from services.guarantee.domain import audit as rules
from services.guarantee.domain import exposure as exposures
from services.guarantee.domain import ledger as ledger_rules
from services.guarantee.domain.audit import Audit, Difference, Recount, first_difference
from services.guarantee.domain.ledger import GENESIS, Account, EntryPage, Root, RootList
from services.guarantee.domain.limits import Rule
from services.guarantee.operations import caps, roots
from services.guarantee.store import audit as audit_store
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import rules as rule_store

Table = Mapping[tuple[str, ...], int]


def audit(tx: ReadTx) -> Audit:
    """Recompute everything that is derived, from the first entry of every book; stop at the first difference."""
    heads, recount = ledger_store.heads(tx), Recount()
    for head in heads:
        difference = recount.count(head.book, ledger_store.stored(tx, head.book), head)
        if difference is not None:
            break
    else:
        difference = rules.first_of(check for _, check in _checks(tx, recount))
    return Audit(
        books=len(heads),
        entries=recount.entries,
        checks=("hashes and entries", *(name for name, _ in _checks(tx, recount))),
        root=ledger_rules.root_of(GENESIS, tx.today, heads),
        difference=difference,
    )


def close_day(tx: WriteTx, by: Principal) -> Root | None:
    """Put the heads of all books under the root of the day that ended; None where it has one."""
    by.require(Role.SERVICE)
    day, last = tx.today - timedelta(days=1), ledger_store.last_root(tx)
    if last is not None and last.day >= day:
        return None
    heads = ledger_store.heads(tx)
    root = Root(
        day=day,
        heads=heads,
        root=ledger_rules.root_of(last.root if last else GENESIS, day, heads),
        recorded_at=tx.now,
    )
    ledger_store.add_root(tx, root)
    return root


def list_roots(tx: ReadTx, by: Principal) -> RootList:
    """The daily roots, oldest first: whoever kept one can show that the past was not rewritten."""
    by.require(*GUARANTOR, Role.REGUARANTOR, Role.REGULATOR, Role.OPERATOR)
    return RootList(items=ledger_store.roots(tx))


def list_entries(tx: ReadTx, by: Principal, after: int = 0, limit: int = 0) -> EntryPage:
    """The caller's own book from behind an entry, in its order."""
    by.require(*GUARANTOR, Role.REGUARANTOR)
    return EntryPage(items=ledger_store.entries(tx, by.organisation, after, page_size(limit)))


def _checks(tx: ReadTx, recount: Recount) -> list[tuple[str, Callable[[], Difference | None]]]:
    by = _Expected(tx, recount)
    return [
        ("roots", lambda: roots.first_difference(tx)),
        ("balances", lambda: first_difference("balance", by.ledger(), audit_store.balances(tx))),
        ("mutual debts", recount.mutual),
        ("liability", lambda: first_difference("liability", by.liability(), audit_store.drawn(tx))),
        ("returns", lambda: first_difference("returned", by.returned(), audit_store.returned(tx))),
        ("dues", lambda: first_difference("open dues", by.owed(), audit_store.owed(tx, by.books))),
        ("claims", lambda: first_difference("claim", by.losses(), audit_store.losses(tx))),
        ("holds", lambda: first_difference("holds", audit_store.holds(tx), audit_store.held(tx))),
        ("red lines", lambda: first_difference("weighted", by.weighted(), audit_store.weighed(tx))),
        ("caps", lambda: first_difference("released", by.releases(), audit_store.released(tx))),
    ]


@dataclass(frozen=True)
class _Expected:
    """What the entries say that the other tables must hold, by the keys of those."""

    tx: ReadTx
    recount: Recount

    @property
    def books(self) -> frozenset[str]:
        return frozenset(head.book for head in ledger_store.heads(self.tx))

    def ledger(self) -> Table:
        return {key: fen for key, fen in self.recount.balances.items() if fen}

    def liability(self) -> Table:
        """Of direct guarantors: the tiers above stand for a loan under its guarantor's name."""
        direct = audit_store.direct(self.tx)
        found = self.recount.of(Account.LIABILITY)
        return {key: -fen for key, fen in found.items() if key[0] in direct}

    def returned(self) -> Table:
        return {key: -fen for key, fen in self.recount.of(Account.RETURNED).items() if key[1]}

    def owed(self) -> Table:
        return {key: -fen for key, fen in self.recount.of(Account.PAYABLE).items()}

    def losses(self) -> Table:
        """By claim: what all parties of the system together still miss of it."""
        sums: defaultdict[tuple[str, ...], int] = defaultdict(int)
        for (_, claim_id), fen in self.recount.of(Account.CLAIMS).items():
            sums[(claim_id,)] += fen
        return sums

    def weighted(self) -> Table:
        """The leverage of each guarantor and the part of each group, weighed anew from the exposures."""
        lines = rule_store.lines(self.tx)
        groups = audit_store.groups(self.tx)
        sums: defaultdict[tuple[str, ...], int] = defaultdict(int)
        for guarantor, opening_fen in audit_store.openings(self.tx).items():
            sums[f"guarantor/{guarantor}/liability", Rule.LEVERAGE] += opening_fen
        for one in audit_store.exposures(self.tx):
            fen = exposures.weigh(one, lines).held_fen
            sums[f"guarantor/{one.guarantor}/liability", Rule.LEVERAGE] += fen
            for group in groups.get((one.guarantor, one.party), ()):
                sums[f"guarantor/{one.guarantor}/group/{group}", Rule.GROUP] += fen
        return sums

    def releases(self) -> Table:
        """What every cap is measured by, from the entries alone."""
        return caps.counted(self.tx, self.recount.releases)
