"""The pages over HTTP, with the real identity service behind them."""

import re
from collections.abc import Iterator
from functools import partial

import pytest
from fastapi.testclient import TestClient

from libs.chassis.database import Database
from libs.chassis.http import Door, make_app
from libs.chassis.limits import RateLimit
from libs.chassis.tokens import TokenChecker
from rongqiao.identity.v1 import identity_pb2_grpc
from services.identity import operations, store
from services.identity.operations.passwords import Passwords
from services.identity.rpc import IdentityServicer
from services.portal.pages import routers
from tests.support.rpc import door_of, serving
from tests.support.services import KEYS, opened
from tests.unit.portal.pages import Page, portal

PASSWORD = "first-operator-of-all"


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    with opened(sqlite_url, store.metadata) as database:
        database.transact(lambda tx: operations.ensure_operator(tx, "operator", PASSWORD))
        yield database


@pytest.fixture
def browser(database: Database) -> Iterator[TestClient]:
    """A browser at the portal; identity is the only service that runs."""
    servicer = IdentityServicer(door_of(database), Passwords(), KEYS)
    with serving(partial(identity_pb2_grpc.add_IdentityServicer_to_server, servicer)) as channel:
        door = Door(database, TokenChecker(KEYS), RateLimit(60_000), portal(channel))
        yield TestClient(make_app("portal", routers(), door), follow_redirects=False)


def hidden(html: str, name: str = "form_token") -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', html)
    assert found is not None
    return found[1]


def sign_in(browser: TestClient, password: str = PASSWORD, **more: str) -> int:
    page = browser.get("/sign-in").text
    form = {"form_token": hidden(page), "login": "operator", "password": password, **more}
    return browser.post("/sign-in", data=form).status_code


def test_a_page_has_the_headers_that_keep_it_safe(browser: TestClient) -> None:
    headers = browser.get("/").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_no_script_can_read_the_cookies_and_no_other_site_sends_them(browser: TestClient) -> None:
    browser.get("/sign-in")
    page = browser.get("/sign-in").text
    form = {"form_token": hidden(page), "login": "operator", "password": PASSWORD}
    cookies = browser.post("/sign-in", data=form).headers.get_list("set-cookie")
    assert any(cookie.startswith("rongqiao_token=") for cookie in cookies)
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in cookies)


def test_signing_in_leads_to_the_desk_of_the_role(browser: TestClient) -> None:
    assert sign_in(browser) == 303
    assert browser.get("/").status_code == 200
    assert "platform" in browser.get("/organisations").text


def test_signing_in_leads_back_to_where_the_person_wanted_to_go(browser: TestClient) -> None:
    asked = browser.get("/accounts/new")
    assert asked.headers["location"] == "/sign-in?next=%2Faccounts%2Fnew&why=signed_out"
    page = browser.get(asked.headers["location"]).text
    form = {
        "form_token": hidden(page),
        "next": hidden(page, "next"),
        "login": "operator",
        "password": PASSWORD,
    }
    assert browser.post("/sign-in", data=form).headers["location"] == "/accounts/new"


def test_a_sign_in_never_leads_to_another_site(browser: TestClient) -> None:
    page = browser.get("/sign-in").text
    form = {
        "form_token": hidden(page),
        "next": "//elsewhere.example",
        "login": "operator",
        "password": PASSWORD,
    }
    assert browser.post("/sign-in", data=form).headers["location"] == "/organisations"


def test_a_wrong_password_is_said_at_the_form_which_keeps_the_login(browser: TestClient) -> None:
    page = browser.get("/sign-in").text
    answer = browser.post(
        "/sign-in", data={"form_token": hidden(page), "login": "operator", "password": "no"}
    )
    assert answer.status_code == 401
    assert "登录名或密码不对。" in answer.text
    assert 'value="operator"' in answer.text
    assert "no" not in re.findall(r'value="([^"]*)"', answer.text)


def test_a_form_without_its_token_does_nothing(browser: TestClient) -> None:
    browser.get("/sign-in")
    answer = browser.post("/sign-in", data={"login": "operator", "password": PASSWORD})
    assert answer.status_code == 403
    assert "rongqiao_token" not in browser.cookies


def test_a_token_from_before_the_sign_in_is_worth_nothing_after_it(browser: TestClient) -> None:
    stale = hidden(browser.get("/sign-in").text)
    sign_in(browser)
    answer = browser.post(
        "/organisations", data={"form_token": stale, "kind": "BANK", "name": "新银行", "territory": "64"}
    )
    assert answer.status_code == 403


def test_signing_out_forgets_the_session(browser: TestClient) -> None:
    sign_in(browser)
    browser.post("/sign-out", data={"form_token": hidden(browser.get("/").text)})
    assert browser.get("/organisations").headers["location"].startswith("/sign-in")


def test_a_double_click_acts_once(browser: TestClient, database: Database) -> None:
    sign_in(browser)
    page = browser.get("/organisations").text
    form = {
        "form_token": hidden(page),
        "form_key": "one-form-sent-twice",
        "kind": "BANK",
        "name": "双击银行",
        "territory": "64",
    }
    answers = [browser.post("/organisations", data=form).headers["location"] for _ in range(2)]
    assert answers == ["/organisations?done=registered"] * 2
    assert browser.get("/organisations").text.count("双击银行") == 1


def test_a_refused_form_comes_back_filled_in_with_the_reason_at_its_field(browser: TestClient) -> None:
    sign_in(browser)
    page = browser.get("/organisations").text
    form = {
        "form_token": hidden(page),
        "kind": "ENTERPRISE",
        "name": "某厂",
        "territory": "64",
        "id": "nonsense",
    }
    answer = browser.post("/organisations", data=form)
    assert answer.status_code == 422
    assert 'value="某厂"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_page_of_another_audience_is_refused_in_plain_words(browser: TestClient) -> None:
    sign_in(browser)
    answer = browser.get("/requests")
    assert answer.status_code == 403
    assert "这个页面不对您开放" in answer.text


def test_a_refused_enrolment_keeps_what_was_entered(browser: TestClient) -> None:
    answer = browser.post("/enrol", data={"form_token": hidden(browser.get("/enrol").text), "uscc": "91"})
    assert answer.status_code == 422
    assert 'value="91"' in answer.text


def test_where_no_page_is_the_answer_is_a_page(browser: TestClient) -> None:
    answer = browser.get("/no/such/page")
    assert answer.status_code == 404
    assert "找不到这个页面" in answer.text


def test_the_language_is_kept_in_the_browser(browser: TestClient) -> None:
    assert '<html lang="zh-CN">' in browser.get("/").text
    assert browser.get("/language/en?next=/sign-in").headers["location"] == "/sign-in"
    assert "Sign in" in browser.get("/sign-in").text
    assert browser.get("/language/klingon").status_code == 404


def test_files_may_be_kept_since_their_address_changes_with_them(browser: TestClient) -> None:
    address = re.findall(r'href="(/static/portal\.css\?\w+)"', browser.get("/").text)[0]
    answer = browser.get(address)
    assert "immutable" in answer.headers["cache-control"]
    assert "rongqiao_visit" not in answer.headers.get("set-cookie", "")
    assert browser.get("/static/../service.py").status_code == 404


@pytest.mark.parametrize("path", ["/", "/sign-in", "/enrol", "/organisations", "/accounts/new"])
def test_every_entry_has_a_label_and_every_form_its_token(browser: TestClient, path: str) -> None:
    sign_in(browser)
    page = Page.read(browser.get(path).text)
    assert page.nameless() == []
    assert all("form_token" in form["names"] for form in page.forms if form["method"] == "post")
    assert page.inline == []
