"""Why one product fits or not: every rule as its bank shows it, documents, and the one that tells most next."""

from dataclasses import replace

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MatchRequest
from services.matching.domain.changes.whatif import ProductWhy
from services.matching.domain.firm import Firm
from services.matching.operations.rulebook import rulebook
from services.matching.operations.why import Question, why
from tests.unit.matching.house import BODY, House
from tests.unit.matching.world import FIRM, PARTY, POLICIES, TODAY, YUAN, catalogue, product, rule, with_facts

OWN = Principal("acc_sme", Role.SME, PARTY, "64")
CENTRE = Principal("acc_centre", Role.SERVICE_CENTRE, "org_centre", "6401")


def explained(known: Catalogue, name: str, firm: Firm = FIRM, by: Principal = OWN) -> ProductWhy:
    request = MatchRequest(party=PARTY, amount_fen=1_000_000 * YUAN, term_months=12)
    return why(known, rulebook(POLICIES, TODAY), Question(by, "mat_1", firm, request), f"prd_{name}")


def told(found: ProductWhy) -> list[tuple[str, str]]:
    return [(one.code, one.outcome.value) for one in found.reasons]


def test_a_public_rule_has_words_and_the_firm_s_own_value() -> None:
    market = catalogue(
        product("strict", criteria=[rule("score", "GE", "700")], amount_max_fen=500_000 * YUAN)
    )
    found = explained(market, "strict")
    assert (found.standing, found.likelihood_band) == ("FAILS", None)
    assert told(found) == [("SCORE", "FAIL"), ("AMOUNT", "FAIL")]
    assert "目前：640分" in found.reasons[0].text


def test_a_rule_told_by_code_has_no_words_and_a_confidential_one_no_trace_where_it_holds() -> None:
    criteria = [
        rule("score", "GE", "700", shown="REASON_CODE"),
        rule("months_since_registration", "GE", "24", shown="CONFIDENTIAL"),
        rule("bank_loan_record", "EQ", "true", shown="CONFIDENTIAL"),
        rule("employees", "GE", "5", shown="CONFIDENTIAL"),
    ]
    found = explained(catalogue(product("secret", criteria=criteria)), "secret")
    assert told(found) == [("SCORE", "FAIL"), ("BANK_RULE", "FAIL"), ("BANK_RULE", "UNKNOWN")]
    assert {one.text for one in found.reasons} == {""}
    assert found.documents == ()


def test_what_is_open_names_its_document_and_the_likelihood_is_a_band() -> None:
    market = catalogue(product("open", criteria=[rule("employees", "GE", "5"), rule("score", "GE", "600")]))
    found = explained(market, "open")
    assert (found.standing, told(found)) == ("OPEN", [("EMPLOYEES", "UNKNOWN"), ("SCORE", "PASS")])
    assert found.documents == ("企业年度报告",)
    assert found.likelihood_band in ("high", "medium", "low")


def test_the_next_document_is_the_one_that_settles_most_over_the_market() -> None:
    market = catalogue(
        product("a", criteria=[rule("employees", "GE", "5")]),
        product("b", criteria=[rule("employees", "GE", "9"), rule("debt_ratio_bp", "LE", "7000")]),
        product("c", criteria=[rule("revenue_year_fen", "GE", "9"), rule("score", "GE", "700")]),
        product("d", criteria=[rule("revenue_year_fen", "GE", "9", shown="CONFIDENTIAL")]),
        product("fits"),
    )
    found = explained(market, "fits").next_document
    assert found is not None
    assert (found.document, found.facts, found.products) == ("企业年度报告", ("employees",), 2)
    assert found.value_ppm > 0


def test_where_nothing_is_open_no_document_is_next() -> None:
    assert explained(catalogue(product("fits")), "fits").next_document is None


def test_a_service_centre_is_told_the_rule_and_not_the_value() -> None:
    market = catalogue(product("strict", criteria=[rule("score", "GE", "700")]))
    reason = explained(market, "strict", by=CENTRE).reasons[0]
    assert "700" in reason.text
    assert "640" not in reason.text + reason.text_en


def test_a_soft_rule_that_is_broken_fails_and_the_product_stands_open_or_fits() -> None:
    market = catalogue(product("soft", criteria=[rule("score", "GE", "700", hard=False)]))
    found = explained(market, "soft")
    assert (found.standing, told(found)) == ("FITS", [("SCORE", "FAIL")])


def test_a_product_that_left_the_market_is_not_found() -> None:
    market = catalogue(product("gone"))
    market.index.withdraw("prd_gone")
    with pytest.raises(NotFound):
        explained(market, "gone", with_facts(score=1))


class TestDoor:
    def test_the_market_of_now_is_asked_with_what_the_match_was_for(self, house: House) -> None:
        match = house.sme.post("/v1/matches", BODY).json()
        found = house.sme.get(f"/v1/matches/{match['id']}/products/prd_covered").json()
        assert (found["match_id"], found["standing"]) == (match["id"], "FITS")

    def test_nobody_else_learns_of_a_match(self, house: House) -> None:
        match = house.sme.post("/v1/matches", BODY).json()
        path = f"/v1/matches/{match['id']}/products/prd_covered"
        assert house.client(Role.SME, "uscc:91640100MA76GQ0X1R").get(path).status_code == 404
        assert house.client(Role.BANK_OFFICER, "org_east").get(path).status_code == 403

    def test_a_centre_learns_nothing_of_how_a_firm_is_once_it_has_moved_away(self, house: House) -> None:
        match = house.sme.post("/v1/matches", BODY).json()
        path, centre = (
            f"/v1/matches/{match['id']}/products/prd_covered",
            house.client(Role.SERVICE_CENTRE, "c"),
        )
        centre.principal = replace(centre.principal, territory="6401")
        assert centre.get(path).status_code == 200
        moved = house.summary()
        moved.dimensions.county = "640502"
        house.tell(moved)
        assert centre.get(path).status_code == 404
        assert house.sme.get(path).status_code == 200
