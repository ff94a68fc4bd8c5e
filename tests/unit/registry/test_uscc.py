import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.registry.dimensions import OwnerKind
from libs.registry.uscc import Uscc, complete, organisation_check, parse, parse_party

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
firsts = st.builds(
    lambda digits, rest: digits + rest,
    st.text("0123456789", min_size=8, max_size=8),
    st.text(ALPHABET, min_size=9, max_size=9),
)


def test_a_code_is_read_as_people_write_it() -> None:
    assert parse(" ９１３５０１００m000100y43 ") == Uscc("91350100M000100Y43")


def test_a_check_value_of_thirty_one_is_written_zero() -> None:
    assert parse("91640300MA7CDE0770").code == "91640300MA7CDE0770"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("91350100M000100Y44", "check character"),
        ("9111000060003734L1", "check character"),
        ("911100006000373411", "check character"),
        ("91110000600037341I", "standard does not use"),
        ("91350100M000100Y4Z", "standard does not use"),
        ("9164010OMA7ADEM08K", "standard does not use"),
        ("91640100MA75TEST0", "18 characters"),
    ],
)
def test_a_wrong_code_names_the_field_and_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Violation, match=said) as caught:
        parse(text, "applicant.uscc")

    assert caught.value.field == "applicant.uscc"


def test_the_value_holds_only_the_normal_form() -> None:
    with pytest.raises(Violation, match="normal form"):
        Uscc("91350100m000100y43")


def test_a_party_id_carries_the_code() -> None:
    assert parse("91640100MA7ADEM08K").party == "uscc:91640100MA7ADEM08K"
    assert parse_party("uscc:91640100MA7ADEM08K") == Uscc("91640100MA7ADEM08K")


def test_a_person_is_no_registered_organisation() -> None:
    with pytest.raises(Violation, match="not the id"):
        parse_party("person:x1")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("91640100MA7ADEM08K", OwnerKind.ENTERPRISE),
        ("92640104MA7BDEM090", OwnerKind.INDIVIDUAL_BUSINESS),
        ("93640425MA7CDEM0XA", OwnerKind.COOPERATIVE),
        (complete("12640000MA7ADEM08").code, None),
    ],
)
def test_the_first_two_characters_tell_the_kind_of_owner(code: str, kind: OwnerKind | None) -> None:
    assert parse(code).owner_kind is kind


def test_the_inner_organisation_code_has_its_own_check() -> None:
    assert organisation_check("60003734") == "1"
    assert parse("91110000600037341L").organisation_code_agrees
    assert not complete("91110000600037342").organisation_code_agrees


def test_the_registered_region_may_be_an_abolished_one() -> None:
    assert complete("91640321MA7ADEM08").registered_region == "640321"


@given(firsts)
def test_a_completed_code_is_valid(first17: str) -> None:
    assert parse(complete(first17).code).code[:17] == first17


@given(firsts, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(first17: str, place: int, character: str) -> None:
    code = complete(first17).code
    wrong = code[:place] + character + code[place + 1 :]

    if wrong != code:
        with pytest.raises(Violation):
            parse(wrong)
