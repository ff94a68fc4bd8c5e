"""Consent: which groups of facts a party opens, for what, to whom, until when; taken back as easily as given.

Regulation on the Administration of the Credit Reporting Industry, articles 18 and 28: stated purpose, written consent.
Personal Information Protection Law, article 29: what is sensitive of a natural person needs a consent of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.persons import is_person
from services.credit.domain.consent_checks import (
    SOURCE,
    check_items,
    check_opens_nothing,
    check_separate,
    check_signature,
    check_span,
    check_text,
)

PLATFORM = "platform"
ORGANISATION_PREFIX = "org_"


class Purpose(StrEnum):
    MATCHING = "MATCHING"
    CREDIT_DECISION = "CREDIT_DECISION"
    FINDING = "FINDING"
    """Banks may be told by name that a product of theirs fits the party; it opens no fact to them."""


class Authority(StrEnum):
    """By what right the signer signs for the party."""

    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    OWNER = "OWNER"
    AUTHORISED_SIGNATORY = "AUTHORISED_SIGNATORY"
    """By a power of attorney, which `authority_reference` names."""


class ConsentMethod(StrEnum):
    ELECTRONIC_SIGNATURE = "ELECTRONIC_SIGNATURE"
    PLATFORM_ACCOUNT = "PLATFORM_ACCOUNT"
    PAPER_SCAN = "PAPER_SCAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent(Shape):
    """Holds from `valid_from` (None: today) to `valid_until`, both days included. `text_hash` is the SHA-256 of the
    text that was signed, `text_version` its name. `documents`: ids of single documents that it opens beside the
    scopes, or alone. `separate`: this text asks for nothing else."""

    signer: str
    authority: Authority
    authority_reference: str | None = None
    scopes: tuple[str, ...]
    documents: tuple[str, ...] = ()
    purpose: Purpose
    recipient: str
    valid_from: date | None = None
    valid_until: date
    method: ConsentMethod
    text_version: str
    text_hash: str
    separate: bool = False

    def __post_init__(self) -> None:
        by_power = self.authority is Authority.AUTHORISED_SIGNATORY
        check_signature(self.signer, self.authority_reference, by_power)
        if self.purpose is Purpose.FINDING:
            check_opens_nothing(self.scopes, self.documents)
        else:
            check_items(self.scopes, self.documents)
        check_text(self.text_version, self.text_hash)
        _check_recipient(self.purpose, self.recipient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Shape):
    """`authority` and `method` are None, and `text_version` empty, where a consent was given before they were asked."""

    id: str
    party: str
    signer: str
    authority: Authority | None = None
    authority_reference: str | None = None
    scopes: tuple[str, ...]
    documents: tuple[str, ...] = ()
    purpose: Purpose
    recipient: str
    valid_from: date
    valid_until: date
    method: ConsentMethod | None = None
    text_version: str = ""
    text_hash: str
    separate: bool = False
    granted_at: datetime
    revoked_at: datetime | None = None
    revocation_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation(Shape):
    """Why a consent is taken back; nobody needs to say."""

    reason: str | None = None

    def __post_init__(self) -> None:
        if self.reason is not None and not 0 < len(self.reason.strip()) <= 200:
            raise Violation(
                "reason", "The reason is empty or too long.", "Give 1 to 200 characters, or none."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder(Shape):
    """Who may be told the party's name when a product fits, until when: the platform (any bank), or one bank."""

    recipient: str
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentList(Shape):
    items: tuple[Consent, ...]


class ReadKind(StrEnum):
    FILE = "FILE"
    SCORE = "SCORE"
    DOCUMENT = "DOCUMENT"
    REPORT = "REPORT"
    AUDIT = "AUDIT"
    """Of an item that is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Shape):
    """One look of somebody else into the file. `scopes`: what was open, with the ids of documents that were shown;
    no `consents`: only public items were. `reason`: of an audit."""

    id: str
    party: str
    reader: str
    what: ReadKind
    scopes: tuple[str, ...]
    consents: tuple[str, ...]
    read_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage(Shape):
    items: tuple[Read, ...]
    next_cursor: str | None = None


class Opener(Protocol):
    """Whatever opens a scope to a reader, until its last day: a consent, or a mandate."""

    @property
    def id(self) -> str: ...

    @property
    def valid_until(self) -> date: ...


Opened = Mapping[str, Opener]  # scope -> what opens it


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRules:
    """What policies/credit/consent.yaml sets, on a day: the last day that a consent may hold, and the scopes that a
    natural person opens each on a sheet of its own."""

    latest_end: date
    separate_scopes: tuple[str, ...]


def granted(
    new: NewConsent, party: str, consent_id: str, at: datetime, today: date, rules: ConsentRules
) -> Consent:
    """The consent, good from its first day; Violation where it is over, too long, or bundles what is sensitive."""
    start = new.valid_from or today
    check_span(start, new.valid_until, today, rules.latest_end)
    if is_person(party):
        check_separate(new.scopes, new.documents, new.separate, rules.separate_scopes)
    return Consent(
        id=consent_id,
        party=party,
        signer=new.signer.strip(),
        authority=new.authority,
        authority_reference=new.authority_reference,
        scopes=new.scopes,
        documents=new.documents,
        purpose=new.purpose,
        recipient=new.recipient,
        valid_from=start,
        valid_until=new.valid_until,
        method=new.method,
        text_version=new.text_version,
        text_hash=new.text_hash,
        separate=new.separate,
        granted_at=at,
    )


def revoked(consent: Consent, at: datetime, reason: str | None = None) -> Consent:
    """Taken back from this instant on; once is enough."""
    if consent.revoked_at is not None:
        return consent
    return replace(consent, revoked_at=at, revocation_reason=reason)


def holds(consent: Consent, today: date) -> bool:
    return consent.revoked_at is None and consent.valid_from <= today <= consent.valid_until


def opened(consents: Iterable[Consent], recipient: str, purpose: Purpose, today: date) -> Opened:
    """What one recipient may see for one purpose today: of several consents to a scope, the longest."""
    found: dict[str, Consent] = {}
    for consent in standing(consents, recipient, purpose, today):
        for scope in consent.scopes:
            if scope not in found or consent.valid_until > found[scope].valid_until:
                found[scope] = consent
    return found


def standing(
    consents: Iterable[Consent], recipient: str, purpose: Purpose, today: date
) -> tuple[Consent, ...]:
    """Those that hold today, to one recipient for one purpose."""
    return tuple(
        consent
        for consent in consents
        if (consent.recipient, consent.purpose) == (recipient, purpose) and holds(consent, today)
    )


def finders(consents: Iterable[Consent], today: date) -> tuple[Finder, ...]:
    """Each recipient of a consent to be found that holds today, with the latest of its last days."""
    until: dict[str, date] = {}
    for consent in consents:
        if consent.purpose is Purpose.FINDING and holds(consent, today):
            until[consent.recipient] = max(consent.valid_until, until.get(consent.recipient, date.min))
    return tuple(Finder(recipient=one, valid_until=last) for one, last in sorted(until.items()))


def trail(seen: Opened) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The scopes that were open, and the ids of the consents that opened them, each once."""
    return tuple(seen), tuple(dict.fromkeys(consent.id for consent in seen.values()))


def _check_recipient(purpose: Purpose, recipient: str) -> None:
    if purpose is Purpose.MATCHING and recipient != PLATFORM:
        raise Violation(
            "recipient",
            "Only the platform matches.",
            f"Name {PLATFORM}, or the purpose CREDIT_DECISION.",
            SOURCE,
        )
    if purpose is Purpose.FINDING and recipient != PLATFORM and not recipient.startswith(ORGANISATION_PREFIX):
        raise Violation(
            "recipient",
            "Nobody is named who may find the party.",
            f"Name {PLATFORM} for every bank, or one bank's id, {ORGANISATION_PREFIX}….",
            SOURCE,
        )
    if purpose is Purpose.CREDIT_DECISION and not recipient.startswith(ORGANISATION_PREFIX):
        raise Violation(
            "recipient",
            "A credit decision is one institution's.",
            f"Name its id, {ORGANISATION_PREFIX}…",
            SOURCE,
        )
