import pytest

from libs.criteria.violation import Violation
from libs.registry.regions import (
    RegionLevel,
    abolished,
    children,
    city_of,
    counties,
    county_of,
    is_region,
    region,
    regions,
    territory,
    within,
    within_any,
)


def test_ningxia_has_five_cities_and_twenty_two_counties() -> None:
    levels = [found.level for found in regions()]

    assert (len(children("640000")), len(counties()), levels.count(RegionLevel.PROVINCE)) == (5, 22, 1)


def test_nine_counties_of_the_centre_and_south_are_marked() -> None:
    marked = {found.name for found in counties() if found.central_south_9}

    assert marked == {
        "原州区",
        "西吉县",
        "隆德县",
        "泾源县",
        "彭阳县",
        "海原县",
        "同心县",
        "盐池县",
        "红寺堡区",
    }


def test_every_region_but_the_province_lies_in_its_parent() -> None:
    assert all(within(found.code, region(found.parent).prefix) for found in regions() if found.parent)


def test_a_territory_is_given_as_prefix_or_as_code() -> None:
    assert within("640104", "64") and within("640104", "6401") and within("640104", "640100")
    assert not within("640104", "6402") and not within("640100", "640104")
    assert territory("640000") == "64"


def test_no_territories_mean_no_limit() -> None:
    assert within_any("640104", []) and within_any("640104", ["6402", "6401"])
    assert not within_any("640104", ["6402"])


def test_the_counties_of_a_city_are_its_children() -> None:
    assert (
        [found.name for found in counties("6405")]
        == ["沙坡头区", "中宁县", "海原县"]
        == [found.name for found in children("640500")]
    )


def test_a_county_belongs_to_its_city() -> None:
    assert city_of("640381").name == "吴忠市" == city_of("640300").name


def test_the_province_is_in_no_city() -> None:
    with pytest.raises(Violation, match="in no city"):
        city_of("640000")


def test_where_a_county_is_asked_for_a_city_is_refused_with_its_counties() -> None:
    assert county_of("640521").name == "中宁县"
    with pytest.raises(Violation, match="not a county") as caught:
        county_of("640500", "dimensions.county")

    assert caught.value.field == "dimensions.county"
    assert "640502 沙坡头区" in caught.value.mend


def test_an_abolished_code_names_its_year_and_its_successors() -> None:
    with pytest.raises(Violation) as caught:
        region("640321", "county")

    assert str(caught.value) == (
        "county: 640321 中卫县 was abolished in 2003. Use today's code: 640502 沙坡头区. (GB/T 2260)"
    )


def test_every_successor_is_in_force() -> None:
    old = abolished("640111")

    assert old and all(is_region(successor) for successor in old.successors)


@pytest.mark.parametrize("code", ["110101", "6401", "640199", ""])
def test_a_code_from_elsewhere_is_refused(code: str) -> None:
    with pytest.raises(Violation, match="not a region of Ningxia"):
        region(code)
