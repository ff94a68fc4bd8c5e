"""The Unified Social Credit Code of a registered organisation (GB 32100-2015)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from stdnum.cn import uscc as standard
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError

from libs.criteria.violation import Violation
from libs.registry.dimensions import OwnerKind

SOURCE = "GB 32100-2015"
PARTY_PREFIX = "uscc:"

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


_OWNER_KINDS = {
    "91": OwnerKind.ENTERPRISE,
    "92": OwnerKind.INDIVIDUAL_BUSINESS,
    "93": OwnerKind.COOPERATIVE,
}


@dataclass(frozen=True, slots=True)
class Uscc:
    """A valid code. Build it with `parse` from what people type; the constructor takes the normal form only."""

    code: str

    def __post_init__(self) -> None:
        if normalise(self.code) != self.code:
            raise Violation("uscc", f"{self.code!r} is not in normal form.", "Parse it.", SOURCE)
        _check(self.code, "uscc")

    def __str__(self) -> str:
        return self.code

    @property
    def party(self) -> str:
        """The party id that every service uses."""
        return PARTY_PREFIX + self.code

    @property
    def owner_kind(self) -> OwnerKind | None:
        """The kind of owner that the first two characters tell; None for institutions, associations and others."""
        return _OWNER_KINDS.get(self.code[:2])

    @property
    def registered_region(self) -> str:
        """The region code of the registering authority at the time: possibly abolished, never today's region."""
        return self.code[2:8]

    @property
    def organisation_code(self) -> str:
        return self.code[8:17]

    @property
    def organisation_code_agrees(self) -> bool:
        """Whether the inner organisation code (GB 11714) has its own check digit right. A warning, not an error."""
        return self.code[16] == organisation_check(self.code[8:16])


def parse(text: str, field: str = "uscc") -> Uscc:
    """The code in `text`, after normalising. Raises Violation naming `field` and the mend."""
    code = normalise(text)
    _check(code, field)
    return Uscc(code)


def parse_party(party: str, field: str = "party") -> Uscc:
    """The code inside a party id `uscc:<code>`."""
    if not party.startswith(PARTY_PREFIX):
        raise Violation(field, f"{party!r} is not the id of a registered organisation.", "Write uscc:<code>.")
    return parse(party.removeprefix(PARTY_PREFIX), field)


def normalise(text: str) -> str:
    """Half-width, upper case, without blanks and hyphens. A letter O stays an O: it is never "corrected" to zero."""
    return standard.compact(unicodedata.normalize("NFKC", text))


def complete(first17: str) -> Uscc:
    """The code whose first 17 characters are given: for registries and for made-up firms in tests and demo."""
    return parse(first17 + standard.calc_check_digit(first17))


def organisation_check(first8: str) -> str:
    """The check character of an organisation code (GB 11714), letters counting A = 10 to Z = 35."""
    total = sum(
        int(character, 36) * weight for character, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0X987654321"[total % 11]


_MENDS: dict[type[ValidationError], tuple[str, str]] = {
    InvalidLength: ("does not have 18 characters", "Copy all 18 characters from the business licence."),
    InvalidFormat: (
        "has a character that the standard does not use",
        "The first 8 are digits; the letters I, O, S, V and Z never occur.",
    ),
    InvalidChecksum: (
        "has a wrong check character",
        "Compare it with the business licence: one or two may be swapped.",
    ),
}


def _check(code: str, field: str) -> None:
    try:
        standard.validate(code)
    except ValidationError as error:
        message, mend = _MENDS[type(error)]
        raise Violation(field, f"{code!r} {message}.", mend, SOURCE) from None
