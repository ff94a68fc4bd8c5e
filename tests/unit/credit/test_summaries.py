"""What matching is told: whenever it changes, never more than a consent to the platform opens, and no name."""

from datetime import date, timedelta
from threading import Thread

import pytest

from libs.chassis.principal import service
from libs.chassis.problems import Forbidden
from libs.chassis.vault import firm_key
from libs.criteria.vocabulary import FACTS
from libs.eventing import topics
from libs.registry.loan_terms import IpRightKind
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import events_pb2
from services.credit.domain.facts import NewFacts
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.party import IpRight
from services.credit.operations import files, invoices, summaries
from tests.unit.credit.world import (
    FIRM,
    NAME,
    OPERATOR,
    SIGNER,
    TODAY,
    World,
    fact,
    firm,
    sale,
    told,
)


def test_a_new_party_is_told_with_what_is_public(world: World) -> None:
    world.put()

    summary = world.summary()

    assert summary.status == pb.PARTY_STATUS_ACTIVE
    assert told(summary) == {"months_since_registration": "44", "owner_kind": "ENTERPRISE"}
    assert (summary.dimensions.county, summary.dimensions.industry_division) == ("640106", "65")
    assert summary.dimensions.owner_kind == common.OWNER_KIND_ENTERPRISE
    assert summary.dimensions.firm_key == firm_key(FIRM)
    assert not summary.dimensions.HasField("size")
    assert (summary.recipient, summary.purpose) == ("platform", pb.PURPOSE_MATCHING)


def test_what_is_not_consented_reads_not_authorised_and_empty(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"), fact("bank_loan_record", "false"))

    items = {item.fact: item for item in world.summary().items}

    closed = [item for item in items.values() if FACTS[item.fact].scope != "public"]
    assert {item.state for item in closed} == {pb.ITEM_STATE_NOT_AUTHORISED}
    assert all(
        item.value == "" and not item.HasField("valid_until") and not item.HasField("observed_on")
        for item in closed
    )
    assert not world.summary().dimensions.first_time_borrower


def test_a_consent_to_the_platform_opens_items_until_its_last_day(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"), fact("bank_loan_record", "false"))
    world.grant("tax", "credit_record", recipient="platform", until=date(2027, 3, 1))

    summary = world.summary()

    grade = next(item for item in summary.items if item.fact == "tax_grade")
    assert (grade.value, grade.valid_until, grade.observed_on) == ("A", "2027-03-01", "2026-10-31")
    assert summary.dimensions.first_time_borrower
    assert "score" not in told(summary)


def test_the_score_is_told_only_where_it_is_consented_and_falls_with_the_first_consent(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"))
    world.grant("score", recipient="platform", until=date(2027, 6, 1))
    low = int(told(world.summary())["score"])
    world.grant("tax", recipient="platform", until=date(2027, 3, 1))

    score = next(item for item in world.summary().items if item.fact == "score")

    assert int(score.value) > low
    assert score.valid_until == "2027-03-01"


def test_a_consent_to_a_bank_tells_matching_nothing(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"))
    world.grant("tax")

    assert "tax_grade" not in told(world.summary())


def test_every_change_is_told_once_and_none_is_told_twice(world: World) -> None:
    world.put()
    assert len(world.summaries()) == 1
    world.put()
    world.say(fact("court_cases_24m", "0"))
    assert len(world.summaries()) == 2
    world.say(fact("court_cases_24m", "0"))
    world.grant("tax")
    assert len(world.summaries()) == 2
    assert world.tell() == 0


def test_revocation_is_told(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"))
    consent = world.grant("tax", recipient="platform")
    assert "tax_grade" in told(world.summary())

    world.revoke(consent)

    assert "tax_grade" not in told(world.summary())


def test_the_end_of_a_consent_is_told_without_anybody_doing_anything(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"))
    world.grant("tax", recipient="platform", until=TODAY + timedelta(days=3))
    assert "tax_grade" in told(world.summary())

    world.pass_days(3)
    assert "tax_grade" in told(world.summary())
    world.pass_days(1)
    assert "tax_grade" not in told(world.summary())


def test_age_months_of_invoices_and_the_end_of_a_right_are_told_on_their_day(world: World) -> None:
    world.put()
    right = IpRight(id="ZL1", kind=IpRightKind.DESIGN, expires_on=date(2026, 11, 24), appraised_fen=5)
    world.write(files.add_facts, OPERATOR, FIRM, NewFacts(ip_rights=(right,)))
    world.write(invoices.add_invoices, OPERATOR, FIRM, NewInvoices(invoices=(sale("1", "2026-10-05", 9),)))
    world.grant("invoices", recipient="platform")
    assert [(held.id, held.expires_on) for held in world.summary().ip_rights] == [("ZL1", "2026-11-24")]

    world.pass_days(3)
    assert not world.summary().ip_rights
    world.pass_days(15)  # 10 December: the firm is a month older
    assert told(world.summary())["months_since_registration"] == "45"


def test_a_party_that_withdrew_is_told_as_such_and_empty(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"))
    world.grant("tax", recipient="platform")
    world.write(files.withdraw_party, firm(), FIRM)

    assert world.summary() == pb.PartySummary(
        party=FIRM, status=pb.PARTY_STATUS_WITHDRAWN, recipient="platform", purpose=pb.PURPOSE_MATCHING
    )
    world.pass_days(60)
    assert world.tell() == 0


def test_consents_are_told_as_facts_that_name_nobody(world: World) -> None:
    world.put()
    consent = world.grant("tax", recipient="platform")
    world.revoke(consent)

    facts = [event for event in world.events() if event.topic == topics.CREDIT_CONSENT.name]

    changes = [event.decode(events_pb2.ConsentChanged) for event in facts]
    assert [change.revoked for change in changes] == [False, True]
    assert changes[0].firm_key == firm_key(FIRM)
    assert all(event.subject == consent.id for event in facts)
    assert all(FIRM.encode() not in event.data and SIGNER.encode() not in event.data for event in facts)


def test_no_event_ever_holds_a_name(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "A"))
    world.revoke(world.grant("tax", "score", recipient="platform"))
    world.tell()
    world.write(files.withdraw_party, firm(), FIRM)
    world.tell()

    assert len(world.events()) == 4
    for event in world.events():
        assert NAME.encode() not in event.data
        assert SIGNER.encode() not in event.data


def test_only_the_service_itself_tells(world: World) -> None:
    world.put()

    with pytest.raises(Forbidden):
        world.write(summaries.tell_summary, OPERATOR, FIRM)
    with world.database.read() as tx, pytest.raises(Forbidden):
        summaries.due_parties(tx, OPERATOR)


def test_a_change_during_the_telling_is_told_next(world: World) -> None:
    world.put()
    with world.database.write() as tx:
        summaries.tell_summary(tx, service("credit"), FIRM)
        changing = Thread(target=world.say, args=(fact("court_cases_24m", "3"),))
        changing.start()
        changing.join(0.2)
    changing.join()

    assert world.tell() == 1
    assert told(world.summary())["court_cases_24m"] == "3"
