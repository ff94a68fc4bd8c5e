"""Consent: which groups of facts a party opens, for what, to whom, until when; taken back as easily as given.

Regulation on the Administration of the Credit Reporting Industry, articles 18 and 28: stated purpose, written consent.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import SCOPES

PLATFORM = "platform"
ORGANISATION_PREFIX = "org_"
SOURCE = "征信业管理条例 第十八条、第二十八条"

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Purpose(StrEnum):
    MATCHING = "MATCHING"
    CREDIT_DECISION = "CREDIT_DECISION"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent(Shape):
    """`valid_until` is the last day on which it holds; `text_hash` the SHA-256 of the text that was signed."""

    signer: str
    scopes: tuple[str, ...]
    purpose: Purpose
    recipient: str
    valid_until: date
    text_hash: str

    def __post_init__(self) -> None:
        _check_scopes(self.scopes)
        _check_recipient(self.purpose, self.recipient)
        if not 0 < len(self.signer.strip()) <= 100:
            raise Violation(
                "signer",
                "Nobody has signed.",
                "Name who signs for the party, in 1 to 100 characters.",
                SOURCE,
            )
        if not _SHA256.fullmatch(self.text_hash):
            raise Violation(
                "text_hash",
                "This is no SHA-256.",
                "Give the 64 hexadecimal digits of the text that was signed.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Shape):
    id: str
    party: str
    signer: str
    scopes: tuple[str, ...]
    purpose: Purpose
    recipient: str
    valid_from: date
    valid_until: date
    text_hash: str
    granted_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentList(Shape):
    items: tuple[Consent, ...]


class ReadKind(StrEnum):
    FILE = "FILE"
    SCORE = "SCORE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Shape):
    """One look of somebody else into the file. No `consents`: only public items were shown."""

    id: str
    party: str
    reader: str
    what: ReadKind
    scopes: tuple[str, ...]
    consents: tuple[str, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage(Shape):
    items: tuple[Read, ...]
    next_cursor: str | None = None


Opened = Mapping[str, Consent]  # scope -> the consent that opens it


def granted(new: NewConsent, party: str, consent_id: str, at: datetime, today: date) -> Consent:
    """The consent, good from today; Violation where its last day is over."""
    if new.valid_until < today:
        raise Violation("valid_until", f"{new.valid_until} is over.", "Give a day from today on.")
    return Consent(
        id=consent_id,
        party=party,
        signer=new.signer.strip(),
        scopes=new.scopes,
        purpose=new.purpose,
        recipient=new.recipient,
        valid_from=today,
        valid_until=new.valid_until,
        text_hash=new.text_hash,
        granted_at=at,
    )


def revoked(consent: Consent, at: datetime) -> Consent:
    """Taken back from this instant on; once is enough."""
    return consent if consent.revoked_at is not None else replace(consent, revoked_at=at)


def holds(consent: Consent, today: date) -> bool:
    return consent.revoked_at is None and consent.valid_from <= today <= consent.valid_until


def opened(consents: Iterable[Consent], recipient: str, purpose: Purpose, today: date) -> Opened:
    """What one recipient may see for one purpose today: of several consents to a scope, the longest."""
    found: dict[str, Consent] = {}
    for consent in consents:
        if (consent.recipient, consent.purpose) == (recipient, purpose) and holds(consent, today):
            for scope in consent.scopes:
                if scope not in found or consent.valid_until > found[scope].valid_until:
                    found[scope] = consent
    return found


def trail(seen: Opened) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The scopes that were open, and the ids of the consents that opened them, each once."""
    return tuple(seen), tuple(dict.fromkeys(consent.id for consent in seen.values()))


def _check_scopes(scopes: tuple[str, ...]) -> None:
    askable = [name for name, scope in SCOPES.items() if scope.consent]
    if not scopes:
        raise Violation(
            "scopes", "A consent to nothing opens nothing.", f"Name at least one of {', '.join(askable)}."
        )
    for at, scope in enumerate(scopes):
        if scope not in askable or scope in scopes[:at]:
            raise Violation(
                f"scopes/{at}",
                f"`{scope}` cannot be consented to, or stands twice.",
                f"Use each of {', '.join(askable)} once.",
            )


def _check_recipient(purpose: Purpose, recipient: str) -> None:
    if purpose is Purpose.MATCHING and recipient != PLATFORM:
        raise Violation(
            "recipient",
            "Only the platform matches.",
            f"Name {PLATFORM}, or the purpose CREDIT_DECISION.",
            SOURCE,
        )
    if purpose is Purpose.CREDIT_DECISION and not recipient.startswith(ORGANISATION_PREFIX):
        raise Violation(
            "recipient",
            "A credit decision is one institution's.",
            f"Name its id, {ORGANISATION_PREFIX}…",
            SOURCE,
        )
