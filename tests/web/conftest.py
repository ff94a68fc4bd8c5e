"""A real browser on the whole platform. Journeys go without script; what measures a page needs it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.demo import seeding
from app.screenshots import chromium, sign_in
from tests.support import patience
from tests.support.platform import Running

expect.set_options(timeout=patience.MILLISECONDS)

SignedIn = Callable[[str], Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser, embedded: Running) -> Iterator[Page]:
    """Somebody without an account and without script."""
    context = browser.new_context(base_url=embedded.url, java_script_enabled=False)
    context.set_default_timeout(patience.MILLISECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture
def signed_in(browser: Browser, embedded: Running) -> Iterator[SignedIn]:
    """A page of somebody's own, signed in, without script."""
    contexts = []

    def open_page(login: str) -> Page:
        context = browser.new_context(base_url=embedded.url, java_script_enabled=False)
        context.set_default_timeout(patience.MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        sign_in(page, login, seeding.PASSWORD)
        return page

    yield open_page
    for context in contexts:
        context.close()
