"""What is read before a recommendation, and what is kept of it: the answer, the fact, the client's key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import KeyReused, Problem
from libs.chassis.tables import idempotency_keys
from libs.chassis.vault import vault
from libs.eventing import topics
from libs.eventing.outbox import emit_first
from rongqiao.credit.v1 import credit_pb2 as credit
from services.matching import messages
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.firm import Firm, PartyStatus, Profile, firm_on
from services.matching.operations.access import ASKERS, is_of, require_answer_of, shown
from services.matching.operations.answering import Given
from services.matching.store import (
    answer_features,
    editions,
    matches,
    profiles,
    rounds,
    rulebooks,
    traces,
    what_ifs,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by whom, and under which idempotency key of theirs."""

    by: Principal
    request: MatchRequest
    key: str | None

    @property
    def scope(self) -> str:
        return f"{self.by.organisation}/match/{self.key}"

    @property
    def body_hash(self) -> str:
        return vault().blind_index(codec.canonical_hash(self.by.role.value, self.request))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as JSON; `match` None where it was given before, under the same key."""

    document: str
    match: Match | None = None


def firm_of(tx: ReadTx, asked: Asked) -> Firm:
    """What may be used of the firm today. Its own account asks, or the service centre of its territory or a service for
    it; to another centre nothing is known of it."""
    _require_asker(asked)
    return _firm(asked, profiles.profile(tx, asked.request.party), tx.today)


def _require_asker(asked: Asked) -> None:
    asked.by.require(*ASKERS)
    if asked.by.role is Role.SME:
        asked.by.require_organisation(asked.request.party)


def _firm(asked: Asked, profile: Profile, today: date) -> Firm:
    firm = firm_on(profile, today)
    if not is_of(asked.by, profile.party, firm.dimensions.county):
        raise profiles.not_known(profile.party)
    return firm


def look(tx: ReadTx, asked: Asked) -> Firm | Answer:
    """The first answer under this key, else the firm, in one look; KeyReused for another request under the key."""
    found = tx.execute(_LOOK, {"of_scope": asked.scope, "of_party": asked.request.party}).one()
    if asked.key is not None and found.answer is not None:
        return _first(tx, asked, found.body_hash, found.answer)
    _require_asker(asked)
    if found.profile is None:
        raise profiles.not_known(asked.request.party)
    return _firm(asked, found.profile, tx.today)


_ALWAYS = sa.select(sa.literal(1).label("one")).subquery()
_OF_PARTY = profiles.profiles.c.party == sa.bindparam("of_party")
_OF_SCOPE = idempotency_keys.c.scope == sa.bindparam("of_scope")
_LOOK = sa.select(
    profiles.profiles.c.profile, idempotency_keys.c.body_hash, idempotency_keys.c.answer
).select_from(_ALWAYS.outerjoin(profiles.profiles, _OF_PARTY).outerjoin(idempotency_keys, _OF_SCOPE))


def _first(tx: ReadTx, asked: Asked, body_hash: str, kept: str) -> Answer:
    """What was answered under a key: `kept` is the id of the answer; where it is older, the answer itself."""
    if body_hash != asked.body_hash:
        raise KeyReused(
            "This idempotency key was used before with another body.",
            field="Idempotency-Key",
            mend="Use a new key for a new request; repeat a request with the very same body.",
        )
    if kept.startswith("{"):
        return Answer(kept)
    _, document = matches.match_document(tx, kept)
    if asked.by.role is Role.SERVICE_CENTRE:
        document = codec.to_json(shown(asked.by, codec.from_json(Match, document))).decode()
    return Answer(document)


def keep(tx: WriteTx, asked: Asked, given: Given) -> Answer:
    """Store one answer, as `keep_all`; KeyReused where its key has another."""
    (kept,) = keep_all(tx, [(asked, given)])
    if isinstance(kept, Problem):
        raise kept
    return kept


def keep_all(tx: WriteTx, items: Sequence[tuple[Asked, Given]]) -> list[Answer | Problem]:
    """Store answers, after their sources, and tell the facts, in few statements for all of them; of two under one key
    the first stays the answer."""
    keep_sources(tx, (given for _, given in items))
    group = _Group(tx, items)
    outcomes = [group.take(asked, given) for asked, given in items]
    group.store()
    return outcomes


class _Group:
    """Answers that are kept together."""

    def __init__(self, tx: WriteTx, items: Sequence[tuple[Asked, Given]]) -> None:
        self._tx = tx
        self._keys = _keys(tx, [asked.scope for asked, _ in items if asked.key is not None])
        self._answers: dict[str, Answer] = {}
        self._new: list[Given] = []
        self._new_keys: list[dict[str, Any]] = []

    def take(self, asked: Asked, given: Given) -> Answer | Problem:
        known = self._keys.get(asked.scope) if asked.key is not None else None
        try:
            return self._new_answer(asked, given) if known is None else self._known(asked, *known)
        except Problem as problem:
            return problem

    def _known(self, asked: Asked, body_hash: str, kept: str) -> Answer:
        of_group = self._answers.get(kept)
        if of_group is not None and body_hash == asked.body_hash:
            return Answer(of_group.document)
        return _first(self._tx, asked, body_hash, kept)

    def _new_answer(self, asked: Asked, given: Given) -> Answer:
        match = shown(asked.by, given.match)
        answer = Answer(codec.to_json(match).decode(), match)
        self._new.append(given)
        self._answers[match.id] = answer
        if asked.key is not None:
            self._keys[asked.scope] = key = (asked.body_hash, match.id)
            row = {"scope": asked.scope, "body_hash": key[0], "answer": key[1], "answered_at": self._tx.now}
            self._new_keys.append(row)
        return answer

    def _document(self, given: Given) -> str:
        """As it was given, which a service centre does not see whole."""
        answer = self._answers[given.match.id]
        return answer.document if answer.match is given.match else codec.to_json(given.match).decode()

    def store(self) -> None:
        found = [given.match for given in self._new]
        traces.insert_traces(self._tx, (given.trace for given in self._new))
        matches.insert_matches(
            self._tx, ((one.match.id, one.match.party, self._document(one)) for one in self._new)
        )
        answer_features.insert_features(
            self._tx, ((one.match.id, one.match.dimensions.firm_key, one.features) for one in self._new)
        )
        facts = [(match.id, messages.recommendation_given(match)) for match in found]
        emit_first(self._tx, topics.MATCHING_RECOMMENDATION, facts)
        if self._new_keys:
            self._tx.execute(_INSERT_KEY, self._new_keys)


_INSERT_KEY = sa.insert(idempotency_keys)


def _keys(tx: ReadTx, scopes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Hash of the body and what was kept, by scope, for those that are known."""
    if not scopes:
        return {}
    rows = tx.rows(sa.select(idempotency_keys).where(idempotency_keys.c.scope.in_(scopes)))
    return {row.scope: (row.body_hash, row.answer) for row in rows}


def keep_sources(tx: WriteTx, given: Iterable[Given]) -> None:
    """What these answers can be computed from again, before them: each market and rulebook that is not there yet."""
    answers = list(given)
    for edition in {one.edition.id: one.edition for one in answers}.values():
        editions.keep_edition(tx, edition)
    for book in {one.book.id: one.book for one in answers}.values():
        rulebooks.keep_rulebook(tx, book.id, book.rules.today, book.document)


def get_match(tx: ReadTx, by: Principal, match_id: str) -> Match:
    """An answer as it was given."""
    by.require(*ASKERS)
    party, document = matches.match_document(tx, match_id)
    match = codec.from_json(Match, document)
    require_answer_of(by, party, match.dimensions.county, match_id)
    return shown(by, match)


def follow_party(tx: WriteTx, summary: credit.PartySummary) -> None:
    """News of a party: its newest summary in place of the one before, or nothing of it any more."""
    profile = messages.profile(summary)
    if profile.status is PartyStatus.WITHDRAWN:
        profiles.drop_profile(tx, profile.party)
        traces.erase_inputs(tx, profile.party)
        answer_features.forget_party(tx, profile.party)
        what_ifs.forget(tx, profile.party)
        rounds.forget(tx, profile.party)
    else:
        profiles.put_profile(tx, profile)
