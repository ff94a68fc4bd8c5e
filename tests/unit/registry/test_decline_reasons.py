"""Every reason that a bank can give has words and a next step, in both languages."""

from libs.criteria.vocabulary import FACTS
from libs.registry.decline_reasons import decline_reasons


def test_every_reason_has_words_and_a_next_step() -> None:
    for reason in decline_reasons().values():
        assert all((reason.zh, reason.en, reason.next_zh, reason.next_en))


def test_a_bank_can_decline_for_every_fact_that_a_rule_may_ask_for() -> None:
    askable = {kind.reason_code for kind in FACTS.values() if kind.criteria or kind.instead}
    assert askable <= set(decline_reasons())
