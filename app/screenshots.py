"""`make screenshots`: pictures of the main pages, taken by a real browser on a platform that the demo has filled."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from app.demo import seeding
from app.demo.cast import Cast
from app.demo.stage import embedded
from app.demo.story import Story
from app.demo.telling import Teller

FOLDER = Path("docs/screenshots")
WIDE, NARROW = 1280, 390
TALLEST = 2000  # what is below is more of the same


class NoBrowser(Exception):
    """Chromium is not installed; the message says what to do."""


@dataclass(frozen=True)
class Picture:
    """`follow`: a link or button to go on by, once the page is there."""

    name: str
    login: str
    path: str
    follow: str = ""
    width: int = WIDE
    language: str = "zh"


PICTURES = (
    Picture("home", "", "/"),
    Picture("home-narrow", "", "/", width=NARROW),
    Picture("sme-ask", "young_tech", "/requests/new"),
    Picture("sme-plans", "cattle_cooperative", "/requests", follow=".rows a"),
    Picture("sme-plans-en", "young_tech", "/requests", follow=".rows a", language="en"),
    Picture("sme-plans-narrow", "cattle_cooperative", "/requests", follow=".rows a", width=NARROW),
    Picture("sme-file", "young_tech", "/file"),
    Picture("sme-consents", "young_tech", "/consents"),
    Picture("sme-credit", "young_tech", "/credit"),
    Picture("sme-credit-en", "young_tech", "/credit", language="en"),
    Picture("sme-documents", "young_tech", "/documents"),
    Picture("sme-repairs", "young_tech", "/repairs"),
    Picture("bank-applications", "spruce_tech.officer", "/bank/applications"),
    Picture("bank-application", "spruce_tech.officer", "/bank/applications", follow="tbody th a"),
    Picture("bank-products", "spruce_tech.manager", "/bank/products"),
    Picture("bank-product", "spruce_tech.manager", "/bank/products", follow="tbody th a"),
    Picture("bank-import", "spruce_tech.officer", "/bank/products/import"),
    Picture("guarantor-guarantees", "north_field.manager", "/guarantor/guarantees"),
    Picture("guarantor-programmes", "north_field.manager", "/guarantor/programmes"),
    Picture("regulator-flows", "regulator", "/oversight?rows=PRODUCT_KIND&columns=MONTH"),
    Picture("service-centre-cases", "service_centre", "/cases"),
    Picture("operator-basis", "operator", "/desk/basis"),
)


def run() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with embedded(Path("build/screenshots-home")) as doors, chromium() as browser:
        Story(Cast(doors), Teller(), seeding.today()).play()
        for picture in PICTURES:
            take(browser, doors.url, picture)
            print(FOLDER / f"{picture.name}.png", flush=True)
    return 0


def take(browser: Browser, url: str, picture: Picture) -> None:
    context = browser.new_context(base_url=url, viewport={"width": picture.width, "height": 800})
    page = context.new_page()
    page.goto(f"/language/{picture.language}")
    if picture.login:
        sign_in(page, picture.login)
    page.goto(picture.path)
    if picture.follow:
        page.click(picture.follow)
    height = min(TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
    page.set_viewport_size({"width": picture.width, "height": height})
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


def sign_in(page: Page, login: str, password: str = seeding.PASSWORD) -> None:
    page.goto("/sign-in")
    page.fill("#login", login)
    page.fill("#password", password)
    page.click("main form button")


@contextmanager
def chromium() -> Generator[Browser]:
    """Debian's Chromium, headless. As root it runs only without its own sandbox; it sees no page but ours."""
    program = shutil.which("chromium")
    if program is None:
        raise NoBrowser("Chromium is not installed: run `python3 tools/setup.py chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()
