"""Who acts. Every operation takes a `Principal` and decides what it may do."""

from dataclasses import dataclass

from libs.chassis.problems import Forbidden
from libs.registry.roles import Role

BANK = (Role.BANK_OFFICER, Role.BANK_MANAGER)
GUARANTOR = (Role.GUARANTOR_OFFICER, Role.GUARANTOR_MANAGER)


@dataclass(frozen=True, slots=True)
class Principal:
    """An account (or a service) and what it speaks for.

    `organisation` is a party id for an SME, an organisation id for all others;
    `territory` is a GB/T 2260 prefix, empty for the whole country. Whoever speaks for a `sandbox` organisation
    practises: what it does is kept and answered, and told to nobody else.
    """

    subject: str
    role: Role
    organisation: str
    territory: str = ""
    sandbox: bool = False

    def require(self, *roles: Role) -> None:
        """Raise Forbidden unless the role is one of these."""
        if self.role not in roles:
            wanted = ", ".join(sorted(roles))
            raise Forbidden(f"This needs one of the roles {wanted}; yours is {self.role}.")

    def require_organisation(self, organisation: str) -> None:
        """Raise Forbidden unless the principal speaks for this organisation."""
        if self.role is not Role.SERVICE and self.organisation != organisation:
            raise Forbidden("This belongs to another organisation.")


def service(name: str) -> Principal:
    """The principal as which jobs and handlers of a service act."""
    return Principal(subject=f"service:{name}", role=Role.SERVICE, organisation="platform")
