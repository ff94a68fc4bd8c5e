"""Accounts: who may act for an organisation, in which role."""

import re
from dataclasses import dataclass, field

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.regions import county_of
from libs.registry.roles import Role
from libs.registry.uscc import parse
from services.identity.domain.organisation import Organisation, OrganisationKind, check_territory

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")
_SHORTEST_PASSWORD = 10  # NIST SP 800-63B asks for 8; length beats composition rules
_LONGEST_PASSWORD = 128  # hashing a longer one would be work for nothing

_KINDS = {
    Role.SME: OrganisationKind.ENTERPRISE,
    Role.BANK_OFFICER: OrganisationKind.BANK,
    Role.BANK_MANAGER: OrganisationKind.BANK,
    Role.GUARANTOR_OFFICER: OrganisationKind.GUARANTOR,
    Role.GUARANTOR_MANAGER: OrganisationKind.GUARANTOR,
    Role.REGUARANTOR: OrganisationKind.GUARANTOR,
    Role.REGULATOR: OrganisationKind.REGULATOR,
    Role.SERVICE_CENTRE: OrganisationKind.SERVICE_CENTRE,
    Role.OPERATOR: OrganisationKind.PLATFORM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials(Shape):
    login: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.login) > 4 * _LONGEST_PASSWORD or len(self.password) > _LONGEST_PASSWORD:
            raise Violation(
                "password", "Login or password is too long.", f"Send at most {_LONGEST_PASSWORD} characters."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms(Shape):
    """All of an account but its id and login. An empty `territory` stands for the organisation's."""

    password: str = field(repr=False)
    role: Role
    organisation: str
    territory: str = ""
    display_name: str = ""

    def __post_init__(self) -> None:
        check_password(self.password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Shape):
    id: str
    login: str
    role: Role
    organisation: str
    territory: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(Shape):
    access_token: str = field(repr=False)
    token_type: str = "Bearer"
    expires_in: int
    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEnrolment(Shape):
    """What a firm says of itself when it joins. `county`: where it is today, which its code does not tell."""

    uscc: str
    name: str
    county: str
    login: str
    password: str = field(repr=False)
    display_name: str = ""

    def __post_init__(self) -> None:
        parse(self.uscc)
        county_of(self.county)
        check_login(self.login)
        check_password(self.password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment(Shape):
    organisation: Organisation
    account: Account


def account_of(account_id: str, login: str, terms: AccountTerms, organisation: Organisation) -> Account:
    """The account as it now is. Violation where login, role or territory do not suit the organisation."""
    check_login(login)
    if _KINDS.get(terms.role) is not organisation.kind:
        raise Violation(
            "role", f"A {organisation.kind} has no {terms.role}.", f"Give {_named(organisation.kind)}."
        )
    territory = terms.territory or organisation.territory
    check_territory(territory, organisation.territory)
    return Account(
        id=account_id,
        login=login,
        role=terms.role,
        organisation=organisation.id,
        territory=territory,
        display_name=terms.display_name,
    )


def check_login(login: str) -> None:
    if not _LOGIN.fullmatch(login):
        mend = "Use 3 to 64 small letters, digits, '.', '_', '@' or '-', first a letter or digit."
        raise Violation("login", f"{login!r} cannot be a login.", mend)


def check_password(password: str) -> None:
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        mend = f"Give {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters; a sentence is best."
        raise Violation("password", "The password is too short or too long.", mend)


def roles_of(kind: OrganisationKind) -> tuple[Role, ...]:
    return tuple(role for role, wanted in _KINDS.items() if wanted is kind)


def _named(kind: OrganisationKind) -> str:
    return " or ".join(roles_of(kind))
