"""Organisations: who takes part, what kind it is, and for which territory it speaks."""

import re
from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry import regions
from libs.registry.persons import check_person_id, is_person
from libs.registry.uscc import parse_party

_NAME_LENGTH = 120
_ORGANISATION_ID = re.compile(r"org_[0-9A-Za-z_]{1,36}")


class OrganisationKind(StrEnum):
    BANK = "BANK"
    GUARANTOR = "GUARANTOR"
    ENTERPRISE = "ENTERPRISE"
    REGULATOR = "REGULATOR"
    SERVICE_CENTRE = "SERVICE_CENTRE"
    PLATFORM = "PLATFORM"


class OrganisationStatus(StrEnum):
    ACTIVE = "ACTIVE"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationTerms(Shape):
    """All of an organisation but its id. `territory` is a GB/T 2260 prefix, empty for the whole country.

    A `sandbox` is a bank that practises: nobody but itself ever hears of what it does.
    """

    kind: OrganisationKind
    name: str
    territory: str = ""
    status: OrganisationStatus = OrganisationStatus.ACTIVE
    sandbox: bool = False

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= _NAME_LENGTH:
            raise Violation("name", "The name is empty or too long.", f"Give 1 to {_NAME_LENGTH} characters.")
        check_territory(self.territory)
        if self.sandbox and self.kind is not OrganisationKind.BANK:
            raise Violation("sandbox", f"A {self.kind} has no sandbox.", "Register a BANK as one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation(Shape):
    """`id` is a party id where it is a firm or a natural person in business, who are of the kind ENTERPRISE."""

    id: str
    kind: OrganisationKind
    name: str
    territory: str
    status: OrganisationStatus
    sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationPage(Shape):
    items: tuple[Organisation, ...]
    next_cursor: str | None = None


def organisation_of(
    organisation_id: str, terms: OrganisationTerms, known: Organisation | None
) -> Organisation:
    """The organisation as it now is. Violation for an id that does not suit the kind, or another kind than before."""
    _check_id(organisation_id, terms.kind)
    if known is not None and known.kind is not terms.kind:
        raise Violation(
            "kind", f"{known.id} is a {known.kind}.", "Register a new organisation for another kind."
        )
    if known is not None and known.sandbox != terms.sandbox:
        raise Violation(
            "sandbox",
            "What was practised can never become real.",
            "Register a second bank, apart from the sandbox.",
        )
    return Organisation(
        id=organisation_id,
        kind=terms.kind,
        name=terms.name.strip(),
        territory=terms.territory,
        status=terms.status,
        sandbox=terms.sandbox,
    )


def check_territory(territory: str, within: str = "") -> None:
    """Violation unless the prefix names a region in force that lies inside `within`."""
    if territory and territory not in {found.prefix for found in regions.regions()}:
        raise Violation(
            "territory", f"{territory!r} is no territory.", "Give a prefix: 64, 6401 or 640104.", "GB/T 2260"
        )
    if not regions.within(territory, within):
        raise Violation(
            "territory", f"{territory!r} is outside {within}.", "Stay inside the organisation's territory."
        )


def _check_id(organisation_id: str, kind: OrganisationKind) -> None:
    if kind is OrganisationKind.ENTERPRISE and is_person(organisation_id):
        check_person_id(organisation_id, "id")
    elif kind is OrganisationKind.ENTERPRISE:
        if parse_party(organisation_id, "id").party != organisation_id:
            raise Violation(
                "id", f"{organisation_id!r} is not in normal form.", "Write uscc: and 18 characters."
            )
    elif not _ORGANISATION_ID.fullmatch(organisation_id):
        raise Violation(
            "id", f"{organisation_id!r} is no organisation id.", "Write org_ and up to 36 letters or digits."
        )
