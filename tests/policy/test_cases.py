"""Runs the worked cases: every `*.yaml` beside this file is a list of them (form: README.md)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, cast

import pytest

from libs.criteria.violation import Violation
from libs.policy.plain_yaml import parse
from tests.policy.rules import RULES

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    file: str
    name: str
    rule: str
    input: dict[str, Any]
    expect: Any
    source: str = ""


def cases() -> list[Case]:
    return [
        Case(file=str(file.relative_to(HERE)), **raw)
        for file in sorted(HERE.rglob("*.yaml"))
        for raw in cast("list[dict[str, Any]]", parse(file.read_text(encoding="utf-8")))
    ]


CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}: {case.name}")
def test_a_worked_case_comes_out_as_its_document_says(case: Case) -> None:
    answer = answered(case)

    assert differences(case.expect, answer) == [], f"{case.rule} gave {answer!r} (source: {case.source})"


def test_every_case_has_its_own_sentence() -> None:
    names = [case.name for case in CASES]

    assert [name for name in names if names.count(name) > 1] == []
    assert [name for name in names if not name.endswith(".")] == []


def test_every_rule_in_the_table_has_a_case() -> None:
    assert set(RULES) - {case.rule for case in CASES} == set()


def answered(case: Case) -> object:
    """What the rule gives, as plain data; a broken rule gives {violation: its field, message, mend}."""
    try:
        return plain(RULES[case.rule](**case.input))
    except Violation as violation:
        return {"violation": violation.field, "message": violation.message, "mend": violation.mend}


def plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def differences(expected: object, actual: object, place: str = "answer") -> list[str]:
    """Where an answer is not as expected. A mapping need only hold what the case names; a list must be as long."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [
            found
            for key, part in expected.items()
            for found in differences(part, actual.get(key, "nothing"), f"{place}.{key}")
        ]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            found
            for number, (part, other) in enumerate(zip(expected, actual, strict=True), 1)
            for found in differences(part, other, f"{place}[{number}]")
        ]
    return [] if expected == actual else [f"{place} is {actual!r}, not {expected!r}"]
