"""`rongqiao events …` on a service of a real embedded platform's home, with an event that it cannot take."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from app import databases, event_commands
from app.assembly import build, make_context, make_transport
from libs.chassis.service import Service
from libs.chassis.settings import Settings
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.reader import Reader
from rongqiao.credit.v1 import credit_pb2 as credit
from tests.support.services import NOON, settings_of_tests

PARTY = "uscc:91640100MA7ADEM08K"
CREDIT = topics.CREDIT_PARTY


@dataclass
class Home:
    service: Service
    settings: Settings

    def hear(self, *events: Event) -> None:
        transport = make_transport(self.settings)
        transport.producer("credit").send(events)
        self.read(transport)

    def read(self, transport: object = None) -> None:
        log = transport or make_transport(self.settings)
        Reader(self.service.database, log, "matching", self.service.handlers).drain()  # pyright: ignore[reportArgumentType]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("RONGQIAO_HOME", str(tmp_path))
    databases.migrate()
    settings = settings_of_tests(tmp_path)
    service = build("matching", make_context(settings, lambda peer: grpc.insecure_channel(f"{peer}:0")))
    yield Home(service, settings)
    service.close()
    service.database.close()


def told(sequence: int, data: bytes) -> Event:
    return Event(
        topic=CREDIT.name,
        subject=PARTY,
        sequence=sequence,
        id=f"evt_{sequence}",
        type=credit.PartySummary.DESCRIPTOR.full_name,
        source="/services/credit",
        time=NOON,
        data=data,
    )


def test_a_parked_event_is_listed_replayed_and_given_up(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.hear(told(1, b"\xff no summary"))

    assert event_commands.run("parked", "matching", None, None) == 0
    assert PARTY in capsys.readouterr().out
    assert event_commands.run("replay", "matching", None, None) == 1, "it still cannot be taken"
    assert event_commands.run("discard", "matching", CREDIT.name, PARTY) == 0
    capsys.readouterr()
    event_commands.run("parked", "matching", None, None)
    assert capsys.readouterr().out == "matching: 0 parked\n"


def test_giving_up_needs_to_know_what(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.hear(told(1, b"\xff no summary"))

    assert event_commands.run("discard", "matching", None, None) == 1
    assert "--subject" in capsys.readouterr().out


def test_a_projection_is_rebuilt_and_what_is_owned_is_not(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    withdrawn = credit.PartySummary(party=PARTY, status=credit.PARTY_STATUS_WITHDRAWN)
    home.hear(told(1, b"\xff no summary"), told(2, withdrawn.SerializeToString()))

    assert event_commands.run("rebuild", "matching", None, None) == 0
    assert event_commands.run("rebuild", "lending", None, None) == 1
    assert "only a projection" in capsys.readouterr().out
    home.read()
    event_commands.run("parked", "matching", None, None)
    assert capsys.readouterr().out == "matching: 0 parked\n", "the newer state superseded the broken one"
