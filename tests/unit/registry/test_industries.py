from collections import Counter

import pytest

from libs.criteria.violation import Violation
from libs.registry.industries import (
    Industry,
    IndustryLevel,
    children,
    division_of,
    divisions,
    industry,
    is_industry,
    section_of,
    sections,
    within,
    within_any,
)


def test_the_classification_is_complete() -> None:
    levels = Counter(found.level for section in sections() for found in descendants(section.code))

    assert levels == {
        IndustryLevel.SECTION: 20,
        IndustryLevel.DIVISION: 97,
        IndustryLevel.GROUP: 473,
        IndustryLevel.CLASS: 1381,
    }
    assert len(divisions()) == 97


def descendants(code: str) -> list[Industry]:
    return [industry(code), *(found for child in children(code) for found in descendants(child.code))]


def test_a_code_is_read_with_or_without_its_letter() -> None:
    assert industry("C1351") == industry("1351") == industry(" c1351 ")
    assert industry("1351").name == "牲畜屠宰"


def test_a_class_knows_its_division_and_section() -> None:
    division = division_of("1351")

    assert division and (division.code, section_of("1351").code) == ("13", "C")
    assert division_of("C") is None


@pytest.mark.parametrize("code", ["D1351", "1350", "99", "", "CC", "U"])
def test_an_unknown_code_is_refused(code: str) -> None:
    assert not is_industry(code)
    with pytest.raises(Violation) as caught:
        industry(code, "firm.industry")

    assert caught.value.field == "firm.industry"


@pytest.mark.parametrize("scope", ["C", "13", "C13", "135", "1351"])
def test_a_class_lies_in_every_wider_scope(scope: str) -> None:
    assert within("1351", scope)


@pytest.mark.parametrize(
    ("code", "scope"), [("1351", "D"), ("1351", "14"), ("C", "13"), ("13", "135"), ("99", "9")]
)
def test_an_industry_lies_in_no_other_and_no_narrower_scope(code: str, scope: str) -> None:
    assert not within(code, scope)


def test_no_scopes_mean_no_limit() -> None:
    assert within_any("1351", []) and within_any("1351", ["A", "C"]) and not within_any("1351", ["A"])
