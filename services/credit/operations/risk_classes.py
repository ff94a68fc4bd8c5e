"""The classes of supervision: delivered or worked out, counted for regulators, drawn from by operators.

A class leaves by these doors alone. Banks, guarantors, firms, reports, scores, summaries and events never hear of one.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import Kind, encode, fact_type
from libs.registry.regions import counties, region, territory, within
from services.credit.domain import bulk
from services.credit.domain import risk_class as rules
from services.credit.domain.bulk import RowOutcome, RowState
from services.credit.domain.notices import Audit
from services.credit.domain.risk_class import (
    ClassCounts,
    ClassDelivery,
    Classed,
    ClassOrigin,
    ClassOutcome,
    ClassRow,
    ClassRule,
    ClassSpan,
    Draw,
    DrawPage,
    NewDraw,
    RiskClass,
)
from services.credit.operations.access import CARRIERS
from services.credit.operations.reading import held_facts
from services.credit.store import files, risk_classes

LARGEST_BULK = 5_000
BATCH = 50  # each takes as long as a look at a whole file
_WATCHERS = (Role.REGULATOR, Role.OPERATOR)


def deliver_classes(tx: WriteTx, by: Principal, delivery: ClassDelivery) -> ClassOutcome:
    """Classes as the authority set them; a bad row stops no other."""
    by.require(*CARRIERS)
    if len(delivery.rows) > LARGEST_BULK:
        raise Violation("rows", "The delivery is too large.", f"Send at most {LARGEST_BULK} rows at once.")
    named = list({row.party for row in delivery.rows})
    placed = risk_classes.counties_of(tx, named)
    known = risk_classes.classes_among(tx, named)
    rows = [_delivered(tx, by, number, row, placed, known) for number, row in enumerate(delivery.rows, 1)]
    return _outcome(rows)


def compute_classes(tx: WriteTx, by: Principal, span: ClassSpan) -> ClassOutcome:
    """Classes by the platform's own rule, for parties of the caller's territory of whom no authority said one."""
    by.require(Role.OPERATOR)
    chosen = risk_classes.parties_after(tx, territory(by.territory), span.after or "", BATCH)
    known = risk_classes.classes_among(tx, chosen)
    rule = codec.load(ClassRule, tx.policies.record_on("credit.class_rule", tx.today))
    rows: list[RowOutcome] = []
    for number, party in enumerate(chosen, 1):
        found = rules.class_by(rule, _values(tx, party))
        row = ClassRow(party=party, risk_class=found, classed_on=tx.today)
        rows.append(_kept(tx, by, number, row, ClassOrigin.COMPUTED, known))
    following = chosen[-1] if len(chosen) == BATCH else None
    return replace(_outcome(rows), rows=(), next_party=following)


def get_class(tx: WriteTx, by: Principal, party: str, audit: Audit) -> Classed:
    """One firm's class, for an operator who says why; the look is kept."""
    by.require(Role.OPERATOR)
    county = files.party_record(tx, party).registration.county
    _require_within(by, county)
    risk_classes.insert_look(tx, party, by.subject, audit.reason)
    found = risk_classes.class_of(tx, party)
    if found is None:
        raise NotFound(f"{party} has no class.", field="party", mend="Deliver it: POST /v1/risk-classes.")
    return found


def count_classes(tx: ReadTx, by: Principal) -> ClassCounts:
    """How many firms of each class the counties of the caller's territory have; small cells say nothing."""
    by.require(*_WATCHERS)
    least = _least(tx)
    cells = risk_classes.cells_in(tx, territory(by.territory))
    there = [county.code for county in counties(by.territory)]
    return ClassCounts(items=rules.counted(cells, there, least), least=least)


def draw_inspections(tx: WriteTx, by: Principal, new: NewDraw) -> Draw:
    """Draw firms to inspect, more of the worse classes. The seed is made here: nobody can choose who is drawn."""
    by.require(Role.OPERATOR)
    code = region(new.territory, "territory").code
    _require_within(by, code)
    classes = risk_classes.classes_in(tx, territory(code))
    shares = codec.load(dict[RiskClass, int], tx.policies.record_on("credit.inspection_shares", tx.today))
    seed = secrets.token_hex(16)
    drawn, strata = rules.draw(seed, classes, shares)
    draw = Draw(
        id=tx.new_id("drw"),
        territory=code,
        seed=seed,
        algorithm=rules.ALGORITHM,
        list_hash=rules.list_hash(classes),
        strata=strata,
        drawn=drawn,
        drawn_at=tx.now,
    )
    risk_classes.insert_draw(tx, draw, by.subject)
    return draw


def get_draw(tx: ReadTx, by: Principal, draw_id: str) -> Draw:
    by.require(*_WATCHERS)
    found = risk_classes.draw_of(tx, draw_id)
    _require_within(by, found.territory)
    return _seen(tx, by, found)


def list_draws(tx: ReadTx, by: Principal, cursor: str | None = None, limit: int = 0) -> DrawPage:
    """The draws of the caller's territory, the newest first."""
    by.require(*_WATCHERS)
    page = risk_classes.draw_page(tx, territory(by.territory), cursor, limit)
    return replace(page, items=tuple(_seen(tx, by, draw) for draw in page.items))


def _delivered(
    tx: WriteTx, by: Principal, number: int, row: ClassRow, placed: dict[str, str], known: dict[str, Classed]
) -> RowOutcome:
    try:
        _check(by, row, placed.get(row.party), tx.today)
    except Violation as violation:
        return bulk.rejected(number, violation)
    return _kept(tx, by, number, row, ClassOrigin.DELIVERED, known)


def _check(by: Principal, row: ClassRow, county: str | None, today: date) -> None:
    if county is None or not within(county, by.territory):
        mend = "Name parties of your territory that have a file."
        raise Violation("party", f"There is no file of {row.party} in your territory.", mend)
    if row.classed_on > today:
        mend = "Give the day on which it was set."
        raise Violation("classed_on", f"{row.classed_on} is still to come.", mend)


def _kept(
    tx: WriteTx, by: Principal, number: int, row: ClassRow, origin: ClassOrigin, known: dict[str, Classed]
) -> RowOutcome:
    if not risk_classes.is_newer(known.get(row.party), origin, row.risk_class, row.classed_on):
        return RowOutcome(row=number, state=RowState.KNOWN)
    classed = Classed(
        party=row.party,
        risk_class=row.risk_class,
        origin=origin,
        classed_on=row.classed_on,
        recorded_at=tx.now,
    )
    risk_classes.keep_class(tx, classed, by.subject)
    known[row.party] = classed
    return RowOutcome(row=number, state=RowState.RECORDED)


def _outcome(rows: Sequence[RowOutcome]) -> ClassOutcome:
    counts = {state: sum(row.state is state for row in rows) for state in RowState}
    return ClassOutcome(
        recorded=counts[RowState.RECORDED],
        known=counts[RowState.KNOWN],
        rejected=counts[RowState.REJECTED],
        rows=tuple(rows),
    )


def _values(tx: ReadTx, party: str) -> dict[str, int]:
    held = held_facts(tx, files.party_record(tx, party), tx.today)
    return {
        name: encode(name, fact.value) for name, fact in held.items() if fact_type(name).kind is not Kind.CODE
    }


def _seen(tx: ReadTx, by: Principal, draw: Draw) -> Draw:
    """The drawn firms are for operators; others see the counts that may be told."""
    if by.role is Role.OPERATOR:
        return draw
    least = _least(tx)
    strata = tuple(_counts_told(stratum, least) for stratum in draw.strata)
    return replace(draw, strata=strata, drawn=(), list_hash="")


def _counts_told(stratum: rules.Stratum, least: int) -> rules.Stratum:
    """Where the firms may not be told, nor may what was drawn of them."""
    firms = rules.told(stratum.firms, least)
    return replace(stratum, firms=firms, drawn=None if firms is None else rules.told(stratum.drawn, least))


def _least(tx: ReadTx) -> int:
    return tx.policies.integer_on("oversight.min_firms", tx.today)


def _require_within(by: Principal, code: str) -> None:
    if not within(code, by.territory):
        raise Forbidden(f"{code} is outside your territory {by.territory}.", field="territory")
