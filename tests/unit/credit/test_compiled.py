"""The fast evaluator says what the card says, and the card's file runs no code."""

import io
import json
import math
import pickle

import joblib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from services.credit.cardfile import LARGEST, card_sha256, read_card_file, write_card
from services.credit.domain.card import Bin, Variable
from services.credit.domain.compiled import Value, compile_card, sigmoid
from tests.unit.credit.card_shop import LEARNED, version

COMPILED = compile_card(LEARNED)

values = st.fixed_dictionaries(
    {},
    optional={
        "invoiced_12m_fen": st.one_of(
            st.none(), st.integers(-(10**18), 10**18), st.integers().map(str), st.floats(), st.just(0)
        ),
        "tax_grade": st.one_of(st.none(), st.sampled_from(["A", "B", "M", "C", "Z", ""]), st.just(math.nan)),
        "past_dues_24m": st.one_of(st.none(), st.integers(0, 5)),
    },
)


def slowly(variable: Variable, value: Value) -> Bin:
    """As the shape of a card is written down: special, missing, then bins in order, then other."""
    if value is None or value != value:
        return variable.missing
    if variable.scale == "CODE":
        found = [one for one in (*variable.special, *variable.bins) if value in one.values]
        return found[0] if found else variable.other or variable.missing
    number = float(value)
    found = [one for one in variable.special if number in [float(text) for text in one.values]]
    return (found + [one for one in variable.bins if one.below is None or number < one.below])[0]


@given(values)
def test_the_compiled_card_answers_as_the_card_reads(told: dict[str, Value]) -> None:
    answer = COMPILED.answer(told)

    answers = [slowly(variable, told.get(variable.fact)) for variable in LEARNED.variables]
    log_odds = -2.0 + sum(one.weight or 0 for one in answers)
    assert answer.points == max(0, 540 + sum(one.points for one in answers))
    assert answer.log_odds == pytest.approx(log_odds, abs=1e-12)
    assert answer.pd == pytest.approx(1 / (1 + math.exp(-(0.9 * log_odds + 0.1))), abs=1e-12)
    assert [v.answers[at] for v, at in zip(LEARNED.variables, answer.bins, strict=True)] == answers


def test_a_text_that_is_no_number_is_named() -> None:
    with pytest.raises(Violation, match="invoiced_12m_fen"):
        COMPILED.answer({"invoiced_12m_fen": "many"})


@given(st.floats(-1e6, 1e6))
def test_a_probability_never_overflows(log_odds: float) -> None:
    assert 0.0 <= sigmoid(log_odds) <= 1.0


def test_a_card_comes_out_of_its_file_as_it_went_in_and_the_same_card_makes_the_same_file() -> None:
    content = write_card(LEARNED)

    assert read_card_file(content) == LEARNED
    assert write_card(read_card_file(content)) == content
    assert json.loads(content)["sha256"] == card_sha256(LEARNED)
    assert card_sha256(version(2)) != card_sha256(LEARNED)


def test_words_that_look_like_code_are_only_words() -> None:
    odd = version(3, zh="<script>alert(1)</script>{{7*7}}__import__('os').system('id')")

    assert read_card_file(write_card(odd)).zh == odd.zh


class Bomb:
    """What a poisoned pickle does when it is opened."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('the pickle ran')",))


def _joblib() -> bytes:
    sink = io.BytesIO()
    joblib.dump(Bomb(), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(pickle.dumps(Bomb(), protocol=protocol), id=f"pickle-{protocol}")
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ]
    + [pytest.param(_joblib(), id="joblib"), pytest.param(b"PK\x03\x04schema.json", id="skops")],
)
def test_a_poisoned_file_is_refused_and_never_opened(poison: bytes) -> None:
    with pytest.raises(Violation, match="no JSON"):
        read_card_file(poison)


def _changed(old: str, new: str) -> bytes:
    text = write_card(LEARNED).decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (_changed('"pdo":20', '"pdo":21'), "sha256"),
        (_changed('"auc":0.71', '"auc":NaN'), "NaN"),
        (_changed('"auc":0.71', '"auc":-Infinity'), "Infinity"),
        (_changed('"auc":0.71', '"auc":1e999'), "1e999"),
        (_changed('"rows":400', '"rows":400,"more":1'), "card/card/training/more"),
        (_changed('"rows":400', '"rows":400,"rows":400'), "twice"),
        (_changed('"rows":400', '"rows":"400"'), "card/card/training/rows"),
        (_changed('"rows":400', '"rows":' + "4" * 5000), "too long"),
        (_changed('"sales_card"', '"Sales card"'), "name of a card"),
        (_changed("rongqiao-card/1", "rongqiao-card/2"), "format"),
        (b"[" * 100_000, "no JSON"),
        (b'{"card":' * 30 + b"1" + b"}" * 30, "nested too deep"),
        (b'{"card":"' + b"a" * LARGEST + b'"}', "bytes"),
        (b"[]", "object"),
        (b"", "no JSON"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_anything_that_is_not_exactly_a_card_is_refused(content: bytes, what: str) -> None:
    with pytest.raises(Violation, match=what):
        read_card_file(content)
