"""The roles that an account can have."""

from enum import StrEnum


class Role(StrEnum):
    SME = "SME"
    BANK_OFFICER = "BANK_OFFICER"
    BANK_MANAGER = "BANK_MANAGER"
    GUARANTOR_OFFICER = "GUARANTOR_OFFICER"
    GUARANTOR_MANAGER = "GUARANTOR_MANAGER"
    REGUARANTOR = "REGUARANTOR"
    REGULATOR = "REGULATOR"
    SERVICE_CENTRE = "SERVICE_CENTRE"
    OPERATOR = "OPERATOR"
    SERVICE = "SERVICE"
    """Not an account's: a service of the platform, acting for itself."""
