"""The envelope survives the journey, and what is no envelope is told apart."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import Int64Value, StringValue
from hypothesis import given
from hypothesis import strategies as st

from libs.eventing.envelope import Event, Malformed, WrongType, from_headers, to_headers, unreadable

DISBURSED = Event(
    topic="rongqiao.lending.loan.v1",
    subject="loan_1",
    sequence=3,
    id="evt_1",
    type="google.protobuf.StringValue",
    source="/services/lending",
    time=datetime(2026, 11, 22, 8, 30, 0, 5, tzinfo=UTC),
    data=StringValue(value="放款").SerializeToString(),
)

texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(
    subject=texts,
    sequence=st.integers(1, 2**63 - 1),
    time=st.datetimes(timezones=st.just(timezone(timedelta(hours=8)))),
    data=st.binary(max_size=50),
    traceparent=st.none() | st.just("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
)
def test_an_event_comes_back_from_its_headers(
    subject: str, sequence: int, time: datetime, data: bytes, traceparent: str | None
) -> None:
    sent = Event(
        topic="t", subject=subject, sequence=sequence, id="evt_1", type="x.Y", source="/s", time=time, data=data,
        traceparent=traceparent,
    )  # fmt: skip

    assert from_headers("t", to_headers(sent), data) == sent


def test_the_headers_are_those_of_cloud_events() -> None:
    assert dict(to_headers(DISBURSED)) == {
        "ce_specversion": b"1.0",
        "ce_id": b"evt_1",
        "ce_type": b"google.protobuf.StringValue",
        "ce_source": b"/services/lending",
        "ce_subject": b"loan_1",
        "ce_time": b"2026-11-22T08:30:00.000005Z",
        "ce_sequence": b"3",
        "content-type": b"application/protobuf",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-11-22T08:30:00"),
        ("ce_sequence", b"0"),
        ("ce_sequence", b"99999999999999999999"),
        ("ce_sequence", b"three"),
        ("ce_subject", b"loan\x00"),
        ("ce_id", b"\xff"),
    ],
)
def test_a_header_that_cannot_be_is_malformed(name: str, value: bytes) -> None:
    headers = dict(to_headers(DISBURSED)) | {name: value}

    with pytest.raises(Malformed):
        from_headers("t", headers.items(), b"")


@pytest.mark.parametrize(
    "name", ["ce_specversion", "ce_id", "ce_type", "ce_subject", "ce_time", "ce_sequence"]
)
def test_a_missing_header_is_malformed(name: str) -> None:
    headers = [header for header in to_headers(DISBURSED) if header[0] != name]

    with pytest.raises(Malformed, match=name):
        from_headers("t", headers, b"")


def test_an_event_decodes_to_the_message_it_carries() -> None:
    assert DISBURSED.decode(StringValue).value == "放款"


def test_another_type_is_refused_by_name() -> None:
    with pytest.raises(
        WrongType, match=r"is a google\.protobuf\.StringValue.*expects a google\.protobuf\.Int64Value"
    ):
        DISBURSED.decode(Int64Value)


def test_broken_bytes_are_refused() -> None:
    broken = Event(
        topic="t", subject="s", sequence=1, id="e", type="google.protobuf.StringValue", source="/s",
        time=DISBURSED.time, data=b"\xff\xff",
    )  # fmt: skip

    with pytest.raises(DecodeError):
        broken.decode(StringValue)


def test_what_cannot_be_read_stands_alone_under_its_place() -> None:
    dressed = unreadable("t", "2/17", DISBURSED.time, b"hello", Malformed("KeyError: 'ce_id'"))

    assert (dressed.subject, dressed.sequence, dressed.readable) == ("unreadable@2/17", 1, False)
    assert DISBURSED.readable
