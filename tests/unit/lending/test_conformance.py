"""The conformance check against a platform that serves identity and lending over real HTTP."""

import json
import socket
import threading
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn

from app import cli
from app.conformance import hooks
from app.conformance.command import CHECKS
from app.engines import free_port
from libs.chassis.ids import new_id
from libs.chassis.jobs import Scheduler
from libs.chassis.principal import Role
from tests.access.house import House

Scope = MutableMapping[str, Any]
Asgi = Callable[[Scope, Any, Any], Awaitable[None]]

PASSWORD = "a-long-password-of-a-bank"
PEOPLE = {"maker": "BANK_OFFICER", "checker": "BANK_MANAGER"}


@dataclass
class Platform:
    url: str
    forgetful: bool = False  # it leaves out the header that marks a replay


@contextmanager
def serving(app: Asgi) -> Generator[str]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:  # it takes callers before the server looks
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Generator[Platform]:
    """Identity and lending behind one address, with lending's jobs, and one bank that practises."""
    house = House(tmp_path_factory.mktemp("conformance"), settings={"webhook_networks": ("127.0.0.0/8",)})
    apps = {name: house.app(name) for name in ("identity", "lending")}
    running = Platform("")

    async def door(scope: Scope, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if running.forgetful and message["type"] == "http.response.start":
                kept = [
                    (name, value) for name, value in message["headers"] if name != b"idempotency-replayed"
                ]
                message = message | {"headers": kept}
            await send(message)

        of_identity = scope["path"].startswith(("/v1/tokens", "/v1/accounts", "/v1/organisations"))
        await apps["identity" if of_identity else "lending"](scope, receive, sent)

    lending = house.service("lending")
    scheduler = Scheduler("lending", lending.database, lending.jobs)
    with serving(door) as url:
        running.url = url
        scheduler.start()
        enrol(url, house.token(Role.OPERATOR))
        yield running
        scheduler.ask_to_stop()
        scheduler.stop(5)
    house.close()


def enrol(url: str, operator: str) -> None:
    """A bank that practises, with two people."""
    headers = {"Authorization": f"Bearer {operator}", "Idempotency-Key": new_id("key")}
    with httpx.Client(base_url=url, headers=headers) as http:
        terms = {"kind": "BANK", "name": "练习银行", "territory": "64", "sandbox": True}
        bank = http.post("/v1/organisations", json=terms)
        assert bank.is_success, bank.text
        for login, role in PEOPLE.items():
            account = {
                "role": role,
                "organisation": bank.json()["id"],
                "display_name": login,
                "password": PASSWORD,
            }
            made = http.put(f"/v1/accounts/{login}", json=account)
            assert made.is_success, made.text


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGQIAO_PASSWORD", PASSWORD)
    monkeypatch.setenv("RONGQIAO_SECOND_PASSWORD", PASSWORD)


def checked(url: str, *more: str) -> int:
    with pytest.raises(SystemExit) as left:
        people = ["--login", "maker", "--second-login", "checker"]
        cli.main(["conformance", "lending", "--base-url", url, *people, *more])
    assert isinstance(left.value.code, int)
    return left.value.code


def test_the_platform_itself_passes_every_check(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()

    code = checked(
        platform.url, "--json", "--webhook-url", f"http://127.0.0.1:{port}/", "--webhook-port", str(port)
    )

    written = capsys.readouterr()
    assert written.out, written.err
    told = json.loads(written.out)
    assert [one for one in told["checks"] if one["outcome"] != "PASS"] == []
    assert told["counts"] == {"PASS": len(CHECKS), "FAIL": 0, "SKIPPED": 0}
    assert code == 0


def test_what_fails_is_told_with_what_was_expected_and_what_came(
    platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "forgetful", True)

    code = checked(platform.url)

    told = capsys.readouterr().out
    assert code == 1
    assert "FAIL     5 A repeat under the same key acts once" in told
    assert "expected: header Idempotency-Replayed: true" in told
    assert "SKIPPED 29" in told
    assert "1 failed, 2 skipped" in told


def test_without_a_platform_or_a_sign_in_there_is_nothing_to_check(
    platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checked(f"http://127.0.0.1:{free_port()}") == 2
    monkeypatch.setenv("RONGQIAO_PASSWORD", "not-the-password")
    assert checked(platform.url) == 2
    assert "401" in capsys.readouterr().err


def test_a_signature_holds_as_the_standard_says() -> None:
    """The example of the Standard Webhooks libraries."""
    message = hooks.Message(
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
    )
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    assert hooks.holds(message, secret, 1614265330)
    assert not hooks.holds(message, secret, 1614265330 + hooks.LATEST + 1)
    assert not hooks.holds(hooks.Message(message.headers, b"{}"), secret, 1614265330)


def test_every_check_has_a_name_of_its_own_and_a_function_of_its_own() -> None:
    names, functions = zip(*CHECKS, strict=True)

    assert len(set(names)) == len(set(functions)) == len(CHECKS)
