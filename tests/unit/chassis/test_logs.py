"""What is written to a log names nobody."""

import json
import subprocess
import sys

import pytest

from libs.chassis.masking import masked

TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhY2NfNyJ9.c2lnbmF0dXJl-_c2ln"

PERSONAL = {
    "a person's id": ("GET /v1/parties/person:owner-000001/score", "owner-000001"),
    "a person's id in a path": ("GET /v1/parties/person%3Aowner-000001", "owner-000001"),
    "a mobile number": ("call 13812345678 now", "13812345678"),
    "a mobile number with its country": ("call +8613812345678", "13812345678"),
    "a mobile number in groups": ("call 138-1234-5678", "1234-5678"),
    "an identity number": ("id 110101199003074514,", "110101199003074514"),
    "an identity number with an X": ("id 11010119900307451X", "11010119900307451X"),
    "a token behind its word": (f"Authorization: Bearer {TOKEN}", TOKEN),
    "a token alone": (f"token {TOKEN} was refused", TOKEN),
    "a password in JSON": ('{"password": "hunter2!"}', "hunter2!"),
    "a password with a quote in it": (r'{"password": "hun\"ter2"}', "ter2"),
    "a password in Python": ("{'password': 'hunter2!'}", "hunter2!"),
    "a password in a call": ("PutAccount(login='a', password='hunter2!')", "hunter2!"),
    "a password in an address": ("POST /v1/x?password=hunter2&a=1", "hunter2"),
    "a password in words": ("password: hunter2", "hunter2"),
    "a mail address": ("from li.wei@example.cn today", "li.wei@example.cn"),
}


@pytest.mark.parametrize(("text", "secret"), PERSONAL.values(), ids=PERSONAL.keys())
def test_personal_data_is_masked(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert masked(text)[:2] == text[:2]


@pytest.mark.parametrize(
    "text",
    [
        "app_01JDA7Z9M3K5V8Q2W4E6R1T0YB of org_01JDA7Z9M3K5V8Q2W4E6R1T0YC",
        "80000000 fen over 12 months at 43500 ppm",
        "2026-11-22T04:05:06Z 127.0.0.1:8000",
    ],
)
def test_what_names_nobody_is_left_as_it_is(text: str) -> None:
    assert masked(text) == text


PROGRAM = """
import logging, threading
from libs.chassis.telemetry import configure_logging
configure_logging("INFO")
logging.getLogger("rongqiao").info("call %s", "13812345678")
try:
    raise ValueError("13812345678 is no account")
except ValueError:
    logging.getLogger("rongqiao").exception("refused")
"""


def test_every_line_of_a_process_is_json_and_masked() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    told, failed = (json.loads(line) for line in done.stderr.splitlines())
    assert (told["level"], told["logger"], told["message"]) == ("INFO", "rongqiao", "call <phone>")
    assert "ValueError: <phone> is no account" in failed["exception"]
