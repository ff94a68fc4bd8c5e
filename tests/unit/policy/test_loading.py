from pathlib import Path

import pytest

from libs.policy import PolicyFileError, Unit, load

CAP = """
- id: guarantee.cap
  description: Claim cap.
  unit: bp
  values:
    - value: 300
      effective: 2020-01-01
      recorded: 2020-01-01
      source: {document: Notice, paragraph: "3"}
      confidence: sourced
"""


def directory(path: Path, **files: str) -> Path:
    for name, content in files.items():
        target = path / f"{name}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    return path


def refused(path: Path, content: str) -> PolicyFileError:
    with pytest.raises(PolicyFileError) as caught:
        load(directory(path, rules=content))
    return caught.value


def test_every_file_at_any_depth_is_read(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    directory(tmp_path / "deep" / "er", rules=CAP)

    assert load(tmp_path).ids() == ("guarantee.cap",)


def test_the_house_loads_with_a_source_for_every_value() -> None:
    policies = load()

    entries = [entry for found in policies.ids() for entry in policies.parameter(found).values]
    assert len(policies.ids("benefits.")) == 27
    assert all(entry.source.document and entry.source.paragraph for entry in entries)


def test_every_benefit_has_a_name_a_kind_and_a_quote() -> None:
    policies = load()

    for found in policies.ids("benefits."):
        (entry,) = policies.parameter(found).values
        assert isinstance(entry.value, dict) and entry.value["name"] and entry.value["kind"]
        assert entry.source.quote


def test_an_id_that_stands_in_two_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError, match="defined twice") as caught:
        load(directory(tmp_path, a=CAP, b=CAP))

    assert (caught.value.file.name, caught.value.parameter) == ("b.yaml", "guarantee.cap")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value: 300", "value: 3.5", "not a value in bp"),
        ("value: 300", "value: true", "not a value in bp"),
        ("value: 300", 'value: "300"', "not a value in bp"),
        ("unit: bp", "unit: percent", "unit"),
        ("confidence: sourced", "confidence: sure", "confidence"),
        ("recorded: 2020-01-01", "recorded: yesterday", "recorded"),
        ("recorded: 2020-01-01", "note: x", "recorded"),
        ('paragraph: "3"', 'paragraph: ""', "paragraph"),
        ("description: Claim cap.", "descripton: Claim cap.", "description"),
        ("id: guarantee.cap", "id: Cap", "id"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_id(tmp_path: Path, old: str, new: str, said: str) -> None:
    error = refused(tmp_path, CAP.replace(old, new))

    assert error.file.name == "rules.yaml"
    assert said in error.what
    assert error.parameter in ("guarantee.cap", "Cap")


def test_a_fraction_inside_a_record_is_refused(tmp_path: Path) -> None:
    content = CAP.replace("unit: bp", "unit: record").replace("value: 300", "value: {tiers: [{rate: 0.5}]}")

    assert "fraction" in refused(tmp_path, content).what


@pytest.mark.parametrize(("unit", "value"), [("flag", "1"), ("text", "5"), ("record", "x"), ("date", "soon")])
def test_a_value_has_the_type_of_its_unit(tmp_path: Path, unit: str, value: str) -> None:
    content = CAP.replace("unit: bp", f"unit: {unit}").replace("value: 300", f"value: {value}")

    assert refused(tmp_path, content).parameter == "guarantee.cap"


@pytest.mark.parametrize(
    ("unit", "value"), [("flag", "true"), ("text", "x"), ("record", "[a]"), ("date", "2026-11-22")]
)
def test_every_unit_has_its_values(tmp_path: Path, unit: str, value: str) -> None:
    content = CAP.replace("unit: bp", f"unit: {unit}").replace("value: 300", f"value: {value}")

    assert load(directory(tmp_path, rules=content)).parameter("guarantee.cap").unit is Unit(unit)


@pytest.mark.parametrize("content", ["a: [", "just text", "a: 1", "- 5"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    assert refused(tmp_path, content).file.name == "rules.yaml"


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert "stands twice" in refused(tmp_path, CAP.replace("unit: bp", "unit: bp\n  unit: bp")).what


def test_only_true_and_false_are_flags(tmp_path: Path) -> None:
    content = CAP.replace("unit: bp", "unit: flag").replace("value: 300", "value: yes")

    assert "not a value in flag" in refused(tmp_path, content).what


def test_a_parameter_without_values_is_refused(tmp_path: Path) -> None:
    content = CAP[: CAP.index("  values:")] + "  values: []\n"

    assert "no values" in refused(tmp_path, content).what


def test_two_values_of_the_same_dates_are_refused(tmp_path: Path) -> None:
    second = CAP[CAP.index("    - value") :].replace("300", "400")

    assert "2 values effective 2020-01-01" in refused(tmp_path, CAP + second.lstrip("\n")).what


def test_a_missing_overlay_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError, match="no such directory"):
        load(directory(tmp_path, rules=CAP), overlays=[tmp_path / "nowhere"])


def test_a_file_that_would_be_overlooked_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(CAP, encoding="utf-8")

    with pytest.raises(PolicyFileError, match=r"Rename it to \.yaml"):
        load(tmp_path)
