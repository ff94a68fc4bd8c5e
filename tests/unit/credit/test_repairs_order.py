"""Whatever happens in whatever order, a stopped item never shows or counts again, and stops once, on its day."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from libs.registry.uscc import complete
from services.credit.domain import repair as rules
from services.credit.domain.consent import Consent
from services.credit.domain.dispute import Dispute
from services.credit.domain.records import Record, RecordKind, RecordState, Severity
from services.credit.domain.repair import Repair
from services.credit.operations import records, reports, scores
from services.credit.operations.stops import rule_on
from services.credit.store import records as store
from services.credit.store.repairs import repairs as table
from tests.unit.credit.repairing import (
    CENTRE,
    NO,
    RIGHT,
    WRONG,
    YES,
    apply,
    decide,
    deliver,
    dispute,
    judge,
    notices,
    penalty,
    stop_overdue,
    stopped,
)
from tests.unit.credit.world import OFFICER, OPERATOR, POLICIES, TODAY, World, firm, told, values

MONTHS = {Severity.MINOR: 3, Severity.GENERAL: 12, Severity.SERIOUS: 36}
DOCUMENTS = ("甲罚1号", "甲罚2号", "甲罚3号")
_numbers = count(1)

deliveries = st.tuples(
    st.just("deliver"),
    st.sampled_from(DOCUMENTS),
    st.sampled_from(["2025-11-23", "2025-11-25", "2023-11-24", "2026-08-24", "2026-06-01"]),
    st.sampled_from(list(Severity)),
)
steps = st.lists(
    st.one_of(
        deliveries,
        deliveries,
        st.tuples(st.sampled_from(["apply", "dispute", "keep", "correct"]), st.sampled_from(DOCUMENTS)),
        st.tuples(st.just("decide"), st.booleans(), st.booleans()),
        st.sampled_from([("look",), ("grant",), ("revoke",), ("day",), ("day",), ("job",)]),
    ),
    min_size=5,
    max_size=16,
)


@dataclass
class Past:
    """What happened so far, kept by hand. `made`: of each document, as it was first delivered."""

    party: str
    made: dict[str, tuple[date, Severity]] = field(default_factory=dict)
    stopped: dict[str, date] = field(default_factory=dict)
    repairs: list[Repair] = field(default_factory=list)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    consents: list[Consent] = field(default_factory=list)


def today_of(world: World) -> date:
    with world.database.read() as tx:
        return tx.today


def all_of(world: World, party: str) -> dict[str, Record]:
    with world.database.read() as tx:
        return {record.reference: record for record in store.records_of(tx, party, with_stopped=True)}


def over(past: Past, today: date) -> None:
    """What stops by itself today, by hand."""
    for reference, (made, severity) in past.made.items():
        if add_months(made, MONTHS[severity]) <= today:
            past.stopped.setdefault(reference, today)


def do(world: World, past: Past, step: tuple[object, ...]) -> None:
    match step:
        case ("apply" | "dispute" | "keep" | "correct" as what, str(reference)) if reference in past.made:
            ask(world, past, what, reference)
        case ("decide", bool(accepted), bool(by_himself)) if past.repairs:
            decide_one(world, past, accepted, by_himself)
        case ("deliver", str(reference), str(made), Severity() as severity):
            # the same document is always delivered in the same words
            day, grave = past.made.setdefault(reference, (date.fromisoformat(made), severity))
            deliver(world, penalty(reference, day.isoformat(), severity=grave), party=past.party)
            over(past, today_of(world))
        case ("look",):
            world.look(party=past.party)
        case (str(what),):
            time_or_consent(world, past, what)
        case _:
            pass


def ask(world: World, past: Past, what: str, reference: str) -> None:
    record = all_of(world, past.party)[reference]
    if what == "apply":
        past.repairs.append(apply(world, record))
    elif what == "dispute":
        past.disputes[reference] = dispute(world, record)
    elif reference in past.disputes:
        judge(world, past.disputes.pop(reference), WRONG if what == "correct" else RIGHT)
        if what == "correct":
            past.stopped.setdefault(reference, today_of(world))


def time_or_consent(world: World, past: Past, what: str) -> None:
    if what == "grant":
        past.consents.append(world.grant("tax", "score", party=past.party))
    elif what == "revoke" and past.consents:
        world.revoke(past.consents.pop())
    elif what == "day":
        world.pass_days(1)
    if what in ("day", "job"):
        stop_overdue(world)
        over(past, today_of(world))


def decide_one(world: World, past: Past, accepted: bool, by_himself: bool) -> None:
    repair = past.repairs.pop()
    by = Principal("acc_firm", Role.OPERATOR, "org_platform") if by_himself else CENTRE
    decide(world, repair, YES if accepted else NO, by)
    (reference,) = [one for one, record in all_of(world, past.party).items() if record.id == repair.record_id]
    if accepted:
        past.stopped.setdefault(reference, today_of(world))


def live(past: Past) -> set[str]:
    return set(past.made) - set(past.stopped)


def check_shown(world: World, past: Past) -> None:
    """No door shows what is stopped, and every count is of what is left."""
    public = {one for one in live(past) if past.made[one][1] is not Severity.MINOR}
    for reader, expected in ((firm(past.party), live(past)), (OFFICER, public), (OPERATOR, public)):
        listed = world.write(records.list_records, reader, past.party)
        assert {record.reference for record in listed.items} == expected
        assert values(world.look(reader, past.party)).get("penalties_24m", "0") == str(
            _recent(world, past, public)
        )
    report = world.write(reports.issue_report, firm(past.party), past.party).report
    assert not [one for one in past.stopped if one in str(report)]
    assert told(world.summary(past.party)).get("penalties_24m", "0") == str(_recent(world, past, public))


def _recent(world: World, past: Past, public: set[str]) -> int:
    since = add_months(today_of(world), -24)
    return sum(past.made[one][0] > since for one in public)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
@example(
    [("deliver", "甲罚1号", "2026-06-01", Severity.GENERAL), ("apply", "甲罚1号"), ("decide", True, False)]
)
@example(
    [("deliver", "甲罚1号", "2026-06-01", Severity.GENERAL), ("apply", "甲罚1号"), ("decide", True, True)]
)
def test_a_stopped_item_never_shows_or_counts_again(
    small_world: World, history: list[tuple[object, ...]]
) -> None:
    world = small_world
    past = Past(f"uscc:{complete(f'91640100MB{next(_numbers):07d}').code}")
    world.put(past.party)
    for step in history:
        with suppress(Conflict, Violation, Forbidden):  # refused, so nothing happened
            do(world, past, step)
        check_states(world, past)
    check_shown(world, past)
    check_decisions(world, past)


def check_states(world: World, past: Past) -> None:
    found = all_of(world, past.party)
    now = {reference for reference, record in found.items() if record.state is RecordState.STOPPED}
    assert now == set(past.stopped)


def check_decisions(world: World, past: Past) -> None:
    """Each stop was told once, notices name no value, and nobody decided what he applied for."""
    ids = {record.id for record in all_of(world, past.party).values() if record.state is RecordState.STOPPED}
    stops = [fact.item for fact in stopped(world) if fact.item in ids]
    assert sorted(stops) == sorted(ids)
    assert not any(document in str(notices(world)) for document in DOCUMENTS)
    with world.database.read() as tx:
        decided = tx.rows(
            sa.select(table.c.applied_by, table.c.decided_by).where(table.c.party == past.party)
        )
    assert all(row.applied_by != row.decided_by for row in decided)


@given(
    st.dates(date(2021, 1, 1), date(2030, 12, 31)),
    st.sampled_from(list(Severity)),
    st.sampled_from([RecordKind.PENALTY, RecordKind.SERIOUS_VIOLATION, RecordKind.JUDGMENT_DEFAULTER]),
)
def test_the_latest_document_that_is_over_is_found_by_its_day(
    today: date, severity: Severity, kind: RecordKind
) -> None:
    rule = rule_on(POLICIES, kind, max(today, date(2023, 5, 1)))
    assert rule is not None

    last = rules.made_until(rule, severity, today)

    assert last is not None
    before, after = (
        rules.stop_day(rule, severity, last),
        rules.stop_day(rule, severity, last + timedelta(days=1)),
    )
    assert before is not None and after is not None
    assert before <= today < after


@given(
    st.dates(date(2020, 1, 1), date(2029, 12, 31)),
    st.dates(date(2023, 5, 1), date(2030, 12, 31)),
    st.sampled_from(list(Severity)),
)
def test_there_is_always_a_day_to_apply_before_an_item_stops(
    made: date, asked: date, severity: Severity
) -> None:
    rule = rule_on(POLICIES, RecordKind.PENALTY, asked)
    assert rule is not None

    stop = rules.stop_day(rule, severity, made)

    assert stop is not None
    assert made <= rules.earliest_day(rule, severity, made) < stop


def test_a_score_knows_no_stopped_item(small_world: World) -> None:
    world = small_world
    world.put()
    clean = world.write(scores.get_score, firm(), firm().organisation)
    deliver(world, penalty())
    burdened = world.write(scores.get_score, firm(), firm().organisation)

    (record,) = all_of(world, firm().organisation).values()
    decide(world, apply(world, record))

    repaired = world.write(scores.get_score, firm(), firm().organisation)
    assert today_of(world) == TODAY
    assert burdened.points < repaired.points
    assert clean.points <= repaired.points
