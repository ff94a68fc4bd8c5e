"""What becomes of the rows of a delivery: each kind's way into the files.

Who may write about a party is decided for each row; a row that may not, or that is wrong, stops no other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound, Problem
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import SCOPES
from libs.registry.regions import within
from services.credit.domain import bulk
from services.credit.domain.bulk import RowOutcome, RowState
from services.credit.domain.delivery import Delivery, DeliveryKind, Row
from services.credit.domain.invoices import Invoice, check_invoice
from services.credit.domain.party import PartyStatus
from services.credit.operations import access, files, records
from services.credit.store import deliveries, invoices, summaries
from services.credit.store.deliveries import Place

Rows = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Sender:
    by: Principal
    delivery: Delivery


Places = Mapping[str, Place]
Apply = Callable[[WriteTx, Sender, Rows, Places], Iterator[RowOutcome]]
Record = Callable[[WriteTx, Principal, str, Sequence[Any], frozenset[str]], Sequence[RowOutcome]]


def apply(tx: WriteTx, sender: Sender, rows: Rows) -> list[RowOutcome]:
    """Record what can be recorded; an outcome for every row, in their order."""
    rows = [row if _nameable(row) else row._replace(party="", value=_NO_PARTY) for row in rows]
    bad = [row for row in rows if isinstance(row.value, Violation)]
    good = [row for row in rows if not isinstance(row.value, Violation)]
    places = deliveries.lock_places(tx, {row.party for row in good})
    outcomes = [_refused(row, row.value) for row in bad]
    outcomes += _APPLY[sender.delivery.kind](tx, sender, good, places)
    return sorted(outcomes, key=attrgetter("row"))


def _parties(tx: WriteTx, sender: Sender, rows: Rows, places: Places) -> Iterator[RowOutcome]:
    """In the order of the parties, so that two deliveries never wait for each other."""
    del places  # registering looks at them itself
    for row in sorted(rows, key=attrgetter("party")):
        try:
            if sender.by.role is Role.SME:
                sender.by.require_organisation(row.party)
            else:
                _check_territory(sender.by, row.value.county)
            yield _outcome(row, files.register(tx, sender.by, row.party, row.value))
        except (Violation, Problem) as refusal:
            yield _refused(row, refusal)


def _grouped(record: Record) -> Apply:
    """Rows that one party's records of that kind are added to at once."""

    def apply_grouped(tx: WriteTx, sender: Sender, rows: Rows, places: Places) -> Iterator[RowOutcome]:
        for party, of_party in _by_party(rows).items():
            try:
                scopes = _scopes(tx, sender.by, party, places.get(party))
                said = [replace(row.value, source=sender.delivery.source) for row in of_party]
                outcomes = record(tx, sender.by, party, said, scopes)
            except (Violation, Problem) as refusal:
                yield from (_refused(row, refusal) for row in of_party)
                continue
            for row, outcome in zip(of_party, outcomes, strict=True):
                yield replace(outcome, row=row.number)

    return apply_grouped


def _facts(
    tx: WriteTx, by: Principal, party: str, said: Sequence[Any], scopes: frozenset[str]
) -> Sequence[RowOutcome]:
    outcomes = files.record_facts(tx, by, party, said, scopes)
    if any(outcome.state is RowState.RECORDED for outcome in outcomes):
        summaries.mark_stale(tx, party)
    return outcomes


def _records(
    tx: WriteTx, by: Principal, party: str, said: Sequence[Any], scopes: frozenset[str]
) -> Sequence[RowOutcome]:
    return records.record_records(tx, by, party, said, scopes).rows


def _figures(
    tx: WriteTx, by: Principal, party: str, said: Sequence[Any], scopes: frozenset[str]
) -> Sequence[RowOutcome]:
    del scopes  # a firm brings none, and who does may bring all
    by.require(*access.CARRIERS, Role.SERVICE)
    return records.record_figures(tx, by, party, said).rows


def _invoices(tx: WriteTx, sender: Sender, rows: Rows, places: Places) -> Iterator[RowOutcome]:
    """They count once all of the delivery is here: `invoices.count_delivered`."""
    refusals = {
        party: _refusal(tx, sender.by, party, places.get(party)) for party in {row.party for row in rows}
    }
    good: list[Row] = []
    for row in rows:
        refusal = refusals[row.party] or _wrong(row.value, tx.today)
        if refusal is None:
            good.append(row)
        else:
            yield _refused(row, refusal)
    expected = {party for party, refusal in refusals.items() if refusal is None}
    invoices.expect(tx, sender.delivery.id, expected, sender.delivery.covers_until, sender.by.subject)
    news = invoices.add_invoices(tx, [(row.party, row.value) for row in good])
    for place, row in enumerate(good):
        yield _outcome(row, place in news)


_APPLY: Mapping[DeliveryKind, Apply] = {
    DeliveryKind.PARTIES: _parties,
    DeliveryKind.FACTS: _grouped(_facts),
    DeliveryKind.INVOICES: _invoices,
    DeliveryKind.RECORDS: _grouped(_records),
    DeliveryKind.SERIES: _grouped(_figures),
}


def _refusal(tx: WriteTx, by: Principal, party: str, place: Place | None) -> Violation | Problem | None:
    """Why the caller may not bring invoices of a party, if so."""
    try:
        if "invoices" not in _scopes(tx, by, party, place):
            raise Forbidden("Your mandate does not name `invoices`.", field="party", mend="Leave it out.")
    except (Violation, Problem) as refusal:
        return refusal
    return None


def _scopes(tx: WriteTx, by: Principal, party: str, place: Place | None) -> frozenset[str]:
    """What the caller may add to the party's file; a Problem where that is nothing."""
    if by.role is Role.SME:
        return access.fillable(tx, by, party)
    _check_place(by, place)
    return frozenset(SCOPES)


def _check_place(by: Principal, place: Place | None) -> None:
    if place is None:
        raise NotFound(
            "There is no file of this party.", field="party", mend="Deliver its registration first."
        )
    _check_territory(by, place.county)
    if place.status is PartyStatus.WITHDRAWN:
        raise Conflict("The party has withdrawn.", field="party", mend="Leave it out.")


def _check_territory(by: Principal, county: str) -> None:
    """The service itself speaks for whoever may write to its topic, and that is of the whole province."""
    if by.role is not Role.SERVICE and not within(county, by.territory):
        raise Forbidden(
            f"{county} is outside your territory {by.territory}.", field="county", mend="Leave it out."
        )


def _wrong(invoice: Invoice, today: date) -> Violation | None:
    try:
        check_invoice(invoice, today)
    except Violation as violation:
        return violation
    return None


_NO_PARTY = Violation("party", "This is no party.", "Write uscc:<code>, or person:<id>.")


def _nameable(row: Row) -> bool:
    return isinstance(row.value, Violation) or (0 < len(row.party) <= 80 and row.party.isprintable())


def _by_party(rows: Rows) -> dict[str, list[Row]]:
    """In the order of the parties, so that two deliveries never wait for each other."""
    found: dict[str, list[Row]] = {party: [] for party in sorted({row.party for row in rows})}
    for row in rows:
        found[row.party].append(row)
    return found


def _outcome(row: Row, news: bool) -> RowOutcome:
    return RowOutcome(row=row.number, state=RowState.RECORDED if news else RowState.KNOWN)


def _refused(row: Row, refusal: Violation | Problem) -> RowOutcome:
    if isinstance(refusal, Problem):
        refusal = Violation(refusal.field or "party", refusal.detail, refusal.mend or "")
    return bulk.rejected(row.number, refusal)
