"""Consent: given by the firm alone, taken back at once; and who sees what under it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS
from libs.registry.dimensions import OwnerKind
from services.credit.domain import consent as rules
from services.credit.domain.consent import Authority, Consent, NewConsent, Purpose, Revocation
from services.credit.operations import consents, reading, scores
from tests.support.services import NOON
from tests.unit.credit.card_shop import open_gate
from tests.unit.credit.world import (
    BANK,
    FARMER,
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
    told,
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
    open_gate(world)
    score = lambda by: world.write(scores.get_score, by, FIRM)  # noqa: E731
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
        ({"text_version": " "}, "text_version"),
        ({"authority": Authority.AUTHORISED_SIGNATORY}, "authority_reference"),
        ({"documents": ("contract-7",)}, "documents/0"),
        ({"documents": ("doc_1", "doc_1")}, "documents/1"),
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


def test_a_consent_may_begin_later(world: World) -> None:
    filled(world).grant("tax", valid_from=TODAY + timedelta(days=3))

    assert "tax_grade" in closed(world.look())
    world.pass_days(3)
    assert "tax_grade" in values(world.look())


def test_matching_hears_of_a_consent_on_the_day_on_which_it_begins(world: World) -> None:
    filled(world).grant("tax", recipient="platform", valid_from=TODAY + timedelta(days=3))
    assert "tax_grade" not in told(world.summary())

    world.pass_days(3)

    assert told(world.summary())["tax_grade"] == "A"


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"valid_from": TODAY - timedelta(days=1)}, "valid_from"),
        ({"valid_from": TODAY + timedelta(days=9), "until": TODAY + timedelta(days=8)}, "valid_until"),
        ({"until": date(2029, 11, 23)}, "valid_until"),
    ],
)
def test_a_consent_holds_from_today_on_and_for_no_more_than_the_years_of_the_rule(
    small_world: World, terms: dict[str, Any], field: str
) -> None:
    small_world.put()
    assert small_world.grant("tax", until=date(2029, 11, 22)).valid_until == date(2029, 11, 22)

    with pytest.raises(Violation) as refused:
        small_world.grant("tax", **terms)

    assert refused.value.field == field


def test_why_a_consent_is_taken_back_may_be_said_and_is_told_in_no_event(world: World) -> None:
    consent = filled(world).grant("tax")
    reason = "不再申请这笔贷款"

    ended = world.write(consents.revoke_consent, firm(), consent.id, Revocation(reason=reason))

    assert ended.revocation_reason == reason
    assert all(reason not in str(event) for event in world.events())


@pytest.mark.parametrize(
    ("scopes", "terms", "field"),
    [
        (("tax", "score"), {"separate": True}, "scopes"),
        (("tax",), {}, "separate"),
        (("tax",), {"documents": ("doc_1",), "separate": True}, "scopes"),
        ((), {"documents": ("doc_1",)}, "separate"),
    ],
)
def test_a_natural_person_opens_what_is_sensitive_each_on_a_sheet_of_its_own(
    scopes: tuple[str, ...], terms: dict[str, Any], field: str
) -> None:
    with pytest.raises(Violation) as refused:
        granted_by(FARMER, *scopes, **terms)

    assert refused.value.field == field
    assert "个人信息保护法" in str(refused.value.source)
    assert granted_by(FIRM, *scopes, **terms).scopes == scopes


def test_a_person_may_open_together_what_is_not_sensitive(world: World) -> None:
    world.put(FARMER, kind=OwnerKind.FARMER, industry="", established_on=None)

    assert world.grant("tax", party=FARMER, separate=True).separate is True
    assert world.grant("utilities", "score", party=FARMER).scopes == ("utilities", "score")


def granted_by(party: str, *scopes: str, **terms: Any) -> Consent:
    new = new_consent(*scopes, **terms)
    return rules.granted(new, party, "cst_1", NOON, TODAY, consents.consent_rules(POLICIES, new, TODAY))
