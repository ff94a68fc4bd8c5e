"""The malware scanner over the wire: a verdict, no verdict, or nobody there."""

import socket
import threading

import pytest
from pydantic import ValidationError

from libs.chassis.settings import Settings
from services.credit.scanning import Clamd, ScanFailed, ScannerDown, scanner_of
from tests.support import clamd


def test_the_scanner_names_what_it_found_and_says_nothing_of_what_is_clean() -> None:
    with clamd.clamd() as heard:
        scanner = Clamd("127.0.0.1", heard.port)

        assert scanner.finding(b"a" * 200_000) is None
        assert scanner.finding(b"a" * 200_000 + clamd.MALWARE) == "Made.Up-Malware"
        assert scanner.finding(b"") is None

    assert [len(content) for content in heard.contents] == [200_000, 200_000 + len(clamd.MALWARE), 0]


@pytest.mark.parametrize("content", [clamd.RIDDLE, b"a" * (clamd.LONGEST + 5)], ids=["riddle", "too long"])
def test_a_scanner_that_does_not_judge_is_never_taken_for_a_clean_verdict(content: bytes) -> None:
    with clamd.clamd() as heard, pytest.raises((ScanFailed, ScannerDown)):
        Clamd("127.0.0.1", heard.port).finding(content)


@pytest.mark.parametrize(
    "said", [b"", b"stream: O", b"stream: Eicar FOUN", b"OK\0", b"stream: OK\0stream: OK\0"]
)
def test_an_answer_that_breaks_off_is_none(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer, args=(server, said))
        thread.start()
        with pytest.raises((ScanFailed, ScannerDown)):
            Clamd(*server.getsockname()).finding(b"1")
        thread.join()


def _answer(server: socket.socket, said: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass


def test_nobody_there_and_nobody_answering_are_told_alike() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ScannerDown):
        Clamd(*silent.getsockname(), seconds=0.1).finding(b"1")
    with pytest.raises(ScannerDown):
        Clamd("127.0.0.1", 1).finding(b"1")


def test_the_setting_is_a_host_and_a_port_or_nothing() -> None:
    assert scanner_of(Settings(malware_scanner="scanner.local:3310")) == Clamd("scanner.local", 3310)
    assert scanner_of(Settings(malware_scanner="[::1]:3310")) == Clamd("::1", 3310)
    assert scanner_of(Settings()) is None
    with pytest.raises(ValidationError, match="host:port"):
        Settings(malware_scanner="scanner.local")
