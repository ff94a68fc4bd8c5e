"""The numbers of a policy as a test wants them."""

from dataclasses import replace
from typing import Any

from libs.policy import PolicySet
from tests.unit.matching.house import House


def ruled(house: House, parameter: str, **changed: Any) -> None:
    """What the house's database says of a record of the policy is other from here on."""
    policies = house.database.policies
    known = {name: policies.parameter(name) for name in policies.ids()}
    entries = [replace(one, value=one.value | changed) for one in known[parameter].values]  # type: ignore[operator]
    known[parameter] = replace(known[parameter], values=tuple(entries))
    house.database.policies = PolicySet(known.values())
