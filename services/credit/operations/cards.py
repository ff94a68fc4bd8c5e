"""The register of scorecards: uploaded by an operator, run in the shadow, brought into force by two.

THE decision which card speaks of a firm is `card_for`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Invalid
from libs.policy import PolicySet
from libs.registry.promotion import (
    Key,
    NewVersionProposal,
    Registered,
    VersionState,
    VersionVerdict,
)
from services.credit.cardfile import card_sha256, write_card
from services.credit.domain.card import Card, CardKind
from services.credit.domain.compiled import Compiled, compile_card
from services.credit.domain.registry import Scorecard, ScorecardFile, ScorecardList, check_servable
from services.credit.domain.score import applies
from services.credit.store import summaries
from services.credit.store.cards import register

EXPERT_CARD = "credit.expert_scorecard"
_MOST_KEPT = 64

SUPERVISORS = (Role.OPERATOR, Role.REGULATOR)


@dataclass(frozen=True, slots=True)
class Served:
    """A card, ready to answer, and the hash by which a score names it."""

    compiled: Compiled
    sha256: str


_kept: dict[str, Served] = {}  # by hash: what it stands for never changes


def card_for(tx: ReadTx, values: Mapping[str, str]) -> Served:
    """The card that speaks of a firm of which these values are known: of those in force that apply the one that asks
    for most, and the expert card where none does."""
    candidates = [_served(tx, one) for one in register.in_force(tx)]
    speaking = [one for one in candidates if applies(one.compiled.card, values)]
    best = min(
        speaking, key=lambda one: (-len(one.compiled.card.needs), one.compiled.card.name), default=None
    )
    return best or expert_on(tx.policies, tx.today)


def shadows_for(tx: ReadTx, values: Mapping[str, str]) -> list[Served]:
    """The cards that are computed beside it and shown to nobody."""
    running = [_served(tx, one) for one in register.shadows(tx)]
    return [one for one in running if applies(one.compiled.card, values)]


@lru_cache(maxsize=8)
def expert_on(policies: PolicySet, day: date) -> Served:
    """The expert card of the policies in force on a day."""
    card = codec.load(Card, policies.record_on(EXPERT_CARD, day))
    check_servable(card)
    return Served(compile_card(card), card_sha256(card))


def next_change(tx: ReadTx) -> date | None:
    """The first day after today on which another card comes into force."""
    return register.next_day(tx)


def register_card(tx: WriteTx, by: Principal, card: Card) -> Scorecard:
    """Keep a version for ever. The same content again changes nothing; other content under its number is refused."""
    by.require(Role.OPERATOR)
    if card.kind is CardKind.EXPERT or card.id == expert_on(tx.policies, tx.today).compiled.card.id:
        raise Invalid(
            "Expert cards come with the policies.", field="card/kind", mend=f"Change {EXPERT_CARD}."
        )
    register.add(tx, by, (card.id, card.version), card.segment, card_sha256(card), card)
    return _scorecard(tx, (card.id, card.version))


def list_cards(tx: ReadTx, by: Principal) -> ScorecardList:
    """The expert card, then every version that was ever uploaded."""
    by.require(*SUPERVISORS)
    versions = [_scorecard(tx, one.key) for one in register.registered(tx)]
    return ScorecardList(items=(_expert(tx), *versions))


def get_card(tx: ReadTx, by: Principal, card_id: str, version: int) -> Scorecard:
    by.require(*SUPERVISORS)
    expert = _expert(tx)
    return expert if (expert.id, expert.version) == (card_id, version) else _scorecard(tx, (card_id, version))


def get_card_file(tx: ReadTx, by: Principal, card_id: str, version: int) -> ScorecardFile:
    """The version as its canonical file, with the hash that scores name."""
    by.require(*SUPERVISORS)
    card = expert_on(tx.policies, tx.today).compiled.card
    if (card.id, card.version) != (card_id, version):
        card = register.content(tx, (card_id, version))
    return ScorecardFile(content=write_card(card).decode())


def put_in_shadow(tx: WriteTx, by: Principal, card_id: str, version: int) -> Scorecard:
    """From now on it is computed beside the card in force."""
    register.stage(tx, by, (card_id, version), VersionState.SHADOW)
    return _scorecard(tx, (card_id, version))


def retire_card(tx: WriteTx, by: Principal, card_id: str, version: int) -> Scorecard:
    """It is no candidate any more; what is in force, or agreed to be soon, is retired by two people."""
    register.stage(tx, by, (card_id, version), VersionState.RETIRED)
    return _scorecard(tx, (card_id, version))


def propose(tx: WriteTx, by: Principal, card_id: str, version: int, new: NewVersionProposal) -> Scorecard:
    """Ask a second person to bring a version into force, or out of it. An earlier version: going back."""
    register.propose(tx, by, (card_id, version), new)
    return _scorecard(tx, (card_id, version))


def decide(
    tx: WriteTx, by: Principal, card_id: str, version: int, proposal_id: str, verdict: VersionVerdict
) -> Scorecard:
    """A second person agrees; anybody may reject, also who proposed."""
    proposal = register.decide(tx, by, (card_id, version), proposal_id, verdict)
    if verdict.approve:
        summaries.mark_all_due(tx, proposal.effective_on)
    return _scorecard(tx, (card_id, version))


def _served(tx: ReadTx, one: Registered) -> Served:
    known = _kept.get(one.sha256)
    if known is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        known = _kept[one.sha256] = Served(compile_card(register.content(tx, one.key)), one.sha256)
    return known


def _scorecard(tx: ReadTx, key: Key) -> Scorecard:
    card, row, state = register.content(tx, key), register.upload(tx, key), register.state(tx, key)
    return Scorecard(
        id=card.id,
        version=card.version,
        kind=card.kind,
        segment=card.segment,
        state=state,
        sha256=row.sha256,
        zh=card.zh,
        en=card.en,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
        proposals=tuple(register.proposals(tx, key)),
    )


def _expert(tx: ReadTx) -> Scorecard:
    """Always in force, for whoever no other card speaks of."""
    served = expert_on(tx.policies, tx.today)
    card = served.compiled.card
    return Scorecard(
        id=card.id,
        version=card.version,
        kind=card.kind,
        segment=card.segment,
        state=VersionState.ACTIVE,
        sha256=served.sha256,
        zh=card.zh,
        en=card.en,
    )
