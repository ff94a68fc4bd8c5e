"""Natural persons: they go by `person:<opaque>`, an id that tells nobody who they are."""

import re

from libs.criteria.violation import Violation

PERSON_PREFIX = "person:"

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{6,64}")
_TELLING = re.compile(r"\d{17}[\dXx]|1[3-9]\d{9}")  # an identity card's number, a telephone's


def is_person(party: str) -> bool:
    return party.startswith(PERSON_PREFIX)


def check_opaque(field: str, text: str) -> None:
    """Violation where a text that is kept as it is holds a person's number; it is not repeated."""
    if _TELLING.search(text):
        raise Violation(
            field, "It holds an identity card's or a telephone's number.", "Leave the person's number out."
        )


def check_person_id(party: str, field: str) -> None:
    """Violation for an id of a person that is not opaque; it does not repeat what was sent."""
    opaque = party.removeprefix(PERSON_PREFIX)
    if not _OPAQUE.fullmatch(opaque) or _TELLING.search(opaque):
        raise Violation(
            field,
            "A person goes by an opaque id of 6 to 64 letters, digits, - and _.",
            "Never use an identity card's or a telephone's number.",
        )
