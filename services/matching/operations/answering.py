"""An answer with all that it was computed from: by whom ever, now or when it is computed again."""

import json
from dataclasses import dataclass, replace
from hashlib import sha256

from libs.chassis import codec
from libs.chassis.vault import vault
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.features import PlanFeatures
from services.matching.domain.firm import Firm
from services.matching.domain.replay.edition import Edition
from services.matching.domain.replay.trace import ALGORITHM, Inputs, Trace
from services.matching.operations.recommend import recommendation
from services.matching.operations.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Book:
    """A rulebook as it is kept: `id` is the hash of `document`, its canonical JSON."""

    rules: Rulebook
    id: str
    document: str


@dataclass(frozen=True, slots=True)
class Given:
    """An answer before it is kept: with the market and the rulebook that it came from, what to keep of its input, and
    what the likelihoods of its plans were made of."""

    match: Match
    edition: Edition
    book: Book
    trace: Trace
    features: tuple[PlanFeatures, ...]


def book_of(rules: Rulebook) -> Book:
    """Takes a millisecond: whoever answers keeps it while the rules are the same."""
    text = json.dumps(codec.dump(rules), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Book(rules, sha256(text.encode()).hexdigest(), text)


def give(catalogue: Catalogue, book: Book, firm: Firm, request: MatchRequest, match_id: str) -> Given:
    """The answer, the edition that it names exactly the market that it was computed from."""
    rules = book.rules
    with catalogue.reading() as edition:
        found = recommendation(catalogue, rules, firm, request, match_id)
    inputs = Inputs(firm=firm, request=request, today=rules.today)
    named = replace(
        found.match,
        edition=edition.id,
        input_hash=input_hash(inputs),
        model=rules.model.name,
        algorithm=ALGORITHM,
    )
    return Given(named, edition, book, _trace(named, book.id, inputs), found.features)


def input_hash(inputs: Inputs) -> str:
    """Keyed: who does not hold the platform's keys cannot try out which firm it is of."""
    return vault().blind_index(codec.canonical_hash(inputs))


def _trace(match: Match, rulebook: str, inputs: Inputs) -> Trace:
    return Trace(
        match_id=match.id,
        edition=match.edition,
        rulebook=rulebook,
        model=match.model,
        algorithm=match.algorithm,
        input_hash=match.input_hash,
        day=inputs.today,
        county=match.dimensions.county,
        inputs=inputs,
    )
