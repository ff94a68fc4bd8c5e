"""Programmes and red lines as dated data: what may be recorded, what is refused, and who is still bound by what."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from libs import policy
from libs.criteria.violation import Violation
from libs.finance.split import Share
from libs.finance.tiers import CapDefinition
from services.guarantee.domain.programme import Programme, Rulebook, Status
from services.guarantee.domain.red_lines import RedLines, Weight, WeightKind
from services.guarantee.domain.terms import CapLayer, RecoveryRank
from services.guarantee.operations.rulebook import read

TODAY = date(2026, 11, 23)
NOTICE = "省级再担保机构通知：一"
Overlay = Callable[..., Rulebook]


@pytest.fixture
def overlaid(tmp_path: Path) -> Overlay:
    def read_with(parameter: str, unit: str, value: str, effective: str = "2026-01-01") -> Rulebook:
        text = (
            f"- id: {parameter}\n  description: d\n  unit: {unit}\n  values:\n    - value: {value}\n"
            f"      effective: {effective}\n      recorded: 2026-11-23\n"
            "      source: {document: 省级再担保机构通知, paragraph: 一}\n      confidence: sourced\n"
        )
        (tmp_path / "overlay.yaml").write_text(text, encoding="utf-8")
        return read(policy.load(overlays=[tmp_path]))

    return read_with


def house() -> Rulebook:
    return read(policy.load())


def ordinary(**figures: Any) -> Programme:
    return replace(house().programme("ordinary", TODAY), **figures)


def shares(**bp: int) -> tuple[Share, ...]:
    return tuple(Share(party, share) for party, share in bp.items())


def test_a_bank_that_bears_too_little_is_refused_with_rule_and_source(overlaid: Overlay) -> None:
    value = "[{party: bank, bp: 1999}, {party: national, bp: 2000}, {party: local, bp: 6001}]"

    with pytest.raises(Violation, match=r"guarantee\.default\.bank_min_bp") as caught:
        overlaid("guarantee.ordinary.shares", "record", value)

    assert (caught.value.field, caught.value.mend) == ("shares", "Give bank at least 2000 basis points.")
    assert caught.value.source is not None and "国办发〔2019〕6号" in caught.value.source


def test_the_minimum_itself_may_be_lowered_by_who_may_approve_it(overlaid: Overlay) -> None:
    lower = overlaid("guarantee.ordinary.bank_min_bp", "bp", "1500").programme("ordinary", TODAY)
    agreed = replace(lower, shares=shares(bank=1500, national=2000, provincial=2000, local=4500))

    assert (agreed.share_bp("bank"), lower.source_of("bank_min_bp").source) == (1500, NOTICE)


@pytest.mark.parametrize(
    ("programme", "bp", "figure"),
    [
        ("ordinary", {"bank": 2000, "national": 2001, "local": 5999}, "national_max_bp"),
        (
            "technology_35",
            {"bank": 2000, "national": 3501, "provincial": 2000, "local": 2499},
            "national_max_bp",
        ),
        (
            "technology_35",
            {"bank": 2000, "national": 3500, "provincial": 1999, "local": 2501},
            "provincial_min_bp",
        ),
    ],
)
def test_the_tiers_keep_to_the_bounds_of_their_programme(
    programme: str, bp: dict[str, int], figure: str
) -> None:
    with pytest.raises(Violation, match=figure):
        replace(house().programme(programme, TODAY), shares=shares(**bp))


@pytest.mark.parametrize(
    "bp",
    [
        {"bank": 2000, "insurer": 4000, "local": 4000},
        {"local": 4000, "bank": 6000},
        {"bank": 2000, "local": 4000, "provincial": 4000},
    ],
    ids=["an unknown party", "the bank is not first", "the local guarantor is not last"],
)
def test_shares_name_the_parties_of_the_chain_in_their_order(bp: dict[str, int]) -> None:
    with pytest.raises(Violation) as caught:
        ordinary(shares=shares(**bp))

    assert caught.value.field == "shares"


@pytest.mark.parametrize("field", ["payer", "recovery_lead"])
def test_who_acts_has_a_part(field: str) -> None:
    with pytest.raises(Violation) as caught:
        ordinary(**{field: "government"})

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"layer": CapLayer.SYSTEM, "excess": "local"}, "cap/excess"),
        ({"layer": CapLayer.NATIONAL, "excess": "provincial"}, "cap/excess"),
        ({"layer": CapLayer.POOL, "definition": CapDefinition.RELEASED}, "cap/definition"),
        ({"definition": CapDefinition.BALANCE}, "cap/definition"),
    ],
)
def test_a_cap_that_cannot_be_measured_or_borne_is_refused(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(Violation) as caught:
        replace(ordinary().cap, **terms)

    assert caught.value.field == field


def test_ordinary_and_batch_business_differ_in_who_pays_first_and_what_the_cap_cuts() -> None:
    rules = house()
    one, other = rules.programme("ordinary", TODAY), rules.programme("batch", TODAY)

    assert (one.payer, one.cap.layer, one.cap.excess) == ("local", CapLayer.NATIONAL, "local")
    assert (other.payer, other.cap.layer, other.cap.excess) == ("national", CapLayer.SYSTEM, "bank")
    assert {one.recovery_rank, other.recovery_rank} == {RecoveryRank.PARI_PASSU}


def test_a_model_takes_no_new_business_until_it_is_recorded_as_in_force(overlaid: Overlay) -> None:
    head = "{scheme: model_4321, name: 政银担, batch: false}"
    recorded = overlaid("guarantee.programme.model_4321", "record", head, "2026-12-01")

    with pytest.raises(Violation, match="suspended") as caught:
        recorded.programme("model_4321", date(2026, 11, 30))

    assert (caught.value.field, bool(caught.value.source)) == ("programme", True)
    assert recorded.programme("model_4321", date(2026, 12, 1)).status is Status.ACTIVE


def test_a_guarantee_of_a_programme_that_was_suspended_since_keeps_its_terms(overlaid: Overlay) -> None:
    head = "{scheme: batch, name: 总对总批量担保业务, batch: true, status: SUSPENDED}"
    suspended = overlaid("guarantee.programme.batch", "record", head, "2026-11-01")

    found = suspended.last_version("batch", TODAY)

    assert found is not None and (found.status, found.payer) == (Status.SUSPENDED, "national")


def test_a_default_changes_only_programmes_that_say_nothing_of_their_own(overlaid: Overlay) -> None:
    changed = overlaid("guarantee.default.claim_scope", "text", "PRINCIPAL")

    scopes = {name: changed.programme(name, TODAY).claim_scope for name in ("ordinary", "batch")}

    assert scopes == {"ordinary": "PRINCIPAL", "batch": "PRINCIPAL_AND_NORMAL_INTEREST"}


def test_the_two_tiers_of_private_investment_meet_at_five_years_without_overlap() -> None:
    rules = house()
    short, long = (rules.programme(name, TODAY) for name in ("private_investment", "private_investment_long"))

    assert (short.term_min_months, short.term_max_months, long.term_min_months) == (13, 60, 61)
    assert (short.share_bp("national"), long.share_bp("national")) == (2000, 4000)
    assert {short.source_of("shares").confidence, long.source_of("shares").confidence} == {"medium", "low"}


def lines(**figures: Any) -> RedLines:
    return replace(house().red_lines_on(TODAY), **figures)


def test_the_red_lines_are_the_ordinance_and_the_measures() -> None:
    found = lines()

    assert (found.leverage_multiple, found.leverage_multiple_small) == (10, 15)
    assert (found.concentration_bp, found.group_concentration_bp) == (1000, 1500)
    assert [(one.kind, one.balance_max_fen, one.weight_bp) for one in found.weights] == [
        (WeightKind.SMALL, 500_000_000, 7500),
        (WeightKind.FARMER, 200_000_000, 7500),
        (WeightKind.OTHER, None, 10_000),
    ]
    assert not found.deduct_reinsured


@pytest.mark.parametrize(
    ("figures", "field"),
    [
        ({"weights": ()}, "weights"),
        ({"weights": (Weight(kind=WeightKind.SMALL, weight_bp=7500),)}, "weights"),
        ({"weights": (Weight(kind=WeightKind.OTHER, weight_bp=0),)}, "weights"),
        ({"warn_levels_bp": (9000, 7000)}, "warn_levels_bp"),
    ],
)
def test_red_lines_that_leave_a_balance_or_a_warning_undecided_are_refused(
    figures: dict[str, Any], field: str
) -> None:
    with pytest.raises(Violation) as caught:
        lines(**figures)

    assert caught.value.field == field
