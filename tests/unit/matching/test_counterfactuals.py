"""What to change when nothing fits: the least of each kind, what cannot change apart, nothing of what is hidden."""

from dataclasses import replace
from datetime import date

from libs.chassis.principal import Principal, Role
from libs.registry.loan_terms import IpRightKind
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import Family
from services.matching.domain.changes.counterfactual import Change, ChangeKind, Changes
from services.matching.domain.changes.whatif import ChangesRequest
from services.matching.domain.firm import Firm, IpRight
from services.matching.operations.changes.whatif import Admitted, changes_for
from services.matching.operations.rulebook import rulebook
from tests.unit.matching.house import BODY, House
from tests.unit.matching.world import (
    FIRM,
    GUARANTEED,
    IP_LOAN,
    PARTY,
    POLICIES,
    TODAY,
    YUAN,
    ask,
    catalogue,
    product,
    rule,
    with_facts,
)

PLAIN = replace(FIRM, rights=())
OWN = Principal("acc_sme", Role.SME, PARTY, "64")


def changes(known: Catalogue, firm: Firm = FIRM, **wanted: object) -> Changes:
    found = ask(known, firm, **wanted).changes
    assert found is not None
    return found


def only(known: Catalogue, firm: Firm = FIRM, **wanted: object) -> list[list[Change]]:
    return [list(way.changes) for way in changes(known, firm, **wanted).ways]


def told(known: Catalogue, firm: Firm = FIRM, **wanted: object) -> list[list[tuple[str, str, str]]]:
    """Kind, fact and value of each change of each way."""
    return [[(one.kind.value, one.fact, one.then) for one in way] for way in only(known, firm, **wanted)]


def test_each_fact_by_no_more_than_suffices() -> None:
    strict = product(
        "strict",
        criteria=[
            rule("score", "GE", "700"),
            rule("tax_arrears", "EQ", "false"),
            rule("tax_grade", "IN", "A", "B", "M"),
        ],
    )
    firm = with_facts(tax_arrears=1, tax_grade=3)
    assert told(catalogue(strict), firm) == [
        [("SCORE", "score", "700"), ("FACT", "tax_arrears", "false"), ("FACT", "tax_grade", "B")]
    ]


def test_waiting_is_a_change_of_its_own_with_its_day() -> None:
    old = product("old", criteria=[rule("months_since_registration", "GE", "48")])
    (way,) = only(catalogue(old))
    assert [(one.kind, one.now, one.then, one.on) for one in way] == [
        (ChangeKind.WAIT, "40", "48", date(2027, 7, 22))
    ]


def test_what_nobody_can_change_is_counted_and_never_proposed() -> None:
    elsewhere = product("elsewhere", regions=["6402"], criteria=[rule("score", "GE", "700")])
    convicted = product("clean", criteria=[rule("court_cases_24m", "LE", "0")])
    found = changes(catalogue(elsewhere, convicted), with_facts(court_cases_24m=2))
    assert (found.ways, found.fixed, found.untold) == ((), 2, 0)


def test_nobody_is_told_to_become_worse() -> None:
    odd = product("odd", criteria=[rule("tax_arrears", "EQ", "true")])
    assert told(catalogue(odd), with_facts(tax_arrears=0)) == []


def test_a_rule_that_is_not_shown_gives_no_number_and_says_so() -> None:
    secret = product("secret", criteria=[rule("score", "GE", "700", shown="CONFIDENTIAL")])
    coded = product("coded", criteria=[rule("score", "GE", "690", shown="REASON_CODE")])
    found = changes(catalogue(secret, coded))
    assert (found.ways, found.untold) == ((), 2)
    assert "2个产品" in found.note
    assert "69" not in found.note + found.note_en


def test_no_fact_is_moved_on_which_a_rule_is_hidden_even_where_a_public_one_fails() -> None:
    both = product(
        "both", criteria=[rule("score", "GE", "650"), rule("score", "LE", "660", shown="CONFIDENTIAL")]
    )
    assert (told(catalogue(both)), changes(catalogue(both)).untold) == ([], 1)


def test_amount_and_term_go_to_the_nearest_that_is_lent() -> None:
    small = product("small", amount_max_fen=300_000 * YUAN, term_min_months=18)
    assert told(catalogue(small)) == [[("AMOUNT", "", str(300_000 * YUAN)), ("TERM", "", "18")]]


def test_a_pledge_lacks_so_much_value_or_the_loan_is_smaller() -> None:
    right = IpRight(
        id="ZL1", kind=IpRightKind.INVENTION, expires_on=date(2038, 1, 1), appraised_fen=1_000_000 * YUAN
    )
    firm = replace(FIRM, rights=(right,))
    ways = told(catalogue(IP_LOAN), firm)
    # 1,000,000 at a cap of 30 % carries 300,000; the other 700,000 need rights worth 2,333,333.34.
    assert sorted(ways) == [[("AMOUNT", "", str(300_000 * YUAN))], [("PLEDGE", "", "233333334")]]
    pledge = next(way[0] for way in only(catalogue(IP_LOAN), firm) if way[0].kind is ChangeKind.PLEDGE)
    assert (pledge.right, pledge.on) == (IpRightKind.INVENTION, date(2028, 11, 22))


def test_a_loan_fits_the_room_that_its_best_guarantor_has_left() -> None:
    assert told(catalogue(GUARANTEED), amount_fen=3_000_000 * YUAN) == [
        [("AMOUNT", "", str(2_000_000 * YUAN))]
    ]


def test_an_amount_tier_is_reached_by_its_fact_or_by_a_smaller_amount() -> None:
    tiered = product(
        "tiered",
        amount_tiers=[
            pb.AmountTier(fact="score", up_to=700, amount_max_fen=500_000 * YUAN),
            pb.AmountTier(fact="score", amount_max_fen=5_000_000 * YUAN),
        ],
    )
    assert sorted(told(catalogue(tiered))) == [
        [("AMOUNT", "", str(500_000 * YUAN))],
        [("SCORE", "score", "701")],
    ]


def test_fewest_changes_come_first_and_then_the_least_effort() -> None:
    market = catalogue(
        product("far", criteria=[rule("score", "GE", "800")]),
        product("near", criteria=[rule("score", "GE", "650")]),
        product("two", criteria=[rule("score", "GE", "641"), rule("tax_arrears", "EQ", "false")]),
    )
    ways = changes(market, with_facts(tax_arrears=1)).ways
    assert [(way.product_id, way.effort_days) for way in ways] == [
        ("prd_near", 50),
        ("prd_far", 800),
        ("prd_two", 15),
    ]


def test_a_family_without_a_plan_is_helped_though_other_plans_fit() -> None:
    wanted = ChangesRequest(
        party=PARTY, amount_fen=1_000_000 * YUAN, term_months=12, families=(Family.IP_PLEDGE,)
    )
    found = changes_for(
        catalogue(product("plain"), IP_LOAN), rulebook(POLICIES, TODAY), Admitted(OWN, PLAIN, 1), wanted
    )
    assert [way.product_id for way in found.changes.ways] == ["prd_patent"]


def test_who_has_a_plan_is_told_nothing_and_waits_for_nothing() -> None:
    first = product("first", flags=[pb.PRODUCT_FLAG_FIRST_LOAN])
    assert ask(catalogue(first, IP_LOAN, GUARANTEED)).changes is None


def test_an_unknown_fact_needs_no_change_and_stays_among_the_documents() -> None:
    market = catalogue(product("open", criteria=[rule("score", "GE", "700"), rule("employees", "GE", "5")]))
    (way,) = changes(market).ways
    assert ([one.fact for one in way.changes], way.missing) == (["score"], ("企业年度报告",))


class TestDoor:
    def test_every_way_to_one_product_and_none_where_it_fits(self, house: House) -> None:
        asked = BODY | {"amount_fen": 3_000_000 * YUAN, "product_id": "prd_covered"}
        found = house.sme.post("/v1/counterfactuals", asked).json()
        assert [one["then"] for way in found["changes"]["ways"] for one in way["changes"]] == [
            str(2_000_000 * YUAN)
        ]
        fits = house.sme.post("/v1/counterfactuals", BODY | {"product_id": "prd_covered"}).json()
        assert (fits["changes"]["ways"], fits["left_today"]) == ([], 58)

    def test_a_product_that_is_not_on_the_market_is_not_found(self, house: House) -> None:
        missing = house.sme.post("/v1/counterfactuals", BODY | {"product_id": "prd_none"})
        assert (missing.status_code, missing.json()["field"]) == (404, "product_id")
