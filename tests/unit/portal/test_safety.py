import pytest

from services.portal.safety import FormGuard, inside

GUARD = FormGuard.from_key("a key")


def test_a_form_token_holds_for_its_visit_and_session_alone() -> None:
    token = GUARD.token("a browser", "a session")
    assert GUARD.holds(token, "a browser", "a session")
    assert not GUARD.holds(token, "a browser", "")
    assert not GUARD.holds(token, "another browser", "a session")
    assert not FormGuard.from_key("another key").holds(token, "a browser", "a session")


def test_no_token_holds_without_a_visit() -> None:
    assert not GUARD.holds(GUARD.token("", ""), "", "")


@pytest.mark.parametrize("path", ["/requests/new", "/oversight?rows=COUNTY"])
def test_a_path_of_this_site_may_be_gone_on_to(path: str) -> None:
    assert inside(path) == path


@pytest.mark.parametrize(
    "path", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere", "", "/a\r\nb"]
)
def test_a_path_that_leads_elsewhere_leads_home(path: str) -> None:
    assert inside(path) == "/"
