"""The catalogue of the demo: complete, readable by the platform's own intake, and of one piece."""

from collections import Counter
from datetime import date

import pytest

from app.demo.catalogue import accounts, guarantors, organisations, product_file, products
from libs.criteria.evaluate import Disclosure
from libs.registry import regions
from libs.registry.industries import is_industry
from libs.registry.loan_terms import GuaranteeMode, ProductKind, RateBase
from services.lending.domain.intake import delimited
from services.lending.domain.product import ProductFlag, ProductTerms

TODAY = date(2026, 11, 22)
BANKS = [bank["key"] for bank in organisations("BANK")]
PROGRAMMES = {"ordinary", "batch", "technology"}


def terms_of(bank: str) -> list[ProductTerms]:
    with product_file(bank).open("rb") as file:
        rows = list(delimited.read(file, TODAY))
    assert [row.mistakes for row in rows if row.mistakes] == []
    return [row.product.terms for row in rows if row.product]


ALL = [terms for bank in BANKS for terms in terms_of(bank)]


def test_fifteen_banks_offer_at_least_eighty_products() -> None:
    assert len(BANKS) == 15
    assert len(ALL) >= 80
    assert all(len(products(bank)) >= 5 for bank in BANKS)


# No bank of the demo leases, or answers for a firm without lending.
NOT_IN_THE_STORY = {ProductKind.LETTER_OF_GUARANTEE, ProductKind.FINANCE_LEASE}


def test_every_kind_of_loan_that_the_policy_names_is_on_offer() -> None:
    assert {flag for terms in ALL for flag in terms.flags} == set(ProductFlag)
    assert {terms.kind for terms in ALL} == set(ProductKind) - NOT_IN_THE_STORY
    assert {mode for terms in ALL for mode in terms.guarantee_modes} == set(GuaranteeMode) - {
        GuaranteeMode.COMBINED
    }
    assert {programme for terms in ALL for programme in terms.programmes} == PROGRAMMES


def test_names_and_numbers_are_unique() -> None:
    numbers = Counter(row["external_id"] for bank in BANKS for row in products(bank))
    names = Counter(terms.name for terms in ALL)

    assert max(numbers.values()) == 1
    assert max(names.values()) == 1


@pytest.mark.parametrize("terms", ALL, ids=lambda terms: terms.name)
def test_a_product_keeps_what_its_flags_say(terms: ProductTerms) -> None:
    modes, facts = set(terms.guarantee_modes), {criterion.fact: criterion for criterion in terms.criteria}

    assert 3 <= len(terms.criteria) <= 8
    assert len(facts) == len(terms.criteria)
    assert (ProductFlag.UNSECURED not in terms.flags) or GuaranteeMode.UNSECURED in modes
    assert (ProductFlag.FIRST_LOAN not in terms.flags) or facts["bank_loan_record"].values == ("false",)
    assert (ProductFlag.RENEWAL not in terms.flags) or facts["bank_loan_record"].values == ("true",)
    assert (ProductFlag.BANK_TAX not in terms.flags) or "tax_paid_12m_fen" in facts
    assert (ProductFlag.PROCUREMENT not in terms.flags) or "procurement_contract_fen" in facts
    assert (ProductFlag.SRDI not in terms.flags) or {"srdi", "little_giant"} & set(facts)
    assert (GuaranteeMode.FINANCING_GUARANTEE in modes) == bool(terms.programmes)
    assert (GuaranteeMode.IP_PLEDGE in modes) == bool(terms.ip_pledge_caps)


@pytest.mark.parametrize("terms", ALL, ids=lambda terms: terms.name)
def test_the_terms_of_a_product_are_believable(terms: ProductTerms) -> None:
    lowest, highest = (-5_000, 35_000) if terms.rate.base is not RateBase.FIXED else (10_000, 60_000)

    assert lowest <= terms.rate.min_ppm < terms.rate.max_ppm <= highest
    assert 1 <= terms.decision_days <= 20
    assert terms.term_max_months <= 180
    assert all(1500 <= cap.cap_bp <= 5000 for cap in terms.ip_pledge_caps)
    assert all("担保" not in fee.name for fee in terms.fees)
    assert all(criterion.message for criterion in terms.criteria)
    assert all(is_industry(code) for code in terms.industries + terms.industries_excluded)
    assert all(regions.counties(prefix) for prefix in terms.regions)


def test_rules_are_hard_and_soft_and_seen_by_everyone_some_or_nobody() -> None:
    rules = Counter((rule.hard, rule.disclosure) for terms in ALL for rule in terms.criteria)

    assert set(rules) == {(hard, seen) for hard in (True, False) for seen in Disclosure}


def test_nobody_lends_to_a_judgment_defaulter() -> None:
    for terms in ALL:
        rule = next(rule for rule in terms.criteria if rule.fact == "judgment_defaulter")
        assert (rule.hard, rule.values) == (True, ("false",))


def test_twelve_local_guarantors_cover_all_counties_and_two_tiers_stand_above() -> None:
    tiers = Counter(guarantor["tier"] for guarantor in guarantors())
    covered = {county for guarantor in guarantors() for county in guarantor["counties"]}

    assert tiers == {"LOCAL": 12, "PROVINCIAL": 1, "NATIONAL": 1}
    assert covered == {county.code for county in regions.counties()}


def test_guarantors_stand_within_ten_times_their_net_assets_and_work_with_known_banks() -> None:
    for guarantor in guarantors():
        assert 0 < guarantor["opening_liability_fen"] < 10 * guarantor["net_assets_fen"]
        assert set(guarantor["banks"]) <= set(BANKS)
    local = [guarantor["net_assets_fen"] for guarantor in guarantors() if guarantor["tier"] == "LOCAL"]
    assert 50_000_000_00 <= min(local) < max(local) <= 1_200_000_000_00


def test_every_county_has_a_bank_and_a_guarantor_that_work_together_in_every_programme() -> None:
    for county in regions.counties():
        partners = [local["banks"] or BANKS for local in guarantors() if county.code in local["counties"]]
        together = {bank for banks in partners for bank in banks}
        offered = {
            programme
            for bank in together
            for terms in terms_of(bank)
            if regions.within_any(county.code, terms.regions)
            for programme in terms.programmes
        }
        assert {"ordinary", "batch"} <= offered, county.name


def test_every_role_can_sign_in_for_an_organisation_that_exists() -> None:
    keys = {organisation["key"]: organisation["kind"] for organisation in organisations()}
    roles = Counter(account["role"] for account in accounts())

    assert all(account["organisation"] in keys for account in accounts())
    assert len({account["login"] for account in accounts()}) == len(accounts())
    assert roles == {
        "BANK_OFFICER": 15,
        "BANK_MANAGER": 15,
        "GUARANTOR_OFFICER": 12,
        "GUARANTOR_MANAGER": 12,
        "REGUARANTOR": 2,
        "SME": 6,
        "REGULATOR": 1,
        "SERVICE_CENTRE": 1,
        "OPERATOR": 1,
    }


def test_every_guarantor_is_an_organisation_of_the_same_name() -> None:
    named = {organisation["key"]: organisation["name"] for organisation in organisations("GUARANTOR")}

    assert {guarantor["key"]: guarantor["name"] for guarantor in guarantors()} == named


def test_territories_are_regions_or_the_whole_country() -> None:
    for holder in [*organisations(), *accounts()]:
        assert holder["territory"] == "" or regions.counties(holder["territory"])
