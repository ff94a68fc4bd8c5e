"""A party file as its page shows it: facts by scope, each scope with the consent that opens it."""

from collections.abc import Iterable
from dataclasses import dataclass

from libs.criteria.vocabulary import FACTS, SCOPES, Words, facts_of
from rongqiao.credit.v1 import credit_pb2 as pb

PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Group:
    """Facts of one scope. `until`: the last day for which the platform may use them; empty when it may not."""

    scope: str
    label: Words
    public: bool
    until: str
    items: tuple[pb.Item, ...]


def groups(party: pb.Party, consents: Iterable[pb.Consent], today: str) -> tuple[Group, ...]:
    """All scopes in the order of the vocabulary, those without facts too: what is missing is told."""
    opened = _opened(consents, today)
    return tuple(
        Group(
            scope=name,
            label=scope.label,
            public=not scope.consent,
            until=opened.get(name, ""),
            items=tuple(
                item for item in party.items if item.fact in FACTS and FACTS[item.fact].scope == name
            ),
        )
        for name, scope in SCOPES.items()
        if not all(kind.derived for kind in facts_of(name))
    )


def in_force(consent: pb.Consent, today: str) -> bool:
    return not consent.HasField("revoked_at") and consent.valid_from <= today <= consent.valid_until


def _opened(consents: Iterable[pb.Consent], today: str) -> dict[str, str]:
    """The scopes that the platform may use for matching, and until when."""
    opened: dict[str, str] = {}
    for consent in consents:
        if consent.recipient == PLATFORM and in_force(consent, today):
            for scope in consent.scopes:
                opened[scope] = max(opened.get(scope, ""), consent.valid_until)
    return opened
