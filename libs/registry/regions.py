"""Administrative regions of Ningxia by their GB/T 2260 codes, in force and abolished.

A code has six digits, two each for province, city and county; a prefix of two, four or six names a territory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from libs.criteria.violation import Violation
from libs.registry.tables import rows

SOURCE = "GB/T 2260"


class RegionLevel(StrEnum):
    PROVINCE = "PROVINCE"
    CITY = "CITY"
    COUNTY = "COUNTY"


@dataclass(frozen=True, slots=True)
class Region:
    """A region in force; `parent` is empty for the province.

    `central_south_9` marks the nine central and southern counties to which paragraph 15 of the 2021 opinions refers.
    """

    code: str
    name: str
    level: RegionLevel
    parent: str
    central_south_9: bool

    @property
    def prefix(self) -> str:
        """The digits that all regions inside this one begin with."""
        return territory(self.code)


@dataclass(frozen=True, slots=True)
class Abolished:
    """A code that old papers and registration codes still carry, and the codes of today that took over its land."""

    code: str
    name: str
    year: int
    successors: tuple[str, ...]


def region(code: str, field: str = "region") -> Region:
    """The region in force with this code. An abolished code is a Violation that names its successors."""
    found = _regions().get(code)
    if found is None:
        raise _unknown(code, field)
    return found


def is_region(code: str) -> bool:
    return code in _regions()


def regions(prefix: str = "") -> tuple[Region, ...]:
    """All regions in force inside a territory, itself included, by code."""
    return tuple(found for found in _regions().values() if within(found.code, prefix))


def counties(prefix: str = "") -> tuple[Region, ...]:
    """The counties of a territory."""
    return tuple(found for found in regions(prefix) if found.level is RegionLevel.COUNTY)


def children(code: str) -> tuple[Region, ...]:
    """The regions directly under one."""
    parent = region(code).code
    return tuple(found for found in _regions().values() if found.parent == parent)


def county_of(code: str, field: str = "county") -> Region:
    """The county with this code; a city or the province is a Violation: statistics and guarantors go by county."""
    found = region(code, field)
    if found.level is not RegionLevel.COUNTY:
        names = ", ".join(f"{county.code} {county.name}" for county in counties(found.code))
        raise Violation(field, f"{found.name} ({code}) is not a county.", f"Choose one of: {names}.", SOURCE)
    return found


def city_of(code: str) -> Region:
    """The city that a county or city belongs to."""
    found = region(code)
    if found.level is RegionLevel.PROVINCE:
        raise Violation("region", f"{found.name} ({code}) is in no city.", "Give a city or a county.", SOURCE)
    return found if found.level is RegionLevel.CITY else region(found.parent)


def within(code: str, prefix: str) -> bool:
    """Whether a region lies in a territory, given as a prefix ("64", "6401") or a code ("640100"); "" is everywhere."""
    return code.startswith(territory(prefix))


def within_any(code: str, prefixes: Iterable[str]) -> bool:
    """Whether a region lies in one of the territories; no territories at all means no limit."""
    limits = tuple(prefixes)
    return not limits or any(within(code, prefix) for prefix in limits)


def territory(code: str) -> str:
    """A code without the zeros that only fill it up: "640100" is "6401"."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def abolished(code: str) -> Abolished | None:
    """What is known of a code that is no longer in force."""
    return _abolished().get(code)


def _unknown(code: str, field: str) -> Violation:
    old = abolished(code)
    if old is None:
        return Violation(
            field, f"{code!r} is not a region of Ningxia.", "Give a six-digit code such as 640104.", SOURCE
        )
    today = ", ".join(f"{successor} {_regions()[successor].name}" for successor in old.successors)
    return Violation(
        field, f"{code} {old.name} was abolished in {old.year}.", f"Use today's code: {today}.", SOURCE
    )


@cache
def _regions() -> dict[str, Region]:
    return {
        row["code"]: Region(
            row["code"],
            row["name"],
            RegionLevel(row["level"]),
            row["parent"],
            row["central_south_9"] == "yes",
        )
        for row in rows("regions")
        if not row["abolished_in"]
    }


@cache
def _abolished() -> dict[str, Abolished]:
    return {
        row["code"]: Abolished(
            row["code"], row["name"], int(row["abolished_in"]), tuple(row["successors"].split(";"))
        )
        for row in rows("regions")
        if row["abolished_in"]
    }
