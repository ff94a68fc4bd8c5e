import pytest

from libs.chassis.problems import Conflict, Invalid, KeyReused, Unauthenticated, Unavailable
from libs.criteria.violation import Violation
from services.portal.forms import Posted
from services.portal.troubles import back, field_name, status_of, told
from services.portal.wording import wording

ZH, EN = wording("zh"), wording("en")


def test_a_refusal_is_told_in_chinese_with_field_and_mend() -> None:
    trouble = told(Violation("amount_fen", "0 fen is no amount.", "Give fen from 1."), ZH)
    assert (trouble.field, trouble.label, trouble.text) == ("amount", "金额", "金额必须大于零。")


def test_an_english_reader_gets_the_words_of_the_service() -> None:
    trouble = told(Invalid("This login is taken.", "login", "Choose another login."), EN)
    assert (trouble.text, trouble.mend, trouble.original) == (
        "This login is taken.",
        "Choose another login.",
        None,
    )


def test_a_sentence_without_a_translation_stays_beside_the_general_one() -> None:
    trouble = told(Conflict("The moon is in the wrong house.", mend="Wait for it."), ZH)
    assert trouble.text == "情况已经变化，现在不能这样做。"
    assert trouble.original == "The moon is in the wrong house."
    assert trouble.mend is None


def test_places_of_a_sentence_are_carried_over() -> None:
    trouble = told(Invalid("首贷通 is being asked for already.", "plan", "Choose another plan, or wait."), ZH)
    assert trouble.text == "「首贷通」已经在申请了。"


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        ("/amount_fen", "amount"),
        ("rate/min_ppm", "min"),
        ("scopes/2", "scopes"),
        ("terms.name", "name"),
        (None, None),
        ("", None),
        ("3", None),
    ],
)
def test_the_field_of_a_problem_is_the_field_of_the_form(pointer: str | None, name: str | None) -> None:
    assert field_name(pointer) == name


def test_a_form_that_comes_back_keeps_what_was_entered_and_its_key() -> None:
    posted = Posted({"amount": ["150"], "form_key": ["k1"]})
    form = back(posted, Unavailable("The service did not answer (unavailable)."), ZH)
    assert (form.value("amount"), form.key) == ("150", "k1")


def test_a_form_whose_key_was_spent_on_other_content_gets_a_new_one() -> None:
    posted = Posted({"form_key": ["k1"]})
    assert back(posted, KeyReused("This idempotency key was used before with another body."), ZH).key != "k1"


def test_whoever_is_no_longer_signed_in_is_not_shown_a_form() -> None:
    with pytest.raises(Unauthenticated):
        back(Posted(), Unauthenticated("The token is not good."), ZH)


def test_a_rule_and_a_problem_have_their_http_status() -> None:
    assert status_of(Violation("amount", "no", "yes")) == 422
    assert status_of(Conflict("no")) == 409
