"""A party file as its page shows it: facts by scope, each scope with the consent that opens it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from libs.criteria.vocabulary import FACTS, SCOPES, Words, facts_of
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import documents_pb2

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


@dataclass(frozen=True, slots=True)
class Opened:
    """What a firm opened to one bank for its decision: groups of facts, those still shut, and documents."""

    scopes: tuple[str, ...] = ()
    shut: tuple[str, ...] = ()
    documents: tuple[documents_pb2.Document, ...] = ()


def opened_to(
    consents: Iterable[pb.Consent], documents: Iterable[documents_pb2.Document], today: str
) -> Opened:
    given = [
        consent
        for consent in consents
        if consent.purpose == pb.PURPOSE_CREDIT_DECISION and in_force(consent, today)
    ]
    found = {scope for consent in given for scope in consent.scopes}
    askable = [name for name, scope in SCOPES.items() if scope.consent]
    return Opened(
        scopes=tuple(scope for scope in askable if scope in found),
        shut=tuple(scope for scope in askable if scope not in found),
        documents=tuple(documents),
    )


class Spanned(Protocol):
    """What holds from one day to another unless it was taken back: a consent, a mandate, a legal basis."""

    valid_from: str
    valid_until: str

    def HasField(self, field_name: Literal["revoked_at"], /) -> bool: ...


def in_force(consent: Spanned, today: str) -> bool:
    return not consent.HasField("revoked_at") and consent.valid_from <= today <= consent.valid_until


def _opened(consents: Iterable[pb.Consent], today: str) -> dict[str, str]:
    """The scopes that the platform may use for matching, and until when."""
    opened: dict[str, str] = {}
    for consent in consents:
        if consent.recipient == PLATFORM and in_force(consent, today):
            for scope in consent.scopes:
                opened[scope] = max(opened.get(scope, ""), consent.valid_until)
    return opened
