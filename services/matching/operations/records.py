"""What is read before a recommendation, and what is kept of it: the answer, the fact, the client's key."""

from dataclasses import dataclass

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import KeyReused, NotFound
from libs.chassis.tables import idempotency_keys
from libs.chassis.vault import vault
from libs.eventing import topics
from libs.eventing.outbox import emit
from rongqiao.credit.v1 import credit_pb2 as credit
from services.matching import messages, store
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.firm import Firm, PartyStatus, firm_on


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
    """What may be used of the firm today. Its own account asks, or the service centre or a service for it."""
    asked.by.require(Role.SME, Role.SERVICE_CENTRE, Role.SERVICE)
    _require_party(asked.by, asked.request.party)
    return firm_on(store.profile(tx, asked.request.party), tx.today)


def given_before(tx: ReadTx, asked: Asked) -> Answer | None:
    """The first answer under this key; KeyReused for another request under it."""
    if asked.key is None:
        return None
    known = tx.row(sa.select(idempotency_keys).where(idempotency_keys.c.scope == asked.scope))
    if known is None:
        return None
    if known.body_hash != asked.body_hash:
        raise KeyReused(
            "This idempotency key was used before with another body.",
            field="Idempotency-Key",
            mend="Use a new key for a new request; repeat a request with the very same body.",
        )
    return Answer(known.answer)


def keep(tx: WriteTx, asked: Asked, match: Match) -> Answer:
    """Store the answer and tell the fact; of two under one key the first stays the answer."""
    before = given_before(tx, asked)
    if before is not None:
        return before
    document = codec.to_json(match).decode()
    store.insert_match(tx, match.id, match.party, document)
    emit(tx, topics.MATCHING_RECOMMENDATION, match.id, messages.recommendation_given(match))
    if asked.key is not None:
        row = {"scope": asked.scope, "body_hash": asked.body_hash, "answer": document, "answered_at": tx.now}
        tx.execute(sa.insert(idempotency_keys).values(row))
    return Answer(document, match)


def get_match(tx: ReadTx, by: Principal, match_id: str) -> Match:
    """An answer as it was given."""
    by.require(Role.SME, Role.SERVICE_CENTRE, Role.SERVICE)
    party, document = store.match_document(tx, match_id)
    if by.role is Role.SME and by.organisation != party:
        raise NotFound(f"There is no match {match_id}.", field="match_id")
    return codec.from_json(Match, document)


def follow_party(tx: WriteTx, summary: credit.PartySummary) -> None:
    """News of a party: its newest summary in place of the one before, or nothing of it any more."""
    profile = messages.profile(summary)
    if profile.status is PartyStatus.WITHDRAWN:
        store.drop_profile(tx, profile.party)
    else:
        store.put_profile(tx, profile)


def _require_party(by: Principal, party: str) -> None:
    if by.role is Role.SME:
        by.require_organisation(party)
