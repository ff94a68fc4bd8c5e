"""Machines: systems of an organisation that sign in with keys; and from where it lets its tokens be used."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from ipaddress import ip_network

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.registry.roles import Role
from services.identity.domain.account import Account, roles_of
from services.identity.domain.organisation import Organisation

MACHINE = "mch_"  # with which the subject of a machine begins
AT_ONCE = 2  # good keys of one machine: the old one serves until the new one is in place
LONGEST_LIFE = timedelta(days=366)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_MADE_BY = (
    "openssl x509 -in client.pem -outform der | openssl dgst -sha256 -binary | basenc --base64url | tr -d ="
)
_MOST = 20
# Whoever decides alone, or decides who may: persons.
_PERSONS = (Role.BANK_MANAGER, Role.GUARANTOR_MANAGER, Role.OPERATOR, Role.SME)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey(Shape):
    """`machine`: the organisation's own name of the system, such as core-banking. `organisation`: for the operator
    alone, everybody else gives keys to his own. `expires_on`: a year and a day from now at most."""

    machine: str
    role: Role
    organisation: str | None = None
    expires_on: date | None = None

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.machine) is None:
            mend = "Use 2 to 40 small letters, digits, '.', '_' or '-', first a letter or digit."
            raise Violation("machine", f"{self.machine!r:.50} cannot be a machine's name.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineKey(Shape):
    """One key. `subject` is who acts in all that the machine does, whichever of its keys it uses."""

    id: str
    subject: str
    machine: str
    organisation: str
    role: Role
    territory: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySecret(Shape):
    """The secret is shown here and never again. Sign in with the key's id as login and the secret as password."""

    key: MachineKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList(Shape):
    items: tuple[MachineKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTerms(Shape):
    """`networks` (CIDR): from where all of the organisation's tokens may be used. `certificates` (base64url of the
    SHA-256 of the DER): with one of which its machines must call. Empty: anywhere, and without."""

    networks: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if max(len(self.networks), len(self.certificates)) > _MOST:
            raise Violation("networks", "The list is too long.", f"Give at most {_MOST}.")
        for place, network in enumerate(self.networks):
            _check_network(network, f"networks/{place}")
        for place, thumbprint in enumerate(self.certificates):
            if _THUMBPRINT.fullmatch(thumbprint) is None:
                raise Violation(f"certificates/{place}", "This is no x5t#S256.", _MADE_BY, "RFC 8705")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access(Shape):
    organisation: str
    networks: tuple[str, ...]
    certificates: tuple[str, ...]


def key_of(
    key_id: str, subject: str, new: NewKey, organisation: Organisation, by: str, now: datetime, today: date
) -> MachineKey:
    """A new key. Violation for a role that is a person's or not the organisation's, or a date too far."""
    allowed = [role for role in roles_of(organisation.kind) if role not in _PERSONS]
    if new.role not in allowed:
        known = ", ".join(allowed) or "no role: it acts by persons alone"
        raise Violation("role", f"No machine of a {organisation.kind} is a {new.role}.", f"Give {known}.")
    last = today + LONGEST_LIFE
    expires_on = new.expires_on or last
    if not today < expires_on <= last:
        raise Violation("expires_on", f"{expires_on} is past or too far.", f"Give a day up to {last}.")
    return MachineKey(
        id=key_id,
        subject=subject,
        machine=new.machine,
        organisation=organisation.id,
        role=new.role,
        territory=organisation.territory,
        created_by=by,
        created_at=now,
        expires_at=now + (expires_on - today),
    )


def is_good(key: MachineKey, now: datetime) -> bool:
    return key.revoked_at is None and now < key.expires_at


def account_of_machine(key: MachineKey) -> Account:
    """The machine as an account, for whoever asks who he is."""
    return Account(
        id=key.subject,
        login=key.id,
        role=key.role,
        organisation=key.organisation,
        territory=key.territory,
        display_name=key.machine,
    )


def hash_of(secret: str) -> str:
    """256 random bits need no slow hash: nobody guesses them."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check_network(network: str, field_name: str) -> None:
    try:
        ip_network(network)
    except ValueError as wrong:
        mend = "Write 203.0.113.0/24, or 203.0.113.7/32 for one address."
        raise Violation(field_name, f"This is no network: {wrong}.", mend) from wrong
