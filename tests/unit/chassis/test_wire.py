"""Messages and plain data: names without prefix, what is not set, what a newer release brings."""

from libs.chassis import wire
from rongqiao.lending.v1 import lending_pb2 as pb

TERMS = {
    "name": "a loan",
    "kind": "WORKING_CAPITAL",
    "guarantee_modes": ["UNSECURED", "IP_PLEDGE"],
    "criteria": [
        {"fact": "score", "operator": "GE", "values": ["600"], "hard": True},
        {"fact": "tax_grade", "operator": "IN", "values": ["A", "B"], "unit": "grade"},
    ],
}


def test_plain_data_becomes_a_message_with_all_that_stands_in_it() -> None:
    terms = wire.from_plain(pb.RegisterProductRequest, {"terms": TERMS}).terms

    assert (terms.name, terms.kind) == ("a loan", pb.PRODUCT_KIND_WORKING_CAPITAL)
    assert list(terms.guarantee_modes) == [pb.GUARANTEE_MODE_UNSECURED, pb.GUARANTEE_MODE_IP_PLEDGE]
    assert [(one.fact, one.operator, list(one.values)) for one in terms.criteria] == [
        ("score", pb.OPERATOR_GE, ["600"]),
        ("tax_grade", pb.OPERATOR_IN, ["A", "B"]),
    ]


def test_what_is_none_or_unknown_to_the_message_is_left_out() -> None:
    criterion = wire.from_plain(pb.Criterion, {"fact": "score", "unit": None, "colour": "red"})

    assert not criterion.HasField("unit")
    assert criterion == pb.Criterion(fact="score")


def test_a_message_becomes_plain_data_again() -> None:
    plain = wire.to_plain(wire.from_plain(pb.RegisterProductRequest, {"terms": TERMS}))["terms"]

    assert {name: plain[name] for name in ("name", "kind", "guarantee_modes")} == {
        name: TERMS[name] for name in ("name", "kind", "guarantee_modes")
    }
    assert "unit" not in plain["criteria"][0]  # optional and not set
    assert plain["criteria"][0]["disclosure"] is None  # an enum without a value
    assert plain["criteria"][1]["unit"] == "grade"


def test_a_value_of_a_newer_release_stays_a_number() -> None:
    """The dataclass then refuses it, and names the field."""
    message = pb.Criterion(operator=9_999)  # pyright: ignore[reportArgumentType]

    assert wire.to_plain(message)["operator"] == "9999"
