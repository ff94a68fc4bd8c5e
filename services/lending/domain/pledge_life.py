"""The life of a pledge: contract, registration, what its register says of the right, release."""

from dataclasses import asdict, replace
from datetime import date

from libs.criteria.violation import Violation
from services.lending.domain.pledge import (
    LIVE,
    PATENTS,
    Pledge,
    PledgeContract,
    PledgeRegistration,
    PledgeStatus,
    RightKind,
    Upkeep,
)


def contracted(pledge: Pledge, contract: PledgeContract, today: date) -> Pledge:
    _expect(pledge, PledgeStatus.PROPOSED)
    _not_after(contract.signed_on, today, "signed_on")
    return replace(pledge, status=PledgeStatus.CONTRACTED, contract=contract)


def registered(pledge: Pledge, registration: PledgeRegistration, today: date) -> Pledge:
    """The pledge as it arose; Violation before its contract, or for a day to come."""
    _expect(pledge, PledgeStatus.CONTRACTED)
    _not_after(registration.registered_on, today, "registered_on")
    if pledge.contract is not None and registration.registered_on < pledge.contract.signed_on:
        why = f"The contract was signed on {pledge.contract.signed_on}."
        raise Violation("registered_on", why, "Give the day on the registration certificate.")
    return replace(pledge, status=PledgeStatus.REGISTERED, registration=registration)


def kept_up(pledge: Pledge, upkeep: Upkeep) -> Pledge:
    """The pledge with what its register says now; Violation where it is no such right, or nothing is said."""
    _expect(pledge, *LIVE)
    said = {name: value for name, value in asdict(upkeep).items() if value is not None}
    if pledge.ip is None or not said:
        raise Violation(
            "fee_paid_until", "Nothing is said of this right.", "Say what changed of an IP right."
        )
    for name, kinds in (("fee_paid_until", PATENTS), ("renewed_until", (RightKind.TRADEMARK,))):
        if name in said and pledge.kind not in kinds:
            raise Violation(name, f"This is no matter of a right of {pledge.kind}.", f"Leave {name} out.")
    renewed = upkeep.renewed_until
    if renewed is not None and pledge.ends_on is not None and renewed <= pledge.ends_on:
        raise Violation(
            "renewed_until", f"It lasts until {pledge.ends_on} already.", "Give the new last day."
        )
    return replace(pledge, ip=replace(pledge.ip, **said), ends_on=renewed or pledge.ends_on)


def refused(pledge: Pledge, reason: str, today: date) -> Pledge:
    """The register did not take it."""
    _expect(pledge, PledgeStatus.PROPOSED, PledgeStatus.CONTRACTED)
    return replace(pledge, status=PledgeStatus.REFUSED, ended_on=today, reason=reason)


def released(pledge: Pledge, reason: str, today: date) -> Pledge:
    _expect(pledge, *LIVE)
    return replace(pledge, status=PledgeStatus.RELEASED, ended_on=today, reason=reason)


def _expect(pledge: Pledge, *allowed: PledgeStatus) -> None:
    if pledge.status not in allowed:
        wanted = " or ".join(allowed)
        mend = "Its order is contract, registration, release."
        raise Violation("status", f"The pledge is {pledge.status}, not {wanted}.", mend)


def _not_after(day: date, today: date, field: str) -> None:
    if day > today:
        raise Violation(field, f"{day} is still to come.", "Report it when it happened.")
