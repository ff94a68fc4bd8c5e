"""Days at the ends of the calendar, and files without measure: what one party is told of stops no other."""

from datetime import date
from typing import Any

import pytest

from libs.chassis.principal import Role
from libs.registry.loan_terms import IpRightKind
from services.credit.domain.bulk import BulkOutcome
from services.credit.domain.facts import NewFacts, Source
from services.credit.domain.invoices import last_complete_month, month_of
from services.credit.domain.party import IpRight, Valuation, ValuationMethod
from services.credit.operations import files, summaries
from tests.unit.credit.doors import client
from tests.unit.credit.world import FIRM, OPERATOR, OTHER, TODAY, World, fact, firm, told

LAST = date.max.isoformat()


def right(number: str = "ZL1", **said: Any) -> IpRight:
    return IpRight(id=number, kind=IpRightKind.TRADEMARK, expires_on=date(2030, 1, 1), **said)


def deliver(world: World, *rights: IpRight) -> BulkOutcome:
    return world.write(files.add_facts, firm(), FIRM, NewFacts(ip_rights=rights))


def test_a_right_without_an_end_is_told(world: World) -> None:
    world.put()
    endless = IpRight(id="ZL1", kind=IpRightKind.TRADEMARK, expires_on=date.max)
    deliver(world, endless)

    assert [told.expires_on for told in world.summary().ip_rights] == [LAST]


def test_a_party_that_cannot_be_told_keeps_no_other_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(FIRM)
    world.put(OTHER)
    world.say(fact("tax_grade", "A", source=Source.TAX), party=OTHER)
    consent = world.grant("tax", party=OTHER, recipient="platform")
    assert "tax_grade" in told(world.summary(OTHER))
    tell = summaries.tell_summary

    def fails(tx: Any, by: Any, party: str) -> object:
        if party == FIRM:
            raise OverflowError
        return tell(tx, by, party)

    monkeypatch.setattr(summaries, "tell_summary", fails)
    world.put(FIRM, name="改名")
    world.revoke(consent)
    with pytest.raises(ExceptionGroup):
        world.tell()
    monkeypatch.undo()

    assert "tax_grade" not in told(world.summary(OTHER))


def test_rights_and_valuations_have_a_measure(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_RIGHTS", 2)
    small_world.put()

    first = deliver(small_world, right("1"), right("2"), right("3"), right("1", encumbered=True))
    many = (Valuation(amount_fen=1, on=TODAY, appraiser="评估", method=ValuationMethod.COST),) * 51

    assert [row.state for row in first.rows] == ["RECORDED", "RECORDED", "REJECTED", "RECORDED"]
    assert deliver(small_world, right("1", valuations=many)).rows[0].field == "valuations"


def test_matching_is_not_told_who_holds_a_pledge(small_world: World) -> None:
    small_world.put()
    deliver(small_world, right(encumbered=True, pledgee="某银行", pledge_number="Y2026"))

    (shown,) = small_world.summary().ip_rights

    assert shown.encumbered
    assert not shown.HasField("pledgee")
    assert not shown.HasField("pledge_number")


@pytest.mark.parametrize("days", [{"as_of": LAST}, {"known": f"{LAST}T00:00:00Z"}, {"as_of": "0001-01-01"}])
def test_the_firm_may_ask_for_any_day(small_world: World, days: dict[str, str]) -> None:
    small_world.put()
    firm_door = client(small_world, Role.SME, FIRM)

    for path in ("", "/records", "/series", "/relations", "/facts/invoiced_12m_fen"):
        assert firm_door.get(f"/v1/parties/{FIRM}{path}", **days).status_code == 200


def test_no_consent_begins_after_one_of_today_must_have_ended(small_world: World) -> None:
    small_world.put()
    refused: list[tuple[int, str]] = []
    for start in (LAST, "2126-01-01"):
        body = {
            "signer": "张测试",
            "authority": "OWNER",
            "scopes": ["tax"],
            "purpose": "MATCHING",
            "recipient": "platform",
            "valid_from": start,
            "valid_until": start,
            "method": "PLATFORM_ACCOUNT",
            "text_version": "1",
            "text_hash": "0" * 64,
        }
        answer = client(small_world, Role.SME, FIRM).post(f"/v1/parties/{FIRM}/consents", body)
        refused.append((answer.status_code, answer.json()["field"]))

    assert refused == [(422, "valid_until")] * 2


def test_a_month_of_no_year_and_invoices_of_no_day_are_refused(small_world: World) -> None:
    small_world.put()
    door = client(small_world, Role.OPERATOR, OPERATOR.organisation)
    figure = {"series": "TAX_PAID", "month": "0000-01", "value": 1}

    rows = door.post(f"/v1/parties/{FIRM}/series", {"figures": [figure]}).json()["rows"]
    covered = door.post(f"/v1/parties/{FIRM}/invoices", {"covers_until": "0001-01-01", "invoices": []})

    assert rows[0]["field"] == "month"
    assert (covered.status_code, covered.json()["field"]) == (422, "covers_until")
    small_world.summary()


@pytest.mark.parametrize(
    ("day", "over"),
    [
        (date(2024, 2, 28), "2024-01-01"),
        (date(2024, 2, 29), "2024-02-01"),
        (date(2026, 12, 31), "2026-12-01"),
        (date.max, "9999-12-01"),
    ],
)
def test_a_month_is_over_with_its_last_day(day: date, over: str) -> None:
    assert last_complete_month(day) == month_of(date.fromisoformat(over))
