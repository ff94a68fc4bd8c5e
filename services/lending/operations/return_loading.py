"""A return on its way in: its book row by row, in bounded memory, then what must agree with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal
from libs.chassis.vault import firm_key
from libs.criteria.violation import Violation
from libs.policy import NoPolicyValue
from libs.registry.dimensions import Dimensions
from services.lending.domain.inclusive import InclusiveRules, judged
from services.lending.domain.loan_class import Floors
from services.lending.domain.returns import differences
from services.lending.domain.returns import returned as states
from services.lending.domain.returns.book import BookLoan, BookMistake, Reader
from services.lending.domain.returns.differences import Found
from services.lending.domain.returns.figures import Period
from services.lending.domain.returns.returned import LoadReport, NewReturn, Return, ReturnStatus
from services.lending.operations import loan_rules, return_telling
from services.lending.store import return_books as book_store
from services.lending.store import returns as return_store

_CHUNK = 500
_MOST_MISTAKES = 1_000


@dataclass
class Book:
    """The rows of a return as they come: written in pieces, until one is wrong."""

    tx: WriteTx
    return_id: str
    rules: InclusiveRules
    waiting: list[tuple[BookLoan, str, bool]] = field(default_factory=list[tuple[BookLoan, str, bool]])
    mistakes: list[BookMistake] = field(default_factory=list[BookMistake])
    rows: int = 0
    wrong: int = 0
    balance_fen: int = 0

    def take(self, row: BookLoan | BookMistake) -> None:
        self.rows += 1
        if isinstance(row, BookMistake):
            self.wrong += 1
            self.mistakes += [row] if self.wrong <= _MOST_MISTAKES else []
        elif self.wrong == 0:
            self.balance_fen += row.balance_fen
            self.waiting.append((row, firm_key(row.borrower), _is_inclusive(row, self.rules)))
            if len(self.waiting) == _CHUNK:
                self.write()

    def write(self) -> None:
        if self.waiting:
            book_store.insert(self.tx, self.return_id, self.waiting)
        self.waiting.clear()


def load(tx: WriteTx, by: Principal, new: NewReturn, period: Period) -> LoadReport:
    """Write what is read, and take all of it back where a row is wrong, or nothing is to be kept."""
    savepoint = tx.connection.begin_nested()
    loaded = _begun(tx, by, new)
    book = _read(tx, loaded, new.csv, period)
    if book.wrong == 0:
        loaded = _reconciled(tx, loaded, book, period)
    if book.wrong or new.dry_run:
        savepoint.rollback()
        return _report(book, None, loaded)
    savepoint.commit()
    return _report(book, return_telling.note(tx, loaded), loaded)


def _begun(tx: WriteTx, by: Principal, new: NewReturn) -> Return:
    """The next version; one that nobody decided on gives way to it."""
    before = return_store.versions_to_change(tx, by.organisation, new.period)
    for one in before:
        if one.status is ReturnStatus.LOADED:
            return_store.update(tx, states.replaced(one, tx.now))
    begun = Return(
        id=tx.new_id("ret"),
        bank=by.organisation,
        period=new.period,
        version=1 + max((one.version for one in before), default=0),
        status=ReturnStatus.LOADED,
        figures=new.figures,
        loans=0,
        balance_fen=0,
        blocking=0,
        unexplained=0,
        loaded_by=by.subject,
        loaded_at=tx.now,
        sandbox=by.sandbox,
    )
    return_store.insert(tx, begun)
    return begun


def _read(tx: WriteTx, loaded: Return, csv: str, period: Period) -> Book:
    inclusive, floors = _rules(tx, period)
    book = Book(tx, loaded.id, inclusive)
    for row in Reader(period.last_day, floors).read(csv):
        book.take(row)
    book.write()
    return book


def _reconciled(tx: WriteTx, loaded: Return, book: Book, period: Period) -> Return:
    blocking, unexplained = return_store.add_differences(tx, loaded.id, _differences(tx, loaded, period))
    counted = replace(
        loaded, loans=book.rows, balance_fen=book.balance_fen, blocking=blocking, unexplained=unexplained
    )
    return_store.update(tx, counted)
    return counted


def _differences(tx: WriteTx, loaded: Return, period: Period) -> Iterator[Found]:
    """Book against figures, against the platform's own loans, and against the return of the period before."""
    sums = book_store.sums(tx, loaded.id, period.year)
    platform = differences.of_platform(book_store.on_platform(tx, loaded, period.last_day))
    found: Sequence[Iterator[Found]] = (differences.of_figures(loaded.figures, sums), platform)
    last = return_store.accepted(tx, loaded.bank, str(period.before))
    if last is not None:
        new_year = period.before.year != period.year
        carried = book_store.carried(tx, loaded.id, last.id)
        found = (
            *found,
            differences.of_last(loaded.figures, last.figures, new_year=new_year),
            differences.of_carried(carried),
        )
    return chain.from_iterable(differences.bounded(part) for part in found)


def _rules(tx: WriteTx, period: Period) -> tuple[InclusiveRules, Floors]:
    """By which rows of the period are judged."""
    try:
        day = period.last_day
        return loan_rules.inclusive(tx.policies, day), loan_rules.class_floors(tx.policies, day)
    except NoPolicyValue as error:
        mend = "Return later periods, or have the rules of that time recorded."
        raise Violation("period", f"The rules of {period} are not known here.", mend) from error


def _is_inclusive(row: BookLoan, rules: InclusiveRules) -> bool:
    firm = Dimensions(
        county=row.county,
        industry_division=row.industry_division,
        size=row.size,
        owner_kind=row.owner_kind,
        firm_key="",
    )
    return judged(firm, row.kind, row.credit_line_fen, rules).nfra


def _report(book: Book, kept: Return | None, seen: Return) -> LoadReport:
    return LoadReport(
        loaded=kept,
        rows=book.rows,
        wrong_rows=book.wrong,
        mistakes=tuple(book.mistakes),
        blocking=seen.blocking,
        unexplained=seen.unexplained,
    )
