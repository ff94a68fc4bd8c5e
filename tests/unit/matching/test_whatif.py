"""What if: imagined firms tell nothing of rules that are not shown, nothing of them stays, and a day has so many."""

from dataclasses import replace
from datetime import date
from random import Random

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chassis import codec
from libs.chassis.principal import Principal, Role
from libs.criteria.evaluate import Criterion, Disclosure, Operator, evaluate
from libs.criteria.vocabulary import FACTS, Kind, decode
from libs.registry.loan_terms import IpRightKind
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.changes.whatif import ChangesRequest, FactValue, ImaginedRight, WhatIfRequest
from services.matching.domain.firm import Firm
from services.matching.operations.changes.whatif import LIMIT, Admitted, changes_for, what_if
from services.matching.operations.recommend import recommend
from services.matching.operations.rulebook import rulebook
from services.matching.store.tables import matches
from services.matching.store.what_ifs import what_ifs
from tests.unit.matching.house import BODY, House
from tests.unit.matching.near_misses import RULED, a_firm, a_market, a_product, a_request, a_value
from tests.unit.matching.world import (
    FIRM,
    PARTY,
    POLICIES,
    TODAY,
    YUAN,
    catalogue,
    product,
    rule,
    with_facts,
)

RULES = rulebook(POLICIES, TODAY)
OWN = Principal("acc_sme", Role.SME, PARTY, "64")


def imagine(known: Catalogue, firm: Firm = FIRM, **imagined: object):
    asked = {"party": firm.party, "amount_fen": 1_000_000 * YUAN, "term_months": 12} | imagined
    return what_if(known, RULES, Admitted(OWN, firm, 7), WhatIfRequest(**asked))  # type: ignore[arg-type]


def fact(name: str, value: str) -> tuple[FactValue, ...]:
    return (FactValue(fact=name, value=value),)


def test_a_better_score_gains_a_plan_and_a_worse_one_loses_it() -> None:
    known = catalogue(product("strict", criteria=[rule("score", "GE", "700")]))
    assert [one.product_id for one in imagine(known, facts=fact("score", "700")).gained] == ["prd_strict"]
    good = with_facts(score=720)
    lost = imagine(known, good, facts=fact("score", "699")).lost
    assert [one.product_id for one in lost] == ["prd_strict"]


def test_a_smaller_amount_changes_a_plan_and_says_from_what_to_what() -> None:
    found = imagine(catalogue(product("plain")), new_amount_fen=500_000 * YUAN)
    assert [(one.before.amount_fen, one.after.amount_fen) for one in found.changed] == [
        (1_000_000 * YUAN, 500_000 * YUAN)
    ]
    assert (found.gained, found.lost, found.same) == ((), (), 0)


def test_one_more_patent_secures_the_loan() -> None:
    pledged = product(
        "patent",
        modes=("IP_PLEDGE",),
        ip_pledge_caps=[pb.IpPledgeCap(right=pb.IP_RIGHT_KIND_INVENTION, cap_bp=3_000)],
    )
    right = ImaginedRight(
        kind=IpRightKind.INVENTION, appraised_fen=4_000_000 * YUAN, expires_on=date(2040, 1, 1)
    )
    bare = replace(FIRM, rights=())
    assert [one.product_id for one in imagine(catalogue(pledged), bare, rights=(right,)).gained] == [
        "prd_patent"
    ]


def test_a_rule_that_is_not_shown_stays_as_it_is_whatever_is_imagined() -> None:
    known = catalogue(product("secret", criteria=[rule("score", "GE", "700", shown="CONFIDENTIAL")]))
    for score in ("650", "699", "700", "900"):
        found = imagine(known, facts=fact("score", score))
        assert (found.gained, found.products_eligible_after) == ((), 0)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32))
def test_markets_that_differ_only_in_what_they_hide_answer_every_question_alike(seed: int) -> None:
    random = Random(seed)
    left, firm = a_market(random, 0), a_firm(random)
    right = Catalogue()
    for programme in left.programmes.values():
        right.put_programme(programme)
    for headroom in left.headrooms.values():
        right.put_headroom(headroom)
    for number in range(15):
        made = a_product(random, number)
        left.index.put(made)
        right.index.put(hidden_otherwise(random, made, firm))
    for _ in range(5):
        request = a_question(random)
        admitted = Admitted(OWN, firm, 7)
        assert as_bytes(what_if(left, RULES, admitted, request)) == as_bytes(
            what_if(right, RULES, admitted, request)
        )
        assert as_bytes(recommend(left, RULES, firm, request.asked, "m")) == as_bytes(
            recommend(right, RULES, firm, request.asked, "m")
        )
        wanted = ChangesRequest(
            party=firm.party,
            amount_fen=request.amount_fen,
            term_months=request.term_months,
            product_id=random.choice(("", f"prd_{random.randrange(15)}")),
        )
        assert as_bytes(changes_for(left, RULES, admitted, wanted)) == as_bytes(
            changes_for(right, RULES, admitted, wanted)
        )


def test_what_a_market_hides_is_of_weight_when_the_firm_really_changes() -> None:
    """Or the test above would prove nothing."""
    seen = 0
    for seed in range(40):
        random = Random(seed)
        firm = a_firm(random)
        made = a_product(random, 1)
        other, changed = hidden_otherwise(random, made, firm), a_firm(random)
        request = a_request(random)
        left, right = catalogue(made), catalogue(other)
        seen += recommend(left, RULES, changed, request, "m") != recommend(
            right, RULES, changed, request, "m"
        )
    assert seen > 0


def as_bytes(answer: object) -> bytes:
    return codec.to_json(answer)


def hidden_otherwise(random: Random, made: pb.Product, firm: Firm) -> pb.Product:
    """The same product with other values in each rule that is not public, with the same outcome for this firm."""
    other = pb.Product.FromString(made.SerializeToString())
    for one in other.terms.criteria:
        if one.disclosure != pb.DISCLOSURE_PUBLIC:
            for _ in range(20):
                values = [a_value(random, one.fact)]
                if outcome(one, values, firm) == outcome(one, list(one.values), firm):
                    one.values[:] = values
                    break
    return other


def outcome(one: pb.Criterion, values: list[str], firm: Firm) -> object:
    operator = Operator(pb.Operator.Name(one.operator).removeprefix("OPERATOR_"))
    criterion = Criterion(
        fact=one.fact, operator=operator, values=tuple(values), disclosure=Disclosure.CONFIDENTIAL
    )
    held = firm.facts.get(one.fact)
    return evaluate(criterion, None if held is None else decode(one.fact, held))


def a_question(random: Random) -> WhatIfRequest:
    asked = a_request(random)
    imagined = random.sample(RULED, random.randint(0, 5))
    rights = tuple(
        ImaginedRight(
            kind=IpRightKind.INVENTION,
            appraised_fen=random.randint(1, 10**9),
            expires_on=date(2026 + random.randint(0, 9), 1, 1),
        )
        for _ in range(random.randint(0, 1))
    )
    return WhatIfRequest(
        party=asked.party,
        amount_fen=asked.amount_fen,
        term_months=asked.term_months,
        facts=tuple(FactValue(fact=name, value=a_value(random, name)) for name in imagined),
        new_amount_fen=random.choice((None, random.randint(1, 10**9))),
        new_term_months=random.choice((None, random.randint(1, 60))),
        rights=rights,
    )


def test_every_kind_of_fact_is_imagined_in_the_test_above() -> None:
    assert {FACTS[name].kind for name in RULED} == set(Kind)


class TestDoors:
    def test_a_firm_asks_for_itself_and_nothing_of_it_is_kept(self, house: House) -> None:
        answer = house.sme.post("/v1/what-ifs", BODY | {"facts": [{"fact": "score", "value": "300"}]})
        assert (answer.status_code, answer.json()["left_today"]) == (200, 59)
        with house.database.read() as tx:
            assert tx.scalar(sa.select(sa.func.count()).select_from(matches)) == 0
            assert [tuple(row) for row in tx.rows(sa.select(what_ifs))] == [(PARTY, tx.today, 1)]

    def test_nobody_asks_for_another_firm_nor_a_bank_for_any(self, house: House) -> None:
        other = house.client(Role.SME, "uscc:91640100MA76GQ0X1R")
        bank = house.client(Role.BANK_OFFICER, "org_east")
        for path in ("/v1/what-ifs", "/v1/counterfactuals"):
            assert other.post(path, BODY).status_code in (403, 404)
            assert bank.post(path, BODY).status_code == 403

    def test_a_day_has_so_many_questions_and_says_when_it_opens_again(self, house: House) -> None:
        most = POLICIES.integer_on(LIMIT, TODAY)
        with house.database.write() as tx:
            tx.execute(sa.insert(what_ifs).values(party=PARTY, day=tx.today, asked=most - 1))
        assert house.sme.post("/v1/what-ifs", BODY).status_code == 200
        for path in ("/v1/what-ifs", "/v1/counterfactuals"):
            refused = house.sme.post(path, BODY)
            assert refused.status_code == 429
            assert "from 00:00" in refused.json()["mend"]

    def test_a_fact_that_no_rule_asks_for_is_refused_by_its_place(self, house: House) -> None:
        facts = [{"fact": "score", "value": "700"}, {"fact": "owner_kind", "value": "FARMER"}]
        refused = house.sme.post("/v1/what-ifs", BODY | {"facts": facts})
        assert (refused.status_code, refused.json()["field"]) == (422, "facts/1/fact")
        wrong = house.sme.post("/v1/what-ifs", BODY | {"facts": [{"fact": "srdi", "value": "perhaps"}]})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "facts/0/value")

    def test_what_cannot_be_imagined_is_refused_by_its_own_name_and_is_no_question(
        self, house: House
    ) -> None:
        right = {"kind": "INVENTION", "appraised_fen": 1, "expires_on": "2040-01-01"}
        for changed, field in (
            ({"new_amount_fen": 0}, "new_amount_fen"),
            ({"new_amount_fen": 2**53}, "new_amount_fen"),
            ({"new_term_months": 0}, "new_term_months"),
            ({"amount_fen": 0}, "amount_fen"),
            ({"rights": [right, right | {"appraised_fen": -1}]}, "appraised_fen"),
            ({"rights": [right] * 21}, "rights"),
            ({"facts": [{"fact": "none", "value": "1"}]}, "facts/0/fact"),
        ):
            refused = house.sme.post("/v1/what-ifs", BODY | changed)
            assert (refused.status_code, refused.json()["field"]) == (422, field), refused.text
        with house.database.read() as tx:
            assert tx.rows(sa.select(what_ifs)) == []

    def test_who_leaves_is_not_counted_any_more(self, house: House) -> None:
        house.sme.post("/v1/what-ifs", BODY)
        house.tell(credit.PartySummary(party=PARTY, status=credit.PARTY_STATUS_WITHDRAWN))
        with house.database.read() as tx:
            assert tx.rows(sa.select(what_ifs)) == []
