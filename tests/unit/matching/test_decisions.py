"""What banks decide becomes what the likelihood learns from: an application once, no party, no hindsight."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from libs.chassis.clock import SettableClock
from libs.eventing import topics
from libs.registry.size import Size
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.lending.v1 import events_pb2 as lending_events
from services.matching.domain.decision import Decision
from services.matching.domain.features import Features, PlanFeatures, Security
from services.matching.handlers import HANDLERS
from services.matching.store import answer_features, decisions
from tests.support.services import NOON
from tests.unit.matching.house import BODY, House, event
from tests.unit.matching.world import product

FIRST = Features(score=640, years=3, soft=0, unknown=1, security=Security.UNSECURED)
LATER = Features(score=700, years=3, soft=0, unknown=0, security=Security.UNSECURED)


def answered(house: House, match: str, features: Features, product: str = "prd_first") -> None:
    plan = PlanFeatures(product=product, number=1, likelihood_ppm=675_000, features=features)
    with house.database.write() as tx:
        answer_features.insert_features(tx, [(match, "key", (plan,))])


def told(
    house: House, status: str, sequence: int = 1, at: datetime = NOON, *, by_waiver: bool = False
) -> None:
    message = lending_events.ApplicationChanged(
        application_id="app_1",
        product_id="prd_first",
        bank="org_east",
        status=f"APPLICATION_STATUS_{status}",
        business_date=f"2026-12-0{sequence}",
        by_waiver=by_waiver,
        dimensions=common.Dimensions(
            county="640104",
            size=common.SIZE_SMALL,
            owner_kind=common.OWNER_KIND_ENTERPRISE,
            firm_key="key",
            first_time_borrower=True,
        ),
    )
    heard = replace(event(topics.LENDING_APPLICATION, "app_1", message, sequence), time=at)
    with house.database.write() as tx:
        HANDLERS[topics.LENDING_APPLICATION](tx, heard)


def labels(house: House) -> list[Decision]:
    with house.database.read() as tx:
        return list(decisions.decided(tx))


def test_a_yes_is_kept_with_what_was_said_before_the_application_and_with_no_party(house: House) -> None:
    answered(house, "mat_1", FIRST)

    told(house, "SUBMITTED")
    told(house, "APPROVED", 2)

    assert labels(house) == [
        Decision(
            application="app_1",
            product="prd_first",
            bank="org_east",
            applied_on=date(2026, 12, 1),
            decided_on=date(2026, 12, 2),
            approved=True,
            number=1,
            said_ppm=675_000,
            features=FIRST,
            county="640104",
            size=Size.SMALL,
            first_time=True,
        )
    ]


def test_an_answer_that_came_after_the_application_is_not_looked_at_though_news_of_it_is_late(
    house: House,
) -> None:
    answered(house, "mat_1", FIRST)
    clock = house.database.clock
    assert isinstance(clock, SettableClock)
    clock.instant += timedelta(hours=1)
    answered(house, "mat_2", LATER)

    told(house, "SUBMITTED", at=NOON + timedelta(minutes=10))

    told(house, "DECLINED", 2)

    assert [one.features for one in labels(house)] == [FIRST]


def test_the_last_answer_before_the_application_counts(house: House) -> None:
    answered(house, "mat_1", FIRST)
    answered(house, "mat_2", LATER)
    answered(house, "mat_3", FIRST, product="prd_other")

    told(house, "SUBMITTED")
    told(house, "APPROVED", 2)

    assert [one.features for one in labels(house)] == [LATER]


@pytest.mark.parametrize(
    ("story", "labelled"),
    [
        (("SUBMITTED",), []),
        (("SUBMITTED", "ACCEPTED", "INFORMATION_ASKED", "WITHDRAWN"), []),
        (("SUBMITTED", "APPROVED", "WITHDRAWN"), []),
        (("SUBMITTED", "CLOSED"), []),
        (("SUBMITTED", "APPROVED", "OFFER_ACCEPTED", "CONTRACTED", "DISBURSED"), [True]),
        (("SUBMITTED", "APPROVED", "LAPSED"), [True]),
        (("SUBMITTED", "DECLINED"), [False]),
        (("SUBMITTED", "DECLINED", "APPROVED"), [True]),
    ],
)
def test_the_last_word_of_an_application_counts_once(
    house: House, story: tuple[str, ...], labelled: list[bool]
) -> None:
    answered(house, "mat_1", FIRST)

    for sequence, status in enumerate(story, start=1):
        told(house, status, sequence)

    assert [one.approved for one in labels(house)] == labelled


def test_an_event_that_comes_again_changes_nothing(house: House) -> None:
    answered(house, "mat_1", FIRST)
    told(house, "SUBMITTED")
    told(house, "APPROVED", 2)
    before = labels(house)

    answered(house, "mat_2", LATER)
    told(house, "SUBMITTED")
    told(house, "APPROVED", 2)

    assert labels(house) == before


def test_what_was_not_recommended_teaches_nothing(house: House) -> None:
    answered(house, "mat_1", FIRST, product="prd_other")

    told(house, "SUBMITTED")
    told(house, "APPROVED", 2)

    assert labels(house) == []


def asked(house: House) -> int:
    """The firm asks at the door; the number of the plan that it will apply for."""
    house.show(topics.LENDING_PRODUCT, "prd_first", product("first"))
    house.tell(house.summary())
    plans = house.sme.post("/v1/matches", BODY).json()["plans"]
    return next(plan["number"] for plan in plans if plan["product_id"] == "prd_first")


def test_what_was_answered_at_the_door_is_what_is_learned_from(house: House) -> None:
    number = asked(house)

    told(house, "SUBMITTED", at=NOON + timedelta(minutes=1))
    told(house, "APPROVED", 2)

    (label,) = labels(house)
    assert (label.product, label.approved, label.number) == ("prd_first", True, number)
    assert (label.features.score, label.features.years) == (640, 3)


def test_what_is_forgotten_of_a_firm_that_left_teaches_nothing(house: House) -> None:
    asked(house)
    house.tell(house.summary(status=credit.PARTY_STATUS_WITHDRAWN))

    told(house, "SUBMITTED", at=NOON + timedelta(minutes=1))
    told(house, "APPROVED", 2)

    assert labels(house) == []


def test_a_decision_by_waiver_teaches_nothing(house: House) -> None:
    answered(house, "mat_1", FIRST)
    told(house, "SUBMITTED")

    told(house, "APPROVED", 2, by_waiver=True)

    assert labels(house) == []
