"""What form fields offer to choose from."""

from functools import cache

from libs.criteria.vocabulary import FACTS, SCOPES, FactType, Kind, Unit, facts_of
from libs.registry import industries, regions
from libs.registry.dimensions import PERSONS
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.lending.v1 import lending_pb2 as lending
from services.portal.codes import enum_codes
from services.portal.formatting import fen_of_wan, ppm_of_percent, whole

Choice = tuple[str, str]  # value, label
Group = tuple[str, list[Choice]]

DECLARED_SCOPE = "statements"
AUTHORITIES = enum_codes(credit.Authority.DESCRIPTOR)
PRODUCT_KINDS = enum_codes(lending.ProductKind.DESCRIPTOR)


@cache
def counties_by_city() -> list[Group]:
    cities = regions.children("640000")
    return [
        (city.name, [(county.code, county.name) for county in regions.children(city.code)]) for city in cities
    ]


@cache
def divisions_by_section() -> list[Group]:
    return [
        (
            f"{section.code} {section.name}",
            [(division.code, f"{division.code} {division.name}") for division in within],
        )
        for section in industries.sections()
        if (within := industries.children(section.code))
    ]


def consent_scopes() -> list[str]:
    """The groups of facts that a consent can open."""
    return [name for name, scope in SCOPES.items() if scope.consent]


def declared_facts() -> list[FactType]:
    """What a firm may state of itself: the statements."""
    return [kind for kind in facts_of(DECLARED_SCOPE) if kind.kind is Kind.INTEGER and not kind.derived]


def owner_kinds(person: bool) -> list[str]:
    """The kinds that register with a code, or those of natural persons, who have none."""
    return [kind for kind in enum_codes(common.OwnerKind.DESCRIPTOR) if (kind in PERSONS) is person]


def declared_value(fact: str, text: str) -> int:
    """The value of a stated fact in its own unit, from a form's: 万元, percent, or a count."""
    match FACTS[fact].unit:
        case Unit.FEN:
            return fen_of_wan(text, fact)
        case Unit.BP:
            return ppm_of_percent(text, fact) // 100
        case _:
            return whole(text, fact)


def input_unit(fact: str) -> str:
    """In which unit a form asks for a number: wan, percent or count."""
    return {Unit.FEN: "wan", Unit.BP: "percent"}.get(FACTS[fact].unit or Unit.COUNT, "count")


def territories() -> list[Choice]:
    """The province, its cities and counties, as prefixes; the indent tells the level."""
    indents = {
        regions.RegionLevel.PROVINCE: "",
        regions.RegionLevel.CITY: "　",
        regions.RegionLevel.COUNTY: "　　",
    }
    return [(region.prefix, indents[region.level] + region.name) for region in regions.regions("64")]
