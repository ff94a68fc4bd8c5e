from datetime import date
from pathlib import Path

import pytest

from libs.policy import NoPolicyValue, PolicyFileError, PolicySet, load

BASE = """
- id: lending.limit
  description: Largest credit line.
  unit: fen
  values:
    - value: 1000
      effective: 2018-01-01
      recorded: 2018-01-05
      source: {document: Notice A, paragraph: "1"}
      confidence: sourced
    - value: 2000
      effective: 2024-01-01
      recorded: 2024-02-01
      source: {document: Notice B, paragraph: "2"}
      confidence: medium
- id: lending.members
  description: Who counts.
  unit: record
  values:
    - value: {sizes: [SMALL, MICRO]}
      effective: 2018-01-01
      recorded: 2018-01-05
      source: {document: Notice A, paragraph: "1"}
      confidence: sourced
"""

CORRECTION = """
- id: lending.limit
  description: Largest credit line.
  unit: fen
  values:
    - value: 2500
      effective: 2024-01-01
      recorded: 2024-06-01
      source: {document: Notice B as printed, paragraph: "2"}
      confidence: sourced
"""


def written(path: Path, content: str) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "rules.yaml").write_text(content, encoding="utf-8")
    return path


def loaded(path: Path, *overlays: str) -> PolicySet:
    base = written(path / "base", BASE)
    return load(
        base, [written(path / f"overlay{number}", content) for number, content in enumerate(overlays)]
    )


@pytest.mark.parametrize(
    ("day", "value"),
    [
        (date(2018, 1, 1), 1000),
        (date(2023, 12, 31), 1000),
        (date(2024, 1, 1), 2000),
        (date(2099, 1, 1), 2000),
    ],
)
def test_a_value_holds_from_its_effective_day(tmp_path: Path, day: date, value: int) -> None:
    assert loaded(tmp_path).value_on("lending.limit", day) == value


def test_what_was_not_yet_recorded_was_not_known(tmp_path: Path) -> None:
    policies = loaded(tmp_path)

    assert policies.value_on("lending.limit", date(2024, 1, 15), known=date(2024, 1, 15)) == 1000
    assert policies.value_on("lending.limit", date(2024, 1, 15), known=date(2024, 2, 1)) == 2000


def test_a_correction_counts_from_the_day_it_was_recorded(tmp_path: Path) -> None:
    policies = loaded(tmp_path, CORRECTION)

    assert policies.value_on("lending.limit", date(2024, 3, 1)) == 2500
    assert policies.value_on("lending.limit", date(2024, 3, 1), known=date(2024, 5, 31)) == 2000


def test_a_correction_must_not_replace_a_record(tmp_path: Path) -> None:
    same_dates = CORRECTION.replace("2024-06-01", "2024-02-01")

    with pytest.raises(PolicyFileError, match=r"lending\.limit.*2 values effective 2024-01-01"):
        loaded(tmp_path, same_dates)


def test_an_overlay_keeps_the_unit(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError, match="Its unit is fen, not bp"):
        loaded(tmp_path, CORRECTION.replace("unit: fen", "unit: bp"))


def test_an_overlay_may_add_a_parameter(tmp_path: Path) -> None:
    assert "lending.floor" in loaded(tmp_path, CORRECTION.replace("lending.limit", "lending.floor"))


def test_a_rule_ends_where_its_value_is_null(tmp_path: Path) -> None:
    policies = loaded(tmp_path, CORRECTION.replace("value: 2500", "value: null"))

    with pytest.raises(NoPolicyValue, match="ended 2024-01-01"):
        policies.value_on("lending.limit", date(2024, 3, 1))


def test_before_its_first_day_a_parameter_has_no_value(tmp_path: Path) -> None:
    with pytest.raises(NoPolicyValue, match="no value on 2017-12-31: from 2018-01-01"):
        loaded(tmp_path).value_on("lending.limit", date(2017, 12, 31))


def test_an_unknown_id_is_answered_with_those_near_it(tmp_path: Path) -> None:
    with pytest.raises(NoPolicyValue, match=r"Similar ids: lending\.limit"):
        loaded(tmp_path).value_on("lending.limits", date(2024, 1, 1))


def test_an_entry_carries_its_source(tmp_path: Path) -> None:
    entry = loaded(tmp_path).entry_on("lending.limit", date(2024, 1, 1))

    assert (entry.source.document, entry.source.paragraph) == ("Notice B", "2")


def test_a_caller_cannot_change_the_set(tmp_path: Path) -> None:
    policies = loaded(tmp_path)

    policies.record_on("lending.members", date(2024, 1, 1))["sizes"] = []

    assert policies.record_on("lending.members", date(2024, 1, 1)) == {"sizes": ["SMALL", "MICRO"]}


def test_a_number_and_a_record_are_told_apart(tmp_path: Path) -> None:
    policies = loaded(tmp_path)

    assert policies.integer_on("lending.limit", date(2024, 1, 1)) == 2000
    with pytest.raises(TypeError):
        policies.integer_on("lending.members", date(2024, 1, 1))
    with pytest.raises(TypeError):
        policies.record_on("lending.limit", date(2024, 1, 1))


def test_the_name_of_a_set_depends_on_its_content_alone(tmp_path: Path) -> None:
    first = loaded(tmp_path / "first")
    parameters = BASE.index("- id: lending.members")
    turned_round = load(written(tmp_path / "second", BASE[parameters:] + BASE[:parameters]))

    assert first.set_id == turned_round.set_id == f"pol_{first.digest[:16]}"


def test_any_new_record_gives_the_set_another_name(tmp_path: Path) -> None:
    assert loaded(tmp_path / "first").set_id != loaded(tmp_path / "second", CORRECTION).set_id
