"""Who sees a guarantee and what hangs on it: its guarantor, bank and firm, and those who watch over all."""

from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from libs.chassis.problems import NotFound
from services.guarantee.domain.guarantee import Guarantee

SIDES = dict.fromkeys(GUARANTOR, "guarantor") | dict.fromkeys(BANK, "bank") | {Role.SME: "party"}
WATCHERS = (Role.REGUARANTOR, Role.SERVICE)


def require_sight(by: Principal, guarantee: Guarantee) -> None:
    """NotFound for a side of another guarantee: nobody else learns that it exists."""
    by.require(*SIDES, *WATCHERS)
    if by.role in SIDES and getattr(guarantee, SIDES[by.role]) != by.organisation:
        raise NotFound(f"There is no guarantee {guarantee.id}.", field="guarantee_id")


def side_of(by: Principal) -> tuple[str, str] | None:
    """The column of guarantees and its value that are the caller's own; None for those who watch over all."""
    by.require(*SIDES, *WATCHERS)
    return (SIDES[by.role], by.organisation) if by.role in SIDES else None
