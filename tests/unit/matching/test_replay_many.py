"""The proof: 10,000 stored answers, then 1,000 changes of the market, and every one comes out the same to the byte."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from libs.chassis.ids import new_id
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MatchRequest
from services.matching.domain.firm import Firm
from services.matching.domain.replay.edition import StateKind
from services.matching.domain.replay.trace import ReplayOutcome
from services.matching.index.engine import load_kernels
from services.matching.operations.answering import Book, Given, book_of, give
from services.matching.operations.replay.replay import replay_all
from services.matching.operations.rulebook import rulebook
from services.matching.replayer import Replayer
from services.matching.store import metadata
from tests.support.services import opened
from tests.unit.matching.storing import store
from tests.unit.matching.world import (
    FIRM,
    FIRST_LOAN,
    GUARANTEED,
    GUARANTOR,
    IP_LOAN,
    ORDINARY,
    POLICIES,
    TODAY,
    YUAN,
    product,
    rule,
)

PRODUCTS, EDITIONS, EACH, LATER_CHANGES = 200, 1_000, 10, 1_000
PLACES = ("640104", *(f"{province}{city:02}" for province in (11, 31, 44, 61, 62) for city in range(1, 9)))
MODES = (("UNSECURED",), ("FINANCING_GUARANTEE",), ("UNSECURED", "FINANCING_GUARANTEE"))


def drawn(random: Random, number: int, version: int) -> pb.Product:
    """Every hundredth firm's score, age and place decide differently under each."""
    made = product(
        f"{number:03}",
        bank=f"org_{number % 40}",
        modes=random.choice(MODES),
        amount_max_fen=random.choice((1, 3, 10)) * 1_000_000 * YUAN,
        rate=pb.Rate(base=pb.RATE_BASE_LPR_1Y, min_ppm=100 * random.randint(0, 99), max_ppm=20_000),
        criteria=[rule("score", "GE", str(random.randint(500, 750)), hard=random.random() < 0.7)],
        regions=[random.choice(PLACES)],
        decision_days=random.randint(1, 20),
    )
    made.version = version
    return made


def change(market: Catalogue, random: Random, step: int) -> None:
    """A product comes, changes or goes; now and then a guarantor's room moves, or a fee."""
    if step % 10 == 0:
        rooms = (replace(GUARANTOR.programmes[0], room_fen=random.randint(12, 20) * 100_000 * YUAN),)
        market.put_headroom(replace(GUARANTOR, programmes=rooms))
    elif step % 97 == 0:
        market.put_programme(replace(ORDINARY, fee_rate_ppm=100 * random.randint(1, 150)))
    else:
        number, on_sale = random.randrange(PRODUCTS), random.random() < 0.8
        changed = drawn(random, number, step)
        if on_sale:
            market.put_product(changed)
        else:
            market.withdraw(StateKind.PRODUCT, changed.id)


def firms(random: Random) -> list[Firm]:
    return [
        replace(FIRM, party=f"uscc:{number}", facts={**FIRM.facts, "score": random.randint(450, 800)})
        for number in range(50)
    ]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_10_000_answers_come_out_byte_for_byte_after_1_000_later_changes(sqlite_url: str) -> None:
    random, market, book = Random(6), Catalogue(), book_of(rulebook(POLICIES, TODAY))
    market.index.use(load_kernels())
    market.put_programme(ORDINARY)
    market.put_headroom(GUARANTOR)
    for one in (FIRST_LOAN, IP_LOAN, GUARANTEED, *(drawn(random, number, 1) for number in range(PRODUCTS))):
        market.put_product(one)
    asking = firms(random)
    with opened(sqlite_url, metadata) as database:
        for edition in range(EDITIONS):
            change(market, random, edition)
            store(database, [answer(market, book, random.choice(asking), random) for _ in range(EACH)])
        for step in range(LATER_CHANGES):
            change(market, random, EDITIONS + step)
        with database.read() as tx:
            outcomes = Counter(one.outcome for one in replay_all(tx, Replayer(kernels=load_kernels())))
    assert outcomes == {ReplayOutcome.EQUAL: EDITIONS * EACH}


def answer(market: Catalogue, book: Book, firm: Firm, random: Random) -> Given:
    request = MatchRequest(
        party=firm.party,
        amount_fen=random.randint(1, 12) * 100_000 * YUAN,
        term_months=random.choice((6, 12, 24)),
    )
    return give(market, book, firm, request, new_id("mat"))
