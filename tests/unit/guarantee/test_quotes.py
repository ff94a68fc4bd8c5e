"""Which structures cover a loan, at what shares, fee and room, and what stands against the others."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role, service
from libs.chassis.problems import Forbidden
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size
from services.guarantee.domain.effects import Ratio
from services.guarantee.domain.programme import Status
from services.guarantee.domain.quote import Proposal, Structure, structure
from services.guarantee.operations import guarantors, quotes
from tests.unit.guarantee.chain import (
    CREDIT_LINE,
    FIRM,
    HELAN,
    MANAGER,
    MILLION,
    OPERATOR,
    TODAY,
    YINCHUAN,
    YUAN,
    chain_of,
    house_rules,
    proposal,
    reserve,
    wish,
)

MATCHING = service("matching")
RULES = house_rules()
ACTIVE = [one.id for one in RULES.programmes_on(TODAY) if one.status is Status.ACTIVE]


def asked(database: Database, wanted: Proposal, by: Principal = MATCHING) -> dict[tuple[str, str], Structure]:
    with database.read() as tx:
        found = quotes.quote(tx, by, wanted).structures
    return {(one.programme, one.guarantor): one for one in found}


def rules_broken(found: Structure) -> list[str]:
    return [breach.rule for breach in found.breaches]


chain = partial(chain_of, RULES)


def test_every_programme_is_quoted_with_every_guarantor_of_the_county(database: Database) -> None:
    found = asked(database, proposal(labels=("high_tech",)))

    feasible = [key for key, one in found.items() if not one.breaches]
    assert len(found) == 2 * len(ACTIVE)
    assert feasible == [
        (programme, guarantor)
        for programme in ("batch", "technology_35", "ordinary")
        for guarantor in ("org_helan", "org_yinchuan")
    ]
    assert list(found)[: len(feasible)] == feasible


def test_a_structure_tells_shares_fee_and_room_to_the_fen(database: Database) -> None:
    reserve(database, wish("app_0", 1 * MILLION))

    found = asked(database, proposal(123_456_789))["ordinary", "org_helan"]

    assert [share.amount_fen for share in found.shares] == [24_691_358, 24_691_357, 24_691_357, 49_382_717]
    assert found.fee_fen == 1_234_568
    rooms = {room.limit: (room.limit_fen, room.used_fen, room.needed_fen) for room in found.rooms}
    assert rooms == {
        "admission/org_helan": (CREDIT_LINE, 1 * MILLION, 123_456_789),
        "borrower/uscc:a/ordinary": (10 * MILLION, 1 * MILLION, 123_456_789),
        "guarantor/org_helan/borrower/uscc:a": (10 * MILLION, 600_000 * YUAN, 74_074_074),
        "guarantor/org_helan/liability": (1000 * MILLION, 600_000 * YUAN, 74_074_074),
        "programme/ordinary/2026": (5_000 * MILLION, 1 * MILLION, 123_456_789),
        "province/2026": (10_000 * MILLION, 1 * MILLION, 123_456_789),
    }


MISSES: list[tuple[str, dict[str, Any], str, str]] = [
    ("ordinary", {"dimensions": replace(FIRM, size=Size.MEDIUM)}, "guarantee.ordinary.borrowers", "MEDIUM"),
    ("technology_40", {"labels": ("high_tech",)}, "guarantee.technology_40.labels", "high_tech"),
    ("technology_30", {"labels": ("technology_sme", "srdi")}, "guarantee.technology_30.labels", "srdi"),
    (
        "technology_40",
        {"labels": ("srdi",), "dimensions": replace(FIRM, owner_kind=OwnerKind.FARMER)},
        "guarantee.technology.borrowers",
        "FARMER",
    ),
    ("batch", {"term_months": 37}, "guarantee.batch.term_max_months", "37 months"),
    ("batch", {"dimensions": replace(FIRM, county="640104")}, "guarantor.counties", "640104"),
    ("batch", {"bank": "org_other"}, "guarantor.banks", "org_other"),
]


@pytest.mark.parametrize(("programme", "other", "rule", "figure"), MISSES)
def test_what_stands_against_a_structure_names_rule_figure_and_source(
    programme: str, other: dict[str, Any], rule: str, figure: str
) -> None:
    found = structure(chain(programme), proposal(**other))

    assert [(breach.rule, breach.figure) for breach in found.breaches] == [(rule, figure)]
    assert found.breaches[0].source and found.breaches[0].limit


@pytest.mark.parametrize(("amount_fen", "broken"), [(10 * MILLION, 0), (10 * MILLION + 1, 2)])
def test_a_limit_includes_its_own_number(amount_fen: int, broken: int) -> None:
    """民法典 art. 1259: 以内 includes the number. One fen more breaks the loan's and the borrower's limit."""
    found = structure(chain("ordinary", YINCHUAN), proposal(amount_fen))

    assert len(found.breaches) == broken


@pytest.mark.parametrize("kind", list(OwnerKind))
def test_a_size_that_cannot_be_judged_excludes_nobody(kind: OwnerKind) -> None:
    found = structure(chain("ordinary"), proposal(dimensions=replace(FIRM, owner_kind=kind, size=None)))

    assert found.breaches == ()


def test_a_suspended_guarantor_is_shown_with_the_reason(database: Database) -> None:
    suspended = replace(HELAN, status=Status.SUSPENDED)
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, suspended.id, suspended))

    found = asked(database, proposal())

    assert rules_broken(found["ordinary", "org_helan"]) == ["guarantor.status"]
    assert rules_broken(found["ordinary", "org_yinchuan"]) == []


def test_a_bank_learns_that_a_borrower_is_at_its_limit_but_not_by_how_much(database: Database) -> None:
    reserve(database, wish("app_0", 9 * MILLION))
    bank = Principal("acc_bank", Role.BANK_OFFICER, "org_bank")

    found = asked(database, proposal(2 * MILLION), bank)["ordinary", "org_yinchuan"]

    assert rules_broken(found) == ["guarantee.ordinary.borrower_limit_fen"]
    assert found.breaches[0].figure == "above the limit with this loan"
    assert {room.limit for room in found.rooms} == {
        "admission/org_yinchuan",
        "programme/ordinary/2026",
        "province/2026",
    }
    assert {effect.ratio for effect in found.effects} == {Ratio.CREDIT_LINE, Ratio.PROVINCIAL_LINE}


def test_a_quote_looks_ahead_at_every_ratio(database: Database) -> None:
    reserve(database, wish("app_0", 1 * MILLION))

    found = asked(database, proposal(3 * MILLION))["ordinary", "org_helan"]

    effects = {one.ratio: (one.before_ppm, one.after_ppm, one.limit_ppm) for one in found.effects}
    assert effects == {
        Ratio.CREDIT_LINE: (50, 200, 1_000_000),
        Ratio.CONCENTRATION: (6_000, 24_000, 100_000),
        Ratio.LEVERAGE: (6_000, 24_000, 10_000_000),
        Ratio.PROVINCIAL_LINE: (100, 400, 1_000_000),
        Ratio.SMALL_SHARE: (1_000_000, 1_000_000, 800_000),
        Ratio.UP_TO_500: (1_000_000, 1_000_000, 500_000),
    }


def test_a_guarantor_is_quoted_for_itself_alone(database: Database) -> None:
    found = asked(database, proposal(), MANAGER)

    assert {guarantor for _, guarantor in found} == {"org_helan"}


@pytest.mark.parametrize(
    "by",
    [
        Principal("acc_1", Role.SME, "uscc:b"),
        Principal("acc_2", Role.BANK_OFFICER, "org_other"),
        Principal("acc_3", Role.REGULATOR, "org_regulator"),
    ],
)
def test_nobody_asks_for_a_firm_that_is_none_of_theirs(database: Database, by: Principal) -> None:
    with pytest.raises(Forbidden):
        asked(database, proposal(), by)


@given(
    amount_fen=st.integers(1, 3_000 * MILLION),
    programme=st.sampled_from(ACTIVE),
    months=st.integers(1, 120),
)
def test_the_parts_of_any_amount_sum_to_it_and_the_bank_bears_its_fifth(
    amount_fen: int, programme: str, months: int
) -> None:
    found = structure(chain(programme), proposal(amount_fen, term_months=months))

    parts = {share.party: share.amount_fen for share in found.shares}
    assert sum(parts.values()) == amount_fen
    assert parts["bank"] * 10_000 >= amount_fen * 2_000
    assert min(parts.values()) >= 0
    liability = next(room for room in found.rooms if room.limit.endswith("/liability"))
    covered_fen = amount_fen - parts["bank"]
    weight_bp = 7_500 if covered_fen <= 5 * MILLION else 10_000
    assert liability.needed_fen == -(-covered_fen * weight_bp // 10_000)
