"""Consent: given by the firm alone, taken back at once; and who sees what under it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS
from services.credit.domain import consent as rules
from services.credit.domain.consent import NewConsent, Purpose
from services.credit.operations import consents, reading
from tests.unit.credit.world import (
    BANK,
    FIRM,
    NAME,
    OFFICER,
    OPERATOR,
    OTHER,
    POLICIES,
    TODAY,
    World,
    closed,
    fact,
    firm,
    new_consent,
    values,
)

PROTECTED = {name for name, kind in FACTS.items() if kind.scope != "public" and name != "score"}


def filled(world: World) -> World:
    world.put()
    world.say(fact("tax_grade", "A"), fact("bank_loan_record", "false"), fact("judgment_defaulter", "false"))
    return world


def test_without_consent_a_bank_sees_what_is_public_and_neither_values_nor_gaps_nor_the_name(
    world: World,
) -> None:
    shown = filled(world).look()

    assert shown.name == ""
    assert values(shown)["judgment_defaulter"] == "false"
    assert closed(shown) == PROTECTED
    assert all(
        item.value == "" and item.observed_on is None for item in shown.items if item.fact in PROTECTED
    )


def test_a_consent_opens_its_scopes_to_the_bank_that_it_names_and_no_other(world: World) -> None:
    consent = filled(world).grant("tax")

    shown = world.look()
    grade = next(item for item in shown.items if item.fact == "tax_grade")
    assert (shown.name, grade.value, grade.consent_id) == (NAME, "A", consent.id)
    assert "bank_loan_record" in closed(shown)
    assert closed(world.look(replace(OFFICER, organisation="org_other_bank"))) == PROTECTED


def test_a_consent_to_the_platform_opens_nothing_to_a_bank(world: World) -> None:
    filled(world).grant("tax", recipient="platform")

    assert closed(world.look()) == PROTECTED


def test_a_revoked_consent_opens_nothing_from_the_next_look_on(world: World) -> None:
    consent = filled(world).grant("tax")
    assert values(world.look())["tax_grade"] == "A"

    world.revoke(consent)

    assert closed(world.look()) == PROTECTED
    assert world.revoke(consent).revoked_at is not None


def test_a_consent_ends_with_its_last_day(world: World) -> None:
    filled(world).grant("tax", until=TODAY + timedelta(days=2))

    world.pass_days(2)
    assert "tax_grade" in values(world.look())
    world.pass_days(1)
    assert "tax_grade" in closed(world.look())


def test_nobody_consents_or_revokes_in_the_firms_place(world: World) -> None:
    consent = filled(world).grant("tax")
    others = [OPERATOR, OFFICER, firm(OTHER), Principal("acc_centre", Role.SERVICE_CENTRE, "org_c", "64")]

    for somebody in others:
        with pytest.raises(Forbidden):
            world.write(consents.grant_consent, somebody, FIRM, new_consent("tax"))
        with pytest.raises(Forbidden):
            world.write(consents.revoke_consent, somebody, consent.id)
    with pytest.raises(NotFound):
        world.write(consents.revoke_consent, firm(), "cst_none")


def test_who_brings_data_sees_no_protected_item_and_leaves_a_trace(world: World) -> None:
    filled(world).grant("tax", "score")

    assert closed(world.look(OPERATOR)) == PROTECTED
    with world.database.read() as tx:
        assert [read.reader for read in reading.list_reads(tx, firm(), FIRM).items] == ["org_platform"]
    with pytest.raises(Forbidden):
        world.look(Principal("acc_reg", Role.REGULATOR, "org_reg", "64"))


def test_a_firm_lists_its_consents_and_a_bank_those_that_name_it(world: World) -> None:
    mine = filled(world).grant("tax")
    world.grant("tax", recipient="platform")

    with world.database.read() as tx:
        assert len(consents.list_consents(tx, firm(), FIRM).items) == 2
        assert consents.list_consents(tx, OFFICER, FIRM).items == (mine,)
        with pytest.raises(Forbidden):
            consents.list_consents(tx, OPERATOR, FIRM)


def test_a_bank_gets_a_score_only_under_consent_and_made_of_what_it_may_see(world: World) -> None:
    filled(world)
    score = lambda by: world.write(reading.get_score, by, POLICIES, FIRM)  # noqa: E731
    with pytest.raises(Forbidden, match="NOT_AUTHORISED"):
        score(OFFICER)

    world.grant("score")
    alone = score(OFFICER)
    world.grant("tax", "credit_record")

    assert alone.points < score(OFFICER).points == score(firm()).points
    assert (
        next(reason for reason in alone.reasons if reason.fact == "tax_grade").text
        == "未授权或没有纳税信用级别"
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scopes": ()}, "scopes"),
        ({"scopes": ("public",)}, "scopes/0"),
        ({"scopes": ("tax", "tax")}, "scopes/1"),
        ({"recipient": "platform"}, "recipient"),
        ({"purpose": Purpose.MATCHING}, "recipient"),
        ({"signer": " "}, "signer"),
        ({"text_hash": "abc"}, "text_hash"),
    ],
)
def test_a_consent_that_says_too_little_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Violation) as refused:
        replace(new_consent("tax"), **changes)  # type: ignore[arg-type]

    assert refused.value.field == field


def test_a_consent_cannot_begin_when_it_is_over(world: World) -> None:
    world.put()

    with pytest.raises(Violation, match="valid_until"):
        world.grant("tax", until=TODAY - timedelta(days=1))


def test_of_two_consents_to_a_scope_the_longer_one_opens_it(world: World) -> None:
    filled(world).grant("tax", until=date(2026, 12, 1))
    longer = world.grant("tax", until=date(2027, 12, 1))

    with world.database.read() as tx:
        given = consents.list_consents(tx, firm(), FIRM).items
    assert rules.opened(given, BANK, Purpose.CREDIT_DECISION, TODAY) == {"tax": longer}
    assert isinstance(new_consent("tax"), NewConsent)
