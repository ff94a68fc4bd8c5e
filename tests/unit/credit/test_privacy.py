"""No door shows a protected item without consent, in whatever order things happen; nothing leaks at rest or in logs."""

import logging
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.chassis import telemetry
from libs.chassis.problems import Conflict, Forbidden
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, SCOPES
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import IpRightKind
from libs.registry.uscc import complete
from services.credit.domain.consent import Authority, Consent, Revocation
from services.credit.domain.facts import NewFacts
from services.credit.domain.party import IpRight, Registration, Valuation, ValuationMethod, check_party
from services.credit.domain.score import Score
from services.credit.operations import consents, files, scores
from services.credit.store import metadata, tables
from tests.support.services import NOON
from tests.unit.credit.card_shop import ready
from tests.unit.credit.world import (
    BANK,
    FIRM,
    NAME,
    OFFICER,
    OPERATOR,
    SIGNER,
    World,
    fact,
    firm,
    told,
    values,
)

SECRETS = {"tax_grade": "C", "employees": "41", "bank_loan_record": "true", "invoiced_12m_fen": "777000"}
_numbers = count(1)

grants = st.tuples(
    st.just("grant"),
    st.sampled_from(["tax", "score", "credit_record"]),
    st.sampled_from([BANK, "platform", "org_other"]),
    st.integers(0, 3),
)
steps = st.lists(
    st.one_of(
        grants,
        grants,
        st.tuples(st.just("revoke"), st.integers(0, 5)),
        st.tuples(st.just("say"), st.sampled_from(sorted(SECRETS))),
        st.tuples(st.just("days"), st.integers(1, 2)),
        st.sampled_from([("withdraw",), ("put",)]),
    ),
    min_size=4,
    max_size=14,
)


@dataclass
class Told:
    """What the firm has agreed to, kept by hand."""

    consents: list[Consent] = field(default_factory=list)
    withdrawn: bool = False

    def open_to(self, recipient: str, today: date) -> set[str]:
        if self.withdrawn:
            return set()
        good = (one for one in self.consents if one.recipient == recipient and one.valid_until >= today)
        return {scope for one in good for scope in one.scopes}


def do(world: World, party: str, told_so_far: Told, step: tuple[object, ...]) -> None:
    match step:
        case ("say", str(name)):
            world.say(fact(name, SECRETS[name]), party=party)
        case ("grant", str(scope), str(recipient), int(days)):
            until = today_of(world) + timedelta(days=days)
            told_so_far.consents.append(world.grant(scope, party=party, recipient=recipient, until=until))
        case ("revoke", int(at)) if told_so_far.consents:
            world.revoke(told_so_far.consents.pop(at % len(told_so_far.consents)))
        case ("days", int(days)):
            world.pass_days(days)
        case ("withdraw",):
            world.write(files.withdraw_party, firm(party), party)
            told_so_far.withdrawn = True
            told_so_far.consents.clear()
        case ("put",):
            world.put(party, by=firm(party))
            told_so_far.withdrawn = False
        case _:
            pass


def today_of(world: World) -> date:
    with world.database.read() as tx:
        return tx.today


def protected(shown: dict[str, str]) -> set[str]:
    """The scopes of the protected items among what is shown."""
    return {FACTS[name].scope for name in shown if SCOPES[FACTS[name].scope].consent}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_without_consent_no_door_shows_a_protected_item_in_any_order(
    small_world: World, history: list[tuple[object, ...]]
) -> None:
    world, told_so_far = ready(small_world), Told()
    party = f"uscc:{complete(f'91640100MA{next(_numbers):07d}').code}"
    world.put(party)
    world.say(*(fact(name, value) for name, value in SECRETS.items()), party=party)
    for step in history:
        try:
            do(world, party, told_so_far, step)
        except Conflict:
            assert told_so_far.withdrawn
        assert protected(looked(world, party)) <= told_so_far.open_to(BANK, today_of(world))
        assert scored(world, party) <= ("score" in told_so_far.open_to(BANK, today_of(world)))
        assert protected(told(world.summary(party))) <= told_so_far.open_to("platform", today_of(world))


def looked(world: World, party: str) -> dict[str, str]:
    try:
        return values(world.look(OFFICER, party))
    except Forbidden:
        return {}


def scored(world: World, party: str) -> bool:
    try:
        return world.write(scores.get_score, OFFICER, party).points >= 0
    except Forbidden:
        return False


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_a_score_for_a_bank_depends_on_nothing_that_is_closed_to_it(
    small_world: World, history: list[tuple[object, ...]]
) -> None:
    world = ready(small_world)
    one, other = (f"uscc:{complete(f'91640200MA{next(_numbers):07d}').code}" for _ in range(2))
    for party in (one, other):
        world.put(party)
        world.grant("score", party=party)
    for step in history:
        if step[0] == "say":
            do(world, one, Told(), step)

    shown = [world.write(scores.get_score, OFFICER, party) for party in (one, other)]
    assert blanked(shown[0]) == blanked(shown[1])


def blanked(score: Score) -> Score:
    """All that a bank is told, but whom it is about."""
    return replace(score, party="", score_id="")


def test_names_and_signers_are_encrypted_at_rest(world: World) -> None:
    world.put()
    power = {"authority": Authority.AUTHORISED_SIGNATORY, "authority_reference": f"委托书 {SIGNER}"}
    consent = world.grant("tax", recipient="platform", **power)
    world.write(consents.revoke_consent, firm(), consent.id, Revocation(reason=f"{SIGNER}不再任职"))
    world.say(fact("tax_grade", "A"))
    world.write(files.add_facts, OPERATOR, FIRM, NewFacts(ip_rights=(pledged_to(SIGNER),)))
    world.look()
    world.tell()

    with world.database.read() as tx:
        for table in metadata.sorted_tables:
            columns = ", ".join(f"CAST({column.name} AS TEXT)" for column in table.columns)
            for row in tx.connection.exec_driver_sql(f"SELECT {columns} FROM {table.name}"):
                assert NAME not in str(row), table.name
                assert SIGNER not in str(row), table.name
        assert tx.scalar(sa.select(tables.registrations.c.name)) == NAME


def pledged_to(name: str) -> IpRight:
    valuation = Valuation(method=ValuationMethod.COST, appraiser=name, amount_fen=1, on=date(2026, 1, 1))
    return IpRight(
        id="ZL1",
        kind=IpRightKind.DESIGN,
        expires_on=date(2030, 1, 1),
        encumbered=True,
        pledgee=name,
        valuations=(valuation,),
    )


def test_logs_name_nobody_even_when_something_breaks(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world.put()
    with pytest.raises(sa.exc.IntegrityError) as broken, world.database.write() as tx:
        tx.execute(sa.insert(tables.registrations).values(_registration_of_nobody()))

    told_by_logs = [telemetry.masked(record.getMessage()) for record in caplog.records]
    assert NAME not in "\n".join(told_by_logs)
    assert NAME not in str(broken.value)


def _registration_of_nobody() -> dict[str, object]:
    row = {"party": "uscc:nobody", "version": 1, "kind": "ENTERPRISE", "name": NAME, "county": "640106"}
    return row | {"industry": "", "recorded_at": NOON, "recorded_by": "acc"}


def test_a_refusal_does_not_repeat_a_persons_number() -> None:
    with pytest.raises(Violation) as refused:
        check_party("person:640104199001011234", _farmer(), date(2026, 11, 22))

    assert "640104199001011234" not in str(refused.value)


def _farmer() -> Registration:
    return Registration(kind=OwnerKind.FARMER, name="马测试", county="640106")
