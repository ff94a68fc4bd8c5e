"""One product by itself is judged as among all others, for real firms and imagined ones, with waivers and without."""

from dataclasses import replace
from random import Random

from services.matching.index.layout import FACT_NAMES
from services.matching.operations.asking import need_of, query_of
from services.matching.operations.rulebook import rulebook
from tests.unit.matching.near_misses import a_firm, a_market, a_request
from tests.unit.matching.world import POLICIES, TODAY

RULES = rulebook(POLICIES, TODAY)
PRODUCTS = 40


def test_a_product_by_itself_is_judged_as_among_all_others() -> None:
    outcomes = set[tuple[bool, bool, bool, bool]]()
    for seed in range(60):
        random = Random(seed)
        market, firm = a_market(random, PRODUCTS), a_firm(random)
        real = random.choice((None, a_firm(random).facts))
        plain = query_of(market, need_of(market, RULES, replace(firm, real=real), a_request(random)))
        waived = {f"prd_{number}": random.getrandbits(len(FACT_NAMES)) for number in range(0, PRODUCTS, 3)}
        query = replace(plain, waived=waived, size=random.choice((None, plain.size)))
        columns = market.index.look(query, lambda work, judged: judged)
        for number in range(PRODUCTS):
            slot = market.index.slot(f"prd_{number}")
            assert slot is not None
            found = market.index.alone(slot, query).judge(query)
            beside = (columns.fail, columns.unknown, columns.soft, columns.modes, columns.waived)
            assert (found.fail, found.unknown, found.soft, found.modes, found.waived) == tuple(
                int(one[slot]) for one in beside
            )
            outcomes.add((not found.fail, not found.unknown, not found.soft, not found.waived))
    assert len(outcomes) > 12
