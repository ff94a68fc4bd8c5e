"""Claims: the bank's notice, who decides on it, and how the loss is split among those who took the loan."""

from libs.chassis.database import Database
from services.guarantee.domain.claim import ClaimStatus
from tests.unit.guarantee.chain import MILLION
from tests.unit.guarantee.losses import (
    STORY_FEN,
    accept,
    bears,
    claim_of,
    difference,
    lend,
    notify,
    open_dues,
    owed,
    pay,
    pay_all,
    received,
    recover,
    release,
)


def test_the_story_of_a_claim_comes_out_to_the_fen(database: Database) -> None:
    for number in range(7):
        release(database, 10 * MILLION, number=100 + number)
    loan = lend(database)
    pay_all(database)
    claim = notify(database, loan, STORY_FEN)
    assert difference(database) is None

    claim = accept(database, claim)
    assert difference(database) is None
    assert owed(database) == {("helan", "bank"): 193_501_234}
    pay(database, open_dues(database)[0])
    assert difference(database) is None
    assert owed(database) == {("fund", "helan"): 48_375_308, ("province", "helan"): 48_375_308}
    for due in open_dues(database):
        pay(database, due)
    assert difference(database) is None
    claim = claim_of(database, claim)
    assert claim.status is ClaimStatus.SETTLED
    assert bears(claim) == {
        "bank": 48_375_309,
        "national": 48_375_308,
        "provincial": 48_375_308,
        "local": 96_750_618,
    }

    back = recover(database, claim, 90_000_000, 6_000_000)
    assert difference(database) is None
    assert received(back) == {
        "bank": 16_800_000,
        "national": 16_800_000,
        "provincial": 16_800_000,
        "local": 33_600_000,
    }
    pay_all(database)
    assert difference(database) is None
