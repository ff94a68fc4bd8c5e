"""What confirming a case would do, looked at before: the case taken out of what stands, and put in again."""

from dataclasses import replace

import pytest

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size
from services.guarantee.domain.effects import Ratio
from services.guarantee.domain.preview import EffectPreview
from services.guarantee.operations import previews, quotes
from tests.unit.guarantee.chain import FIRM, HELAN, MANAGER, MILLION, confirm, proposal, reserve, wish

OFFICER = Principal("acc_officer", Role.GUARANTOR_OFFICER, HELAN.id)
LARGE = replace(FIRM, size=Size.LARGE, owner_kind=OwnerKind.ENTERPRISE)


def look(database: Database, guarantee_id: str, by: Principal = OFFICER) -> EffectPreview:
    with database.read() as tx:
        return previews.preview(tx, by, guarantee_id)


def test_a_reserved_case_is_seen_as_the_quote_before_it_saw_it(database: Database) -> None:
    reserve(database, wish("app_0", 2 * MILLION))
    with database.read() as tx:
        quoted = {one.programme: one for one in quotes.quote(tx, OFFICER, proposal(3 * MILLION)).structures}
    case = reserve(database, wish("app_1", 3 * MILLION))

    found = look(database, case.id)

    assert found.structure == quoted["ordinary"]
    assert {one.ratio for one in found.structure.effects} >= {
        Ratio.LEVERAGE,
        Ratio.CONCENTRATION,
        Ratio.CREDIT_LINE,
        Ratio.PROVINCIAL_LINE,
        Ratio.SMALL_SHARE,
    }
    assert (found.amount_fen, found.crossed) == (3 * MILLION, ())


def test_the_book_s_share_of_small_firms_is_told_to_fall_below_its_red_line(database: Database) -> None:
    reserve(database, wish("app_0", 5 * MILLION))
    case = reserve(database, wish("app_1", 4 * MILLION, party="uscc:b", programme="ordinary"))
    with database.read() as tx:
        found = quotes.quote(tx, OFFICER, proposal(8 * MILLION, party="uscc:c", dimensions=LARGE))
    small = [one for one in found.structures[0].effects if one.ratio is Ratio.SMALL_SHARE]
    assert [(one.before_ppm, one.crosses) for one in small] == [(1_000_000, True)]
    assert not any(one.crosses for one in look(database, case.id).structure.effects)


def test_what_would_count_under_the_cap_if_all_were_claimed(database: Database) -> None:
    case = reserve(database, wish("app_1", 3 * MILLION))

    claims = look(database, case.id).claims

    assert (claims.used_fen, claims.if_claimed_fen) == (0, 2_400_000_00)
    assert claims.programme == "ordinary"


def test_only_the_guarantor_s_own_people_look_and_only_before_it_is_decided(database: Database) -> None:
    case = reserve(database, wish("app_1", 3 * MILLION))
    assert look(database, case.id, MANAGER).guarantee_id == case.id
    with pytest.raises(NotFound):
        look(database, case.id, replace(OFFICER, organisation="org_yinchuan"))
    for role in (Role.BANK_OFFICER, Role.SME, Role.SERVICE):
        with pytest.raises(Forbidden):
            look(database, case.id, Principal("acc_x", role, "org_bank"))
    confirm(database, case)
    with pytest.raises(Conflict):
        look(database, case.id)
