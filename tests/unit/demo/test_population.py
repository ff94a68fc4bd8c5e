"""The made-up population: the same every time, valid in every code, and believable in the large."""

from collections import Counter
from datetime import date
from itertools import islice
from statistics import median

import pytest
from scipy.stats import spearmanr

from app.demo.population import DemoFirm, firms, stories
from app.demo.population.shapes import DATA_SCOPES
from libs.criteria.vocabulary import FACTS, encode
from libs.registry import regions, uscc
from libs.registry.industries import is_industry
from libs.registry.loan_terms import IpRightKind, ProductKind
from libs.registry.size import size_of

TODAY = date(2026, 11, 22)
SIZE = 3000


@pytest.fixture(scope="module")
def population() -> list[DemoFirm]:
    return list(firms(SIZE, seed=7, today=TODAY))


def held(firm: DemoFirm) -> dict[str, str]:
    return {fact["fact"]: fact["value"] for fact in firm.facts}


def number(firm: DemoFirm, fact: str) -> int | None:
    text = held(firm).get(fact)
    return None if text is None else int(text)


def share(population: list[DemoFirm], fact: str, *values: str) -> float:
    """Of the firms of which the fact is known."""
    known = [held(firm)[fact] for firm in population if fact in held(firm)]
    return sum(value in values for value in known) / len(known)


def test_the_same_seed_gives_the_same_firms() -> None:
    assert list(firms(50, seed=3, today=TODAY)) == list(firms(50, seed=3, today=TODAY))


def test_a_longer_population_begins_with_the_shorter_one(population: list[DemoFirm]) -> None:
    assert list(firms(20, seed=7, today=TODAY)) == population[:20]
    assert list(islice(firms(10**9, seed=7, today=TODAY), 5)) == population[:5]


def test_another_seed_gives_other_firms_with_other_codes(population: list[DemoFirm]) -> None:
    others = list(firms(200, seed=8, today=TODAY))

    assert not {firm.party["id"] for firm in others} & {firm.party["id"] for firm in population}


def test_every_code_is_valid_unique_marked_as_made_up_and_fits_its_owner(population: list[DemoFirm]) -> None:
    for firm in [*population, *stories(TODAY)]:
        code = uscc.parse_party(firm.party["id"])
        assert code.organisation_code_agrees
        assert code.organisation_code.startswith("DEM")
        assert code.owner_kind == firm.party["kind"]
        assert firm.party["name"].endswith("（演示）")
    assert len({firm.party["id"] for firm in population}) == SIZE


def test_every_fact_is_of_the_vocabulary_and_none_is_worked_out_elsewhere(population: list[DemoFirm]) -> None:
    for firm in [*population, *stories(TODAY)]:
        assert len(held(firm)) == len(firm.facts)
        for name, value in held(firm).items():
            encode(name, value)
            assert not FACTS[name].derived


def test_every_fact_that_a_rule_may_ask_for_is_known_of_somebody(population: list[DemoFirm]) -> None:
    """What scorecards alone look at is counted from invoices and records."""
    known = {name for firm in population for name in held(firm)}

    askable = (kind for kind in FACTS.values() if kind.criteria or kind.instead)
    assert known == {kind.name for kind in askable if not kind.derived}


def test_nothing_is_observed_before_the_firm_was_or_after_today(population: list[DemoFirm]) -> None:
    for firm in population:
        days = [fact["observed_on"] for fact in firm.facts]
        assert firm.party["established_on"] <= min(days) <= max(days) <= TODAY.isoformat()


def test_every_county_has_firms_and_the_capital_the_most(population: list[DemoFirm]) -> None:
    counties = Counter(firm.party["county"] for firm in population)

    assert set(counties) == {county.code for county in regions.counties()}
    assert counties.most_common(1)[0][0] == "640104"
    assert all(is_industry(firm.party["industry"]) for firm in population)


def test_trades_sit_where_they_belong(population: list[DemoFirm]) -> None:
    def part(industry: str, prefix: str) -> float:
        there = [firm for firm in population if firm.party["county"].startswith(prefix)]
        return sum(firm.party["industry"] == industry for firm in there) / len(there)

    assert part("0311", "6404") > 4 * part("0311", "640104")
    assert part("6513", "640106") > 4 * part("6513", "6404")
    assert part("3511", "640202") > 4 * part("3511", "640104")


def test_most_firms_are_micro_and_few_are_medium(population: list[DemoFirm]) -> None:
    sizes = Counter(
        size_of(
            firm.party["industry"],
            number(firm, "employees"),
            number(firm, "revenue_year_fen"),
            number(firm, "assets_total_fen"),
        )
        for firm in population
    )
    judged = SIZE - sizes[None]

    assert judged > 0.75 * SIZE
    assert 0.45 < sizes["MICRO"] / judged < 0.75
    assert 0.25 < sizes["SMALL"] / judged < 0.50
    assert 0.01 < sizes["MEDIUM"] / judged < 0.09
    assert sizes["LARGE"] / judged < 0.01


@pytest.mark.parametrize(
    ("fact", "values", "low", "high"),
    [
        ("bank_loan_record", ("false",), 0.40, 0.52),
        ("tax_grade", ("A",), 0.08, 0.18),
        ("tax_grade", ("B",), 0.50, 0.70),
        ("tax_grade", ("M",), 0.08, 0.22),
        ("tax_grade", ("D",), 0.005, 0.04),
        ("judgment_defaulter", ("true",), 0.002, 0.02),
        ("abnormal_list", ("true",), 0.005, 0.04),
        ("serious_violation", ("true",), 0.0, 0.01),
        ("past_due_now", ("true",), 0.003, 0.03),
        ("technology_sme", ("true",), 0.02, 0.10),
        ("high_tech", ("true",), 0.01, 0.05),
        ("srdi", ("true",), 0.005, 0.04),
        ("environment_grade", ("RED", "BLACK"), 0.01, 0.10),
    ],
)
def test_a_trait_is_as_common_as_it_should_be(
    population: list[DemoFirm], fact: str, values: tuple[str, ...], low: float, high: float
) -> None:
    assert low < share(population, fact, *values) < high


def test_about_one_firm_in_eight_owns_a_right_and_every_right_has_life_left(
    population: list[DemoFirm],
) -> None:
    owners = [firm for firm in population if firm.ip_rights]
    rights = [right for firm in owners for right in firm.ip_rights]

    assert 0.08 < len(owners) / SIZE < 0.16
    assert {right["kind"] for right in rights} == set(IpRightKind)
    assert len({right["id"] for right in rights}) == len(rights)
    assert all(right["expires_on"] > TODAY.isoformat() and right["appraised_fen"] > 0 for right in rights)
    assert 0.05 < sum(right["encumbered"] for right in rights) / len(rights) < 0.2


def test_money_figures_hang_together(population: list[DemoFirm]) -> None:
    full = [
        firm
        for firm in population
        if {"revenue_year_fen", "tax_paid_12m_fen", "invoiced_12m_fen"} <= set(held(firm))
    ]
    revenue = [float(number(firm, "revenue_year_fen") or 0) for firm in full]
    tax = [float(number(firm, "tax_paid_12m_fen") or 0) for firm in full]
    invoiced = [float(number(firm, "invoiced_12m_fen") or 0) for firm in full]

    assert spearmanr(revenue, tax).statistic > 0.6
    assert spearmanr(revenue, invoiced).statistic > 0.9
    assert all(part <= 1.03 * whole for part, whole in zip(invoiced, revenue, strict=True))


def test_staff_and_revenue_grow_together(population: list[DemoFirm]) -> None:
    staffed = [firm for firm in population if "employees" in held(firm)]
    staff = [float(number(firm, "employees") or 0) for firm in staffed]
    revenue = [float(number(firm, "revenue_year_fen") or 0) for firm in staffed]

    assert spearmanr(staff, revenue).statistic > 0.6
    assert all(
        (number(firm, "social_insurance_heads") or 0) <= (number(firm, "employees") or 10**9)
        for firm in staffed
    )


def test_negative_lists_go_with_a_low_tax_grade(population: list[DemoFirm]) -> None:
    low = [firm for firm in population if held(firm).get("tax_grade") in ("C", "D")]
    good = [firm for firm in population if held(firm).get("tax_grade") in ("A", "B")]

    assert share(low, "judgment_defaulter", "true") > 4 * share(good, "judgment_defaulter", "true")
    assert share(low, "tax_arrears", "true") > 4 * share(good, "tax_arrears", "true")
    assert share(low, "past_due_now", "true") > 2 * share(good, "past_due_now", "true")


def test_grade_m_is_for_young_firms_and_first_loans_for_small_ones(population: list[DemoFirm]) -> None:
    assert all(
        firm.party["established_on"] > "2023-10" for firm in population if held(firm).get("tax_grade") == "M"
    )
    borrowed, never = (
        [
            number(firm, "revenue_year_fen") or 0
            for firm in population
            if held(firm).get("bank_loan_record") == record and "revenue_year_fen" in held(firm)
        ]
        for record in ("true", "false")
    )
    assert median(borrowed) > 1.5 * median(never)


def test_recognitions_go_to_enterprises_of_some_size(population: list[DemoFirm]) -> None:
    for firm in population:
        if held(firm).get("srdi") == "true":
            assert firm.party["kind"] == "ENTERPRISE"
            assert (number(firm, "revenue_year_fen") or 10**12) >= 800_0000_00
        if held(firm).get("little_giant") == "true":
            assert held(firm)["srdi"] == "true"


def test_some_firms_lack_records_and_some_agree_to_nothing(population: list[DemoFirm]) -> None:
    silent = [firm for firm in population if not firm.consents]
    unrecorded = [firm for firm in population if "bank_loan_record" not in held(firm)]

    assert 0.03 < len(silent) / SIZE < 0.12
    assert 0.15 < len(unrecorded) / SIZE < 0.45
    for firm in population:
        for consent in firm.consents:
            assert consent["party"] == firm.party["id"]
            assert set(consent["scopes"]) <= set(DATA_SCOPES)
            assert (consent["recipient"], consent["purpose"]) == ("platform", "MATCHING")
            assert consent["valid_until"] == "2027-11-22"


def test_every_firm_asks_for_what_it_could_use(population: list[DemoFirm]) -> None:
    for firm in population:
        assert 1_0000_00 <= firm.ask["amount_fen"] <= 5000_0000_00
        assert firm.ask["amount_fen"] % 1_0000_00 == 0
        assert firm.ask["term_months"] in (6, 12, 24, 36, 60)
        assert set(firm.ask["kinds"]) <= set(ProductKind)
