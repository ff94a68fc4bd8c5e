"""Whoever changes what answers say raises ALGORITHM: else answers of before would be called wrong by replay.

When this fails: raise ALGORITHM in domain/trace.py, and write the new pair below.
"""

from dataclasses import replace
from hashlib import sha256

from libs.chassis import codec
from services.matching.domain.answer import Match
from services.matching.domain.replay.trace import ALGORITHM
from tests.unit.matching.world import (
    FIRM,
    FIRST_LOAN,
    GUARANTEED,
    IP_LOAN,
    YUAN,
    ask,
    catalogue,
    product,
    rule,
    with_facts,
)

KNOWN = (2, "93720c1ca04c4aec9e394e77c767be4faff4f30249b5612dcc058079fca2cfd8")


def said() -> str:
    """Answers of a small market to firms with and without rights and a score; without the name of the policies."""
    strict = product("strict", bank="org_west", criteria=[rule("score", "GE", "700")], decision_days=2)
    hidden = rule("months_since_registration", "GE", "60", shown="CONFIDENTIAL")
    secret = product("secret", bank="org_west", criteria=[hidden])
    soft = product("soft", bank="org_north", criteria=[rule("score", "GE", "700", hard=False)])
    market = catalogue(FIRST_LOAN, IP_LOAN, GUARANTEED, strict, secret, soft)
    firms = (
        FIRM,
        with_facts(score=None, bank_loan_record=1),
        replace(FIRM, rights=()),
        with_facts(score=720),
    )
    answers = [
        ask(market, firm, amount_fen=amount * YUAN, term_months=months)
        for firm in firms
        for amount in (200_000, 3_000_000)
        for months in (12, 30)
    ]
    return sha256(b"\n".join(map(plain, answers))).hexdigest()


def plain(match: Match) -> bytes:
    return codec.to_json(replace(match, policy_set=""))


def test_the_number_of_the_formulas_was_raised_when_answers_changed() -> None:
    assert (ALGORITHM, said()) == KNOWN
