"""What became of loans, as lending tells it, and which scores it judges."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.vault import firm_key
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.finance.daycount import add_months
from rongqiao.lending.v1 import events_pb2 as lending
from rongqiao.lending.v1 import lending_pb2 as kinds
from services.credit.domain import outcomes as rules
from services.credit.domain.outcomes import LoanNews, LoanOutcome
from services.credit.handlers import HANDLERS
from services.credit.operations import scores
from services.credit.store import outcomes
from tests.support.services import NOON
from tests.unit.credit.world import FIRM, NAME, TODAY, World, firm

GIVEN = date(2025, 1, 31)
NOW = date(2026, 11, 22)


def loan(**known: Any) -> LoanOutcome:
    return LoanOutcome(**({"loan_id": "loan_1", "firm_key": "k", "disbursed_on": date(2025, 2, 10)} | known))


def news(on: str, **changes: Any) -> LoanNews:
    return LoanNews(loan_id="loan_1", firm_key="k", on=date.fromisoformat(on), **changes)


def told(*sequence: LoanNews) -> LoanOutcome:
    outcome: LoanOutcome | None = None
    for one in sequence:
        outcome = rules.followed(outcome, one)
    assert outcome is not None
    return outcome


def test_the_worst_that_is_known_of_a_loan_stays() -> None:
    since = date(2025, 3, 1)

    outcome = told(
        news("2025-02-10"),
        news("2025-03-05", past_due_since=since),
        news("2025-07-01", past_due_since=since, substandard=True),
        news("2025-08-01"),
        news("2025-09-01", settled=True),
    )

    assert outcome == loan(
        past_due_90_on=date(2025, 5, 30), classed_on=date(2025, 7, 1), settled_on=date(2025, 9, 1)
    )
    assert rules.default_on(outcome, NOW) == date(2025, 5, 30)


def test_a_delay_that_ends_on_its_89th_day_is_no_default() -> None:
    since = date(2025, 3, 1)

    early = told(news("2025-02-10"), news("2025-03-05", past_due_since=since), news("2025-05-29"))
    late = told(news("2025-02-10"), news("2025-03-05", past_due_since=since), news("2025-05-30"))

    assert rules.default_on(early, NOW) is None
    assert rules.default_on(late, NOW) == date(2025, 5, 30)


def test_a_delay_that_lasts_becomes_a_default_without_another_word() -> None:
    outcome = told(news("2025-02-10"), news("2025-03-05", past_due_since=date(2025, 3, 1)))

    assert rules.default_on(outcome, date(2025, 5, 29)) is None
    assert rules.default_on(outcome, date(2025, 5, 30)) == date(2025, 5, 30)


def test_a_claim_or_a_write_off_is_a_default() -> None:
    assert rules.default_on(told(news("2025-02-10"), news("2025-04-01", claimed=True)), NOW) == date(
        2025, 4, 1
    )
    assert rules.default_on(told(news("2025-02-10"), news("2025-04-02", written_off=True)), NOW) == date(
        2025, 4, 2
    )


def test_a_score_is_judged_on_the_day_on_which_its_horizon_ends() -> None:
    good = [loan()]

    assert rules.label(GIVEN, good, 12, date(2026, 1, 30)) is None
    assert rules.label(GIVEN, good, 12, date(2026, 1, 31)) is False


def test_what_happens_after_the_horizon_judges_nothing() -> None:
    on_the_last_day = [loan(classed_on=date(2026, 1, 31))]
    a_day_later = [loan(classed_on=date(2026, 2, 1))]

    assert rules.label(GIVEN, on_the_last_day, 12, NOW) is True
    assert rules.label(GIVEN, a_day_later, 12, NOW) is False


def test_a_firm_that_was_in_default_already_or_had_no_loan_judges_no_score() -> None:
    assert rules.label(GIVEN, [loan(disbursed_on=date(2024, 1, 1), classed_on=GIVEN)], 12, NOW) is None
    assert rules.label(GIVEN, [], 12, NOW) is None
    assert rules.label(GIVEN, [loan(disbursed_on=date(2026, 2, 1))], 12, NOW) is None
    assert rules.label(GIVEN, [loan(disbursed_on=date(2024, 1, 1), settled_on=GIVEN)], 12, NOW) is None


days = st.dates(date(2024, 1, 1), date(2026, 11, 22))


@given(
    st.lists(
        st.tuples(days, st.sampled_from(["past_due", "substandard", "claimed", "written_off", "cured"])),
        max_size=8,
    ),
    days,
    st.integers(1, 24),
)
def test_nothing_after_the_horizon_changes_a_label(
    happened: list[tuple[date, str]], given_on: date, months: int
) -> None:
    ends = add_months(given_on, months)
    first = news("2024-01-01")
    all_of_it = told(first, *(_one(on, what) for on, what in sorted(happened)))
    until_then = told(first, *(_one(on, what) for on, what in sorted(happened) if on <= ends))

    assert rules.label(given_on, [all_of_it], months, NOW) == rules.label(given_on, [until_then], months, NOW)


def _one(on: date, what: str) -> LoanNews:
    if what == "cured":
        return news(on.isoformat())
    if what == "past_due":
        return news(on.isoformat(), past_due_since=on)
    return news(on.isoformat(), **{what: True})


def changed(change: Any, on: str, **more: Any) -> lending.LoanChanged:
    message = lending.LoanChanged(loan_id="loan_1", bank="org_b", change=change, business_date=on, **more)
    message.dimensions.firm_key = firm_key(FIRM)
    return message


def hear(world: World, message: lending.LoanChanged) -> None:
    event = Event(
        topic=topics.LENDING_LOAN_STATE.name,
        subject=message.loan_id,
        sequence=1,
        id="evt_1",
        type=message.DESCRIPTOR.full_name,
        source="/services/lending",
        time=NOON,
        data=message.SerializeToString(),
        traceparent=None,
    )
    world.database.transact(lambda tx: HANDLERS[topics.LENDING_LOAN_STATE](tx, event))


def labelled(world: World, months: int = 12) -> list[outcomes.LabelledScore]:
    with world.database.read() as tx:
        return list(outcomes.labelled_scores(tx, months))


def test_a_score_is_labelled_by_the_loans_of_the_same_pseudonym(world: World) -> None:
    world.put()
    score = world.write(scores.get_score, firm(), FIRM)
    hear(world, changed(lending.LOAN_CHANGE_DISBURSED, "2026-12-01"))
    hear(
        world, changed(lending.LOAN_CHANGE_CLASSIFIED, "2027-06-01", loan_class=kinds.LOAN_CLASS_SUBSTANDARD)
    )
    before = labelled(world)

    world.pass_days(366)

    (found,) = labelled(world)
    assert before == []
    assert (found.points, found.given_on, found.defaulted) == (score.points, TODAY, True)
    assert found.firm_key == firm_key(FIRM)
    assert FIRM not in str(found) and NAME not in str(found)


def test_a_loan_that_went_well_labels_its_score_well(world: World) -> None:
    world.put()
    world.write(scores.get_score, firm(), FIRM)
    hear(world, changed(lending.LOAN_CHANGE_DISBURSED, "2026-12-01"))
    hear(world, changed(lending.LOAN_CHANGE_PAST_DUE, "2027-03-05", past_due_since="2027-03-01"))
    hear(world, changed(lending.LOAN_CHANGE_CURED, "2027-03-20"))
    hear(world, changed(lending.LOAN_CHANGE_SETTLED, "2027-08-01"))

    world.pass_days(366)

    assert [found.defaulted for found in labelled(world)] == [False]
    with world.database.read() as tx:
        assert outcomes.outcome_of(tx, "loan_1") == LoanOutcome(
            loan_id="loan_1",
            firm_key=firm_key(FIRM),
            disbursed_on=date(2026, 12, 1),
            settled_on=date(2027, 8, 1),
        )
    assert TODAY + timedelta(days=366) == date(2027, 11, 23)
