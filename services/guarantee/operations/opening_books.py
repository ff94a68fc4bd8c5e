"""Books from off the platform: uploaded by one, approved by another, and from then on in every limit and ratio."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import GUARANTOR, Principal, Role
from libs.chassis.problems import Conflict, Invalid, NotFound
from services.guarantee.domain import intake
from services.guarantee.domain import opening as books
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.intake import Parsed
from services.guarantee.domain.ledger import Account, Kind, Movement, Posting
from services.guarantee.domain.limits import (
    Limit,
    Rule,
    admission_key,
    borrower_key,
    borrower_limit,
    province_key,
    quota_key,
)
from services.guarantee.domain.opening import (
    BookRejection,
    BookReport,
    BookStatus,
    NewBook,
    OpeningBook,
    OpeningBookPage,
    ReturnedContract,
    ReturnKind,
)
from services.guarantee.domain.programme import Programme
from services.guarantee.operations import ledger, rooms, rules
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import opening as opening_store
from services.guarantee.store import rules as rule_store

_WATCHERS = (Role.REGUARANTOR, Role.OPERATOR)


def upload(tx: WriteTx, by: Principal, new: NewBook) -> BookReport:
    """Look at every row and at the totals; where all are right, and it is no dry run, keep it for a second person."""
    by.require(*GUARANTOR)
    _check_time(tx, by.organisation, new.kind, new)
    parsed = _parse(tx, by, new)
    contracts = [one.content for one in parsed if one.content is not None]
    totals = books.totals_of(contracts)
    mismatches = books.mismatches(new.totals, totals)
    right = len(contracts) == len(parsed) and not mismatches
    book = _keep(tx, by, new, contracts) if right and not new.dry_run else None
    return BookReport(
        book=None if book is None else book.id,
        totals=totals,
        mismatches=mismatches,
        rows=tuple(one.told() for one in parsed),
    )


def approve(tx: WriteTx, by: Principal, book_id: str) -> OpeningBook:
    """Let a book take effect: exposures, limits and ledger in one transaction. Never by the one who uploaded it."""
    by.require(Role.GUARANTOR_MANAGER)
    guarantor = _lock_own(tx, by)
    book = books.decided(_own(tx, by, book_id), BookStatus.APPROVED, by.subject, tx.now, None)
    _check_time(tx, guarantor.id, book.kind, book)
    contracts, claims = opening_store.content(tx, book.id)
    _check_doubled(tx, guarantor.id, contracts)
    before = opening_store.contracts(tx, guarantor.id)
    after = books.in_force(before, contracts)
    if book.kind is ReturnKind.OPENING:
        guarantor = _without_opening_figure(tx, guarantor)
    changed = _replace_room(tx, guarantor, book, before, after)
    opening_store.replace_contracts(tx, guarantor.id, after.values())
    opening_store.add_claims(tx, book, claims)
    opening_store.update(tx, book)
    rules.refresh_limits(tx)
    ledger.post(tx, [_movement(book, changed)])
    return book


def reject(tx: WriteTx, by: Principal, book_id: str, rejection: BookRejection) -> OpeningBook:
    by.require(Role.GUARANTOR_MANAGER)
    book = _own(tx, by, book_id)
    rejected = books.decided(book, BookStatus.REJECTED, by.subject, tx.now, rejection.reason)
    opening_store.update(tx, rejected)
    return rejected


def get_book(tx: ReadTx, by: Principal, book_id: str) -> OpeningBook:
    by.require(*GUARANTOR, *_WATCHERS)
    book = opening_store.get(tx, book_id)
    if by.role in GUARANTOR and book.guarantor != by.organisation:
        raise NotFound(f"There is no book {book_id}.", field="book_id")
    return book


def list_books(tx: ReadTx, by: Principal, cursor: str | None = None, limit: int = 0) -> OpeningBookPage:
    """A guarantor's own books, newest first; all for those who watch over all."""
    by.require(*GUARANTOR, *_WATCHERS)
    return opening_store.page_of(tx, by.organisation if by.role in GUARANTOR else None, cursor, limit)


def _parse(tx: ReadTx, by: Principal, new: NewBook) -> list[Parsed]:
    programmes = {one.id for one in rule_store.rulebook(tx).programmes}
    for index, claims in enumerate(new.claims):
        if claims.programme not in programmes:
            raise Invalid(
                f"There is no programme {claims.programme}.",
                field=f"claims/{index}/programme",
                mend=f"Use one of: {', '.join(sorted(programmes))}.",
            )
    doubled = opening_store.on_platform(tx, by.organisation, intake.numbers(new.csv))
    return list(intake.parse(new.csv, new.as_of, programmes, doubled))


def _check_time(tx: ReadTx, guarantor_id: str, kind: ReturnKind, book: NewBook | OpeningBook) -> None:
    """One opening book, and after it returns in the order of their months, none of days to come."""
    last = opening_store.newest_approved(tx, guarantor_id)
    if book.as_of > tx.today:
        raise Invalid(f"{book.as_of} is not yet.", field="as_of", mend="Give a day up to today.")
    if kind is ReturnKind.OPENING and last is not None:
        raise Conflict("The opening book is in force.", field="kind", mend="Send a MONTHLY return.")
    if kind is ReturnKind.MONTHLY and last is None:
        raise Conflict("There is no opening book yet.", field="kind", mend="Load the OPENING book first.")
    if last is not None and book.as_of <= last.as_of:
        raise Conflict(
            f"The book of {last.as_of} is in force.", field="as_of", mend="Send the return of a later month."
        )


def _keep(tx: WriteTx, by: Principal, new: NewBook, contracts: Sequence[ReturnedContract]) -> OpeningBook:
    totals = books.totals_of(contracts)
    book = OpeningBook(
        id=tx.new_id("bok"),
        guarantor=by.organisation,
        kind=new.kind,
        as_of=new.as_of,
        status=BookStatus.SUBMITTED,
        contracts=totals.contracts,
        balance_fen=totals.balance_fen,
        liability_fen=totals.liability_fen,
        uploaded_by=by.subject,
        uploaded_at=tx.now,
    )
    opening_store.insert(tx, book, contracts, new.claims)
    return book


def _lock_own(tx: WriteTx, by: Principal) -> Guarantor:
    """The caller's organisation, of which nobody takes room meanwhile."""
    guarantor = guarantor_store.to_change(tx, by.organisation)
    if guarantor is None or guarantor.tier is not Tier.LOCAL:
        raise NotFound("Your organisation is no registered local guarantor.", field="guarantor")
    return guarantor


def _own(tx: WriteTx, by: Principal, book_id: str) -> OpeningBook:
    book = opening_store.to_change(tx, book_id)
    if book.guarantor != by.organisation:
        raise NotFound(f"There is no book {book_id}.", field="book_id")
    return book


def _check_doubled(tx: ReadTx, guarantor_id: str, contracts: Sequence[ReturnedContract]) -> None:
    """A contract may have come to the platform since the upload."""
    doubled = opening_store.on_platform(tx, guarantor_id, {one.contract for one in contracts})
    if doubled:
        raise Conflict(
            f"On the platform meanwhile: {', '.join(sorted(doubled))}.",
            field="contract",
            mend="Reject the book, and upload it without them.",
        )


def _without_opening_figure(tx: WriteTx, guarantor: Guarantor) -> Guarantor:
    """The book replaces the one figure that stood for it."""
    rooms.note_opening(tx, guarantor, -guarantor.opening_liability_fen)
    counted = replace(guarantor, opening_liability_fen=0)
    guarantor_store.put(tx, counted)
    return counted


def _replace_room(
    tx: WriteTx,
    guarantor: Guarantor,
    book: OpeningBook,
    before: Mapping[str, ReturnedContract],
    after: Mapping[str, ReturnedContract],
) -> dict[str, int]:
    """What changes in liability for each party, in fen, once limits hold what the contracts take."""
    newest = {one.id: one for one in rule_store.rulebook(tx).programmes}
    schemes = {name: one.scheme for name, one in newest.items()}
    since = book.as_of.year
    old = books.principal(guarantor.id, before.values(), schemes, since)
    new = books.principal(guarantor.id, after.values(), schemes, since)
    more = {key: new.get(key, 0) - old.get(key, 0) for key in old | new}
    limits = _limits(guarantor, list(after.values()), newest)
    returned = books.exposures(guarantor.id, after.values())
    return rooms.replace_returned(
        tx, guarantor, returned, [limits[key] for key in more if key in limits], more
    )


def _limits(
    guarantor: Guarantor, contracts: Sequence[ReturnedContract], programmes: Mapping[str, Programme]
) -> dict[str, Limit]:
    """The limits in which contracts may count, by key, as rows that are new; `refresh_limits` tells what they allow."""
    line = admission_key(guarantor.id)
    found = {line: Limit(key=line, rule=Rule.CREDIT_LINE, owner=guarantor.id, limit_fen=0)}
    for one in contracts:
        year = one.drawn_on.year
        key = province_key(year)
        found[key] = Limit(key=key, rule=Rule.PROVINCIAL_LINE, owner=str(year), limit_fen=0)
        if one.programme is not None:
            programme = programmes[one.programme]
            key = quota_key(programme.id, year)
            owner, allowed_fen = f"{programme.id}/{year}", programme.annual_quota_fen
            found[key] = Limit(key=key, rule=Rule.PROGRAMME_QUOTA, owner=owner, limit_fen=allowed_fen)
            key = borrower_key(one.party, programme.scheme)
            found[key] = borrower_limit(programme, key)
    return found


def _movement(book: OpeningBook, changed: Mapping[str, int]) -> Movement:
    """The book as one entry: for each party what is more or less, against principal under cover."""
    lines = [Posting(Account.RETURNED, party, -fen) for party, fen in sorted(changed.items()) if fen]
    total_fen = -sum(line.amount_fen for line in lines)
    cover = [Posting(Account.GUARANTEED, "", total_fen)] if total_fen else []
    return Movement(
        book=book.guarantor,
        kind=Kind.LIABILITY_RETURNED,
        on=book.as_of,
        reference=book.id,
        postings=(*cover, *lines),
    )
