"""All parameters together, immutable and named by their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from copy import deepcopy
from datetime import date
from difflib import get_close_matches
from functools import cached_property

from pydantic import JsonValue, TypeAdapter

from libs.policy.parameter import Entry, Parameter

ID_DIGITS = 16

_ADAPTER = TypeAdapter(tuple[Parameter, ...])


class NoPolicyValue(LookupError):
    """A parameter that was asked for does not exist, or has no value on that day."""


class PolicySet:
    """The numbers of the rules. Two sets with the same content have the same `set_id`, whatever files they came from.

    Every look-up takes the day on which the rule applies, and optionally what was `known` by then: without it, all
    corrections count. Raises NoPolicyValue where there is nothing to answer.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._parameters = {found.id: found for found in sorted(parameters, key=lambda found: found.id)}

    def __contains__(self, parameter_id: str) -> bool:
        return parameter_id in self._parameters

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the canonical form: JSON with sorted keys, parameters by id, entries by their dates."""
        content = _ADAPTER.dump_python(tuple(self._parameters.values()), mode="json")
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def set_id(self) -> str:
        """The short name that answers, events and journal entries carry: `pol_` and 16 digits of the digest."""
        return f"pol_{self.digest[:ID_DIGITS]}"

    def ids(self, prefix: str = "") -> tuple[str, ...]:
        """The ids that begin with a prefix, such as "benefits."."""
        return tuple(found for found in self._parameters if found.startswith(prefix))

    def parameter(self, parameter_id: str) -> Parameter:
        found = self._parameters.get(parameter_id)
        if found is None:
            near = ", ".join(get_close_matches(parameter_id, self._parameters)) or "none is near"
            raise NoPolicyValue(f"There is no policy parameter {parameter_id!r}. Similar ids: {near}.")
        return found

    def entry_on(self, parameter_id: str, effective: date, known: date | None = None) -> Entry:
        """The entry in force on a day, with its source: the latest effective, of these the latest recorded."""
        parameter = self.parameter(parameter_id)
        in_force = [
            entry
            for entry in parameter.values
            if entry.effective <= effective and (known is None or entry.recorded <= known)
        ]
        if not in_force or in_force[-1].value is None:
            raise NoPolicyValue(_nothing(parameter, effective, known))
        return in_force[-1]

    def value_on(self, parameter_id: str, effective: date, known: date | None = None) -> JsonValue:
        """The value in force on a day; a record is the caller's own copy."""
        return deepcopy(self.entry_on(parameter_id, effective, known).value)

    def integer_on(self, parameter_id: str, effective: date, known: date | None = None) -> int:
        """The value of a parameter whose unit is a whole number. Raises TypeError for any other."""
        value = self.value_on(parameter_id, effective, known)
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{parameter_id} is no whole number.")
        return value

    def record_on(
        self, parameter_id: str, effective: date, known: date | None = None
    ) -> dict[str, JsonValue]:
        """The value of a parameter that is a mapping. Raises TypeError for any other."""
        value = self.value_on(parameter_id, effective, known)
        if not isinstance(value, dict):
            raise TypeError(f"{parameter_id} is no record.")
        return value


def _nothing(parameter: Parameter, effective: date, known: date | None) -> str:
    spans = ", ".join(
        f"{'ended' if entry.value is None else 'from'} {entry.effective} (recorded {entry.recorded})"
        for entry in parameter.values
    )
    as_known = f" as known on {known}" if known else ""
    return (
        f"{parameter.id} has no value on {effective}{as_known}: {spans}. Ask for another day, or record a value "
        "for it in a policy overlay."
    )
