"""The six firms made by hand each find what their story is about, judged the slow and obvious way."""

import io
from datetime import date

from app.demo.catalogue import organisations, product_file
from app.demo.population import DemoFirm, firms, stories
from libs.criteria.evaluate import Outcome, all_of, evaluate
from libs.registry import regions
from libs.registry.industries import within_any
from services.lending.domain.intake import delimited
from services.lending.domain.product import ProductTerms

TODAY = date(2026, 11, 22)
STORY = {firm.key: firm for firm in stories(TODAY)}
OFFERS = [
    row.product.terms
    for bank in organisations("BANK")
    for row in delimited.read(io.BytesIO(product_file(bank["key"]).read_bytes()), TODAY)
    if row.product
]


def fitting(firm: DemoFirm) -> list[ProductTerms]:
    """By the slow and obvious way: place, trade, owner, amount, term, hard rules; what is unknown does not exclude."""
    return [terms for terms in OFFERS if in_reach(firm, terms) and passes(firm, terms)]


def in_reach(firm: DemoFirm, terms: ProductTerms) -> bool:
    party, ask = firm.party, firm.ask
    return (
        regions.within_any(party["county"], terms.regions)
        and within_any(party["industry"], terms.industries)
        and (not terms.owner_kinds or party["kind"] in terms.owner_kinds)
        and terms.amount_min_fen <= ask["amount_fen"] <= terms.amount_max_fen
        and terms.term_min_months <= ask["term_months"] <= terms.term_max_months
    )


def passes(firm: DemoFirm, terms: ProductTerms) -> bool:
    known = {fact["fact"]: fact["value"] for fact in firm.facts} | {
        "months_since_registration": str(months_old(firm))
    }
    rules = [rule for rule in terms.criteria if rule.hard]
    return all_of(evaluate(rule, known.get(rule.fact)) for rule in rules) is not Outcome.FAIL


def months_old(firm: DemoFirm) -> int:
    born = date.fromisoformat(firm.party["established_on"])
    return (TODAY.year - born.year) * 12 + TODAY.month - born.month - (TODAY.day < born.day)


def flags_for(key: str) -> set[str]:
    return {flag for terms in fitting(STORY[key]) for flag in terms.flags}


def test_the_young_technology_firm_finds_a_first_loan_on_its_patents() -> None:
    assert {"FIRST_LOAN", "IP_PLEDGE", "TECHNOLOGY"} <= flags_for("young_tech")


def test_the_berry_processor_finds_guaranteed_loans_of_its_trade() -> None:
    found = fitting(STORY["berry_processor"])

    assert any("batch" in terms.programmes for terms in found)
    assert "AGRICULTURE" in {flag for terms in found for flag in terms.flags}


def test_the_machinery_maker_finds_loans_for_specialised_firms() -> None:
    assert {"SRDI", "IP_PLEDGE", "MEDIUM_LONG_TERM"} <= flags_for("machinery_maker")


def test_the_noodle_house_finds_a_first_loan_without_security() -> None:
    assert {"FIRST_LOAN", "UNSECURED"} <= flags_for("noodle_house")


def test_the_cattle_cooperative_finds_loans_for_farming() -> None:
    assert "AGRICULTURE" in flags_for("cattle_cooperative")


def test_the_judgment_defaulter_finds_nothing() -> None:
    assert fitting(STORY["defaulter"]) == []


def test_story_firms_stand_in_the_tables_under_the_same_name_and_code() -> None:
    registered = {
        each["key"]: (each["id"], each["name"], each["territory"]) for each in organisations("ENTERPRISE")
    }

    assert registered == {
        key: (firm.party["id"], firm.party["name"], firm.party["county"]) for key, firm in STORY.items()
    }


def test_most_of_the_population_finds_something_and_some_find_nothing() -> None:
    sample = list(firms(200, seed=7, today=TODAY))
    served = sum(bool(fitting(firm)) for firm in sample)

    assert 0.75 * len(sample) < served < len(sample)
