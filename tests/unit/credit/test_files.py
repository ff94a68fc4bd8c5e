"""Party files: opened, added to, withdrawn."""

from datetime import UTC, date, datetime, timedelta

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size, SizeGap, SizeIndicator
from libs.registry.uscc import complete
from services.credit.domain.bulk import RowState
from services.credit.domain.facts import Source
from services.credit.domain.party import Registration, check_party
from services.credit.operations import files, reading
from tests.support.services import NOON
from tests.unit.credit.world import (
    BANK,
    FARMER,
    FIRM,
    NAME,
    OFFICER,
    OPERATOR,
    OTHER,
    TODAY,
    World,
    fact,
    firm,
    registration,
    values,
)

FARMING = {"kind": OwnerKind.FARMER, "name": "马测试", "industry": "", "established_on": None}


def test_a_firm_opens_its_file_and_reads_all_of_it(world: World) -> None:
    opened = world.put(by=firm())

    assert opened.name == NAME
    assert values(opened) == {"months_since_registration": "44", "owner_kind": "ENTERPRISE"}
    assert world.look(firm()) == opened


def test_a_new_registration_counts_and_the_old_one_is_kept(world: World) -> None:
    world.put()
    world.put(county="640104")
    world.put(county="640104")

    with world.database.read() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT version, county FROM registrations ORDER BY version"
        ).all()
    assert [tuple(row) for row in rows] == [(1, "640106"), (2, "640104")]
    assert world.look(firm()).county == "640104"


def test_the_size_of_a_file_follows_the_official_rule(world: World) -> None:
    world.put()
    world.say(fact("employees", "120"), fact("revenue_year_fen", "1200000000"), fact("assets_total_fen", "1"))

    assert world.look(firm()).size is Size.MEDIUM
    assert values(world.look(firm()))["size"] == "MEDIUM"


def test_a_farmer_goes_by_an_opaque_id(world: World) -> None:
    farmer = world.put(FARMER, **FARMING)

    assert farmer.established_on is None
    assert values(farmer) == {"owner_kind": "FARMER"}


@pytest.mark.parametrize(
    ("party", "told", "field"),
    [
        ("uscc:91640100MA7ADEM08L", registration(), "party"),
        ("uscc:91640100ma7adem08k", registration(), "party"),
        ("91640100MA7ADEM08K", registration(), "party"),
        (FIRM, registration(kind=OwnerKind.COOPERATIVE), "kind"),
        ("person:farmer-000001", registration(), "party"),
        ("person:640104199001011234", Registration(county="640106", **FARMING), "party"),
        ("person:x13812345678", Registration(county="640106", **FARMING), "party"),
        (FIRM, registration(established_on=date(2026, 11, 23)), "established_on"),
    ],
)
def test_an_id_that_is_wrong_or_tells_too_much_is_refused(party: str, told: Registration, field: str) -> None:
    with pytest.raises(Violation) as refused:
        check_party(party, told, TODAY)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"county": "640321"}, "county"),
        ({"industry": "9999"}, "industry"),
        ({"name": " "}, "name"),
        ({"established_on": None}, "established_on"),
    ],
)
def test_a_registration_that_cannot_be_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Violation) as refused:
        registration(**changes)

    assert refused.value.field == field


def test_each_row_of_a_delivery_has_its_outcome_and_a_bad_one_stops_no_other(world: World) -> None:
    world.put()

    outcome = world.say(
        fact("tax_grade", "B"), fact("tax_grade", "Z"), fact("employees", "12"), fact("tax_grade", "B")
    )

    assert [row.state for row in outcome.rows] == [
        RowState.RECORDED,
        RowState.REJECTED,
        RowState.RECORDED,
        RowState.KNOWN,
    ]
    assert (outcome.rows[1].field, outcome.rows[1].mend) == ("value", "Use one of A, B, M, C, D.")
    assert (outcome.recorded, outcome.known, outcome.rejected) == (2, 1, 1)


def test_the_same_delivery_twice_records_once_and_a_correction_is_kept_beside_it(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "B", source=Source.TAX))

    assert world.say(fact("tax_grade", "B", source=Source.TAX)).known == 1
    assert world.say(fact("tax_grade", "C", source=Source.TAX)).recorded == 1

    assert values(world.look(firm()))["tax_grade"] == "C"
    with world.database.read() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM facts").scalar() == 2


def test_the_file_shows_an_earlier_day_as_it_was_known_then(world: World) -> None:
    world.put()
    world.say(fact("tax_grade", "B", "2026-04-30"))
    before = world.database.clock.now()
    world.pass_days(1)
    world.say(fact("tax_grade", "A", "2026-04-30"))

    assert values(world.look(firm()))["tax_grade"] == "A"
    assert values(world.look(firm(), known=before))["tax_grade"] == "B"
    assert "tax_grade" not in values(world.look(firm(), as_of=date(2026, 4, 29)))
    assert world.database.clock.now() > before > datetime(2026, 1, 1, tzinfo=UTC)


def test_a_firm_declares_only_for_itself_and_only_as_its_own_word(world: World) -> None:
    world.put()
    world.put(OTHER)
    world.say(fact("tax_grade", "A", source=Source.TAX), by=firm())

    item = next(item for item in world.look(firm()).items if item.fact == "tax_grade")
    assert item.source is Source.SELF_DECLARED
    with pytest.raises(Forbidden):
        world.say(fact("tax_grade", "A"), party=OTHER, by=firm())


def test_shared_data_comes_from_those_in_charge_of_the_county(world: World) -> None:
    world.put()
    guyuan = Principal("acc_centre", Role.SERVICE_CENTRE, "org_centre", "6404")

    with pytest.raises(Forbidden, match="640106"):
        world.say(fact("tax_grade", "A"), by=guyuan)
    with pytest.raises(Forbidden):
        world.say(fact("tax_grade", "A"), by=OFFICER)


def test_there_is_no_file_of_an_unknown_party(world: World) -> None:
    with pytest.raises(NotFound):
        world.look(firm())


def test_the_file_of_a_day_shows_the_registration_of_that_day(world: World) -> None:
    world.put()
    world.pass_days(5)
    world.put(county="640104", changed_on=date(2026, 11, 25))
    world.pass_days(5)
    world.put(county="640121", changed_on=date(2026, 11, 24))

    of = lambda **when: world.look(firm(), **when).county  # noqa: E731
    assert (of(), of(as_of=date(2026, 11, 24)), of(as_of=date(2020, 1, 1))) == ("640121", "640121", "640106")
    assert of(known=NOON + timedelta(days=6)) == "640104"
    assert of(known=NOON + timedelta(days=6), as_of=date(2026, 11, 24)) == "640106"
    with pytest.raises(NotFound):
        of(known=NOON - timedelta(days=1))


def test_a_size_that_is_not_judged_says_why_and_to_whom_the_statements_are_closed_not_which(
    world: World,
) -> None:
    world.put()
    world.say(fact("employees", "120"))

    mine, theirs = world.look(firm()).size_basis, world.look(OFFICER).size_basis
    assert (mine.gap, mine.missing) == (SizeGap.INDICATOR_MISSING, (SizeIndicator.REVENUE,))
    assert (theirs.gap, theirs.missing) == (SizeGap.INDICATOR_MISSING, ())


@pytest.mark.parametrize(
    ("established", "provisional"), [(date(2024, 12, 31), False), (date(2025, 7, 1), True)]
)
def test_the_size_of_a_firm_without_a_full_year_is_provisional(
    small_world: World, established: date, provisional: bool
) -> None:
    small_world.put(established_on=established)
    small_world.say(fact("employees", "120"), fact("revenue_year_fen", "1200000000", "2026-03-01"))

    basis = small_world.look(firm()).size_basis
    assert (basis.year, basis.provisional) == (2025, provisional)


def test_the_owner_of_a_small_firm_is_a_natural_person_of_no_size(world: World) -> None:
    owner = "person:owner-000001"
    shown = world.put(owner, **(FARMING | {"kind": OwnerKind.SMALL_MICRO_OWNER}))

    assert values(shown) == {"owner_kind": "SMALL_MICRO_OWNER"}
    assert shown.size_basis.gap is SizeGap.NATURAL_PERSON


def test_a_code_whose_inner_check_fails_is_a_warning_only(world: World) -> None:
    doubtful = complete("916401001234567890"[:17]).party

    assert world.put(doubtful).code_doubtful is True
    assert world.put().code_doubtful is False


def test_a_party_that_withdrew_is_closed_to_all_but_itself_and_comes_back_only_by_itself(
    world: World,
) -> None:
    world.put()
    consent = world.grant("tax")
    world.write(files.withdraw_party, firm(), FIRM)

    with pytest.raises(Forbidden, match="withdrawn"):
        world.look()
    with pytest.raises(Conflict):
        world.put()
    with pytest.raises(Conflict):
        world.say(fact("tax_grade", "A"))
    assert world.look(firm()).status == "WITHDRAWN"

    assert world.put(by=firm()).status == "ACTIVE"
    assert world.revoke(consent).revoked_at is not None
    assert "tax_grade" not in values(world.look())


def test_only_the_firm_itself_withdraws(world: World) -> None:
    world.put()

    for somebody in (OPERATOR, OFFICER, firm(OTHER)):
        with pytest.raises(Forbidden):
            world.write(files.withdraw_party, somebody, FIRM)


def test_a_firm_sees_who_looked_under_which_consent(world: World) -> None:
    world.put()
    world.look()
    consent = world.grant("tax", "score")
    world.look()

    with world.database.read() as tx:
        reads = reading.list_reads(tx, firm(), FIRM).items
    assert [(read.reader, read.what, read.consents) for read in reads] == [
        (BANK, "FILE", (consent.id,)),
        (BANK, "FILE", ()),
    ]
    with world.database.read() as tx, pytest.raises(Forbidden):
        reading.list_reads(tx, OFFICER, FIRM)
