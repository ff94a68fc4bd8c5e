"""The rules: kept as a rulebook, and said on the state topics with what they leave room for."""

from collections.abc import Mapping, Sequence

from google.protobuf.message import Message

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.eventing.topics import Topic
from services.guarantee import messages
from services.guarantee.domain import limits as limit_rules
from services.guarantee.domain.guarantor import Guarantor, Headroom, Tier
from services.guarantee.domain.headroom import headroom
from services.guarantee.domain.programme import ProgrammeList, Rulebook
from services.guarantee.operations import chains, standing, weighing
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import parties as party_store
from services.guarantee.store import rules as rule_store


def load(tx: WriteTx, by: Principal, rulebook: Rulebook) -> None:
    """Go by these rules from now on, and say what became of the programmes."""
    by.require(Role.SERVICE)
    before = rule_store.lines(tx) if rule_store.rulebook_if_any(tx) is not None else None
    guarantor_store.lock_all(tx)
    rule_store.keep_rulebook(tx, rulebook)
    weighing.follow(tx, before)
    refresh_limits(tx)
    _publish(tx, topics.GUARANTEE_PROGRAMME, _changed_programmes(tx, rulebook))


def are_loaded(tx: ReadTx, rulebook: Rulebook) -> bool:
    """Whether these rules are in use, and their programmes of today are said: a version may begin any day."""
    return (
        rule_store.is_in_use(tx, rulebook)
        and rule_store.lines_are_todays(tx)
        and not _changed_programmes(tx, rulebook)
    )


def publish_headroom(tx: WriteTx, by: Principal) -> None:
    """Say what each local guarantor can still take, where that changed."""
    by.require(Role.SERVICE)
    _publish(tx, topics.GUARANTEE_HEADROOM, _changed_headroom(tx))


def is_headroom_said(tx: ReadTx) -> bool:
    return not _changed_headroom(tx)


def list_programmes(tx: ReadTx, by: Principal) -> ProgrammeList:
    """The version of each programme that is in force today. Rules are public to all who sign in."""
    return ProgrammeList(items=rule_store.rulebook(tx).programmes_on(tx.today))


def headroom_of(tx: ReadTx, guarantors: Sequence[Guarantor]) -> list[Headroom]:
    """What each of these can still take today."""
    found, used, lines = chains.all_of(tx, guarantors), limit_store.usages(tx), rule_store.lines(tx)
    blocked = standing.blocked_programmes(tx)
    return [
        headroom(one, lines, [chain for chain in found if chain.guarantor.id == one.id], used, blocked)
        for one in guarantors
    ]


def refresh_limits(tx: WriteTx) -> None:
    """Let the rows of all limits allow what guarantors' figures and today's rules say."""
    allowed = limit_rules.standing(
        rule_store.rulebook(tx),
        guarantor_store.all_of_them(tx),
        party_store.list_admissions(tx),
        tx.today,
    )
    for (rule, owner), limit_fen in sorted(allowed.items()):
        limit_store.allow(tx, rule, owner, limit_fen)


def _changed_programmes(tx: ReadTx, rulebook: Rulebook) -> Mapping[str, Message]:
    before = rule_store.published(tx, topics.GUARANTEE_PROGRAMME.name)
    gone = {name: messages.withdrawn(data) for name, data in before.items()}
    states = {one.id: messages.programme_state(one) for one in rulebook.programmes_on(tx.today)}
    return _changed(before, gone | states)


def _changed_headroom(tx: ReadTx) -> Mapping[str, Message]:
    if rule_store.rulebook_if_any(tx) is None:
        return {}
    local = [one for one in guarantor_store.all_of_them(tx) if one.tier is Tier.LOCAL]
    states = {one.guarantor: messages.headroom_state(one) for one in headroom_of(tx, local)}
    return _changed(rule_store.published(tx, topics.GUARANTEE_HEADROOM.name), states)


def _changed(before: Mapping[str, bytes], states: Mapping[str, Message]) -> Mapping[str, Message]:
    """The states that differ from what was said before."""
    return {subject: state for subject, state in states.items() if before.get(subject) != _bytes(state)}


def _publish(tx: WriteTx, topic: Topic, states: Mapping[str, Message]) -> None:
    for subject, state in sorted(states.items()):
        emit(tx, topic, subject, state)
        rule_store.note_published(tx, topic.name, subject, _bytes(state))


def _bytes(state: Message) -> bytes:
    return state.SerializeToString(deterministic=True)
