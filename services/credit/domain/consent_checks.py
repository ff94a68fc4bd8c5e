"""What a consent must say before it is one."""

import re
from datetime import date

from libs.criteria.violation import Violation
from libs.criteria.vocabulary import SCOPES

DOCUMENT_PREFIX = "doc_"
SOURCE = "征信业管理条例 第十八条、第二十八条"
SEPARATE_SOURCE = "中华人民共和国个人信息保护法 第二十九条"
MOST_DOCUMENTS = 100

_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_signature(signer: str, reference: str | None, by_power: bool) -> None:
    """`reference` names the power of attorney, `by_power` says that the signer signs by one."""
    if not 0 < len(signer.strip()) <= 100:
        raise Violation(
            "signer", "Nobody has signed.", "Name who signs for the party, in 1 to 100 characters.", SOURCE
        )
    if reference is not None and not 0 < len(reference.strip()) <= 100:
        raise Violation("authority_reference", "It is empty or too long.", "Give 1 to 100 characters.")
    if by_power and reference is None:
        raise Violation(
            "authority_reference",
            "An authorised signatory signs by a power of attorney.",
            "Name it: the id of the document, or its number.",
            SOURCE,
        )


def check_text(version: str, digest: str) -> None:
    if not 0 < len(version.strip()) <= 40:
        raise Violation(
            "text_version", "The text that was signed has no version.", "Name it in 1 to 40 characters."
        )
    if not _SHA256.fullmatch(digest):
        raise Violation(
            "text_hash",
            "This is no SHA-256.",
            "Give the 64 hexadecimal digits of the text that was signed.",
        )


def check_items(scopes: tuple[str, ...], documents: tuple[str, ...]) -> None:
    askable = [name for name, scope in SCOPES.items() if scope.consent]
    if not scopes and not documents:
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
    _check_documents(documents)


def check_opens_nothing(scopes: tuple[str, ...], documents: tuple[str, ...]) -> None:
    """A consent to be found lets the name be told; facts need a consent of their own."""
    if scopes or documents:
        raise Violation(
            "scopes" if scopes else "documents",
            "A consent to be found opens no facts.",
            "Leave scopes and documents empty, and give another consent for what they name.",
            SOURCE,
        )


def _check_documents(documents: tuple[str, ...]) -> None:
    if len(documents) > MOST_DOCUMENTS:
        raise Violation("documents", "These are too many.", f"Name at most {MOST_DOCUMENTS} in one consent.")
    for at, document in enumerate(documents):
        if not document.startswith(DOCUMENT_PREFIX) or len(document) > 40 or document in documents[:at]:
            raise Violation(
                f"documents/{at}",
                "This is no document's id, or stands twice.",
                f"Use ids of documents of the party's file once each, {DOCUMENT_PREFIX}….",
            )


def check_span(start: date, end: date, today: date, latest_end: date) -> None:
    if start < today:
        raise Violation("valid_from", f"{start} is over.", "Give a day from today on, or leave it out.")
    if end < start:
        raise Violation("valid_until", f"{end} is over before it begins.", f"Give a day from {start} on.")
    if end > latest_end:
        raise Violation(
            "valid_until",
            f"{end} is too far off.",
            f"Give a day until {latest_end}.",
            "credit.consent.longest_years",
        )


def check_separate(
    scopes: tuple[str, ...], documents: tuple[str, ...], separate: bool, sensitive: tuple[str, ...]
) -> None:
    """A natural person opens each group of what is sensitive, and documents, on a sheet of its own."""
    asked = [scope for scope in scopes if scope in sensitive] + ["documents"] * bool(documents)
    if not asked:
        return
    if len(scopes) + bool(documents) > 1:
        raise Violation(
            "scopes",
            f"`{asked[0]}` of a natural person is sensitive and stands in a consent of its own.",
            "Ask for each in a consent of its own, with `separate`: true.",
            SEPARATE_SOURCE,
        )
    if not separate:
        raise Violation(
            "separate",
            f"`{asked[0]}` of a natural person needs a separate consent.",
            "Show a text that asks for this alone, and send `separate`: true.",
            SEPARATE_SOURCE,
        )
