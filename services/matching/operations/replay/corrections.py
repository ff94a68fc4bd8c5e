"""Rules that were corrected after answers were given by them: which rulebooks, which answers, and what would change.

Policies are bitemporal: a correction is a new record with the old day of effect. What is in force for a day as known
now is held against the rulebook that was kept with the answers of that day.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from libs.chassis import codec
from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from libs.policy import PolicySet
from services.matching.domain.answer import Match
from services.matching.domain.replay.correction import (
    Effect,
    PolicyCorrection,
    PolicyCorrections,
    TouchedAnswer,
    TouchedAnswerPage,
    effect,
)
from services.matching.domain.replay.trace import ALGORITHM
from services.matching.operations.answering import Book, book_of
from services.matching.operations.rulebook import EFFORT, LIKELIHOOD, RANKING, Rulebook, rulebook
from services.matching.replayer import Replayer
from services.matching.store import rulebooks, traces
from services.matching.store.traces import Stored

READERS = (Role.OPERATOR, Role.REGULATOR)

_PARAMETERS = {"model": LIKELIHOOD, "ranking": RANKING, "effort": EFFORT}
_PER_ENTRY = {
    "benefits": "",
    "base_ppm": "registry.lpr.",
}  # the parameter's own id, or the rate's under a prefix
_NAMES_ONLY = "policy_set"  # changes with any parameter, also with those that no answer uses


def list_corrections(tx: ReadTx, by: Principal, since: date | None = None) -> PolicyCorrections:
    """Of every rulebook for a day from `since` on, the parameters that are known otherwise now, and its answers."""
    by.require(*READERS)
    found = (
        _correction(tx, rulebook_id, then)
        for rulebook_id, then in _kept(tx)
        if not since or then.today >= since
    )
    return PolicyCorrections(items=tuple(one for one in found if one is not None))


def list_touched(
    tx: ReadTx, by: Principal, replayer: Replayer, rulebook_id: str, cursor: str | None, limit: int
) -> TouchedAnswerPage:
    """Answers given by a rulebook, and what today's knowledge of that day changes in each. No party, no content."""
    by.require(*READERS)
    text = rulebooks.find(tx, rulebook_id)
    if text is None:
        raise NotFound(f"No answer was given by {rulebook_id}.", field="rulebook")
    book = corrected(tx.policies, codec.from_json(Rulebook, text))
    ids, following = traces.of_rulebook(tx, rulebook_id, cursor, limit)
    order = {match_id: place for place, match_id in enumerate(ids)}
    found = sorted(traces.stored(tx, ids), key=lambda one: order[one.match_id])
    return TouchedAnswerPage(
        items=tuple(_touched(tx, replayer, one, book) for one in found), next_cursor=following
    )


def corrected(policies: PolicySet, then: Rulebook) -> Book:
    """The rulebook of that day as known now. A learned model is no policy: it stays the one that answered."""
    now = rulebook(policies, then.today)
    learned = then.model.coefficients.id != now.model.coefficients.id
    return book_of(replace(now, model=then.model) if learned else now)


def _correction(tx: ReadTx, rulebook_id: str, then: Rulebook) -> PolicyCorrection | None:
    named = tuple(differing(codec.dump(then), json.loads(corrected(tx.policies, then).document)))
    if not named:
        return None
    return PolicyCorrection(
        rulebook=rulebook_id, day=then.today, parameters=named, answers=traces.count_of(tx, rulebook_id)
    )


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Ids of the parameters in which two rulebooks differ."""
    for part in now:
        if part in _PER_ENTRY:
            names = {**then.get(part, {}), **now[part]}
            changed = (name for name in names if then.get(part, {}).get(name) != now[part].get(name))
            yield from (f"{_PER_ENTRY[part]}{name}" for name in sorted(changed))
        elif part != _NAMES_ONLY and then.get(part) != now[part]:
            yield _PARAMETERS.get(part, part)


def _kept(tx: ReadTx) -> Iterator[tuple[str, Rulebook]]:
    for rulebook_id in rulebooks.all_ids(tx):
        yield rulebook_id, codec.from_json(Rulebook, rulebooks.document(tx, rulebook_id))


def _touched(tx: ReadTx, replayer: Replayer, stored: Stored, book: Book) -> TouchedAnswer:
    trace = stored.trace
    assert trace is not None
    changed = Effect.UNKNOWN
    if trace.inputs is not None and trace.algorithm == ALGORITHM:
        given = codec.from_json(Match, stored.document)
        changed = effect(given, replayer.match_again(tx, trace, trace.inputs, book))
    return TouchedAnswer(match_id=stored.match_id, day=trace.day, county=trace.county, effect=changed)
