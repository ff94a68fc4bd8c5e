"""What holds for every page: it fits a narrow screen, can be read, and can be used by keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from app.screenshots import sign_in
from tests.support.platform import Running

pytestmark = pytest.mark.web

NARROW = 360
PAGES = {
    "": ("/", "/sign-in", "/enrol", "/no/such/page"),
    "berry_processor": (
        "/requests",
        "/requests/new",
        "/file",
        "/credit",
        "/documents",
        "/consents",
        "/repairs",
        "/mandates",
    ),
    "red_berry.manager": ("/bank/applications", "/bank/products", "/bank/products/import"),
    "phoenix.manager": ("/guarantor/guarantees", "/guarantor/headroom", "/guarantor/programmes"),
    "regulator": ("/oversight",),
    "service_centre": ("/cases", "/desk/repairs"),
    "operator": ("/organisations", "/accounts/new", "/desk/basis", "/desk/cards", "/desk/repairs"),
}
EVERY = [
    pytest.param(login, path, id=f"{login or 'anybody'} {path}") for login in PAGES for path in PAGES[login]
]

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Text whose colour stands out too little from what is behind it (WCAG 2.2, 1.4.3), told by its words.
TOO_FAINT = """() => {
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const parse = text => text.match(/[0-9.]+/g).map(Number);
  const behind = node => {
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return null;
      const colour = parse(style.backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const node of document.querySelectorAll('body *')) {
    const words = [...node.childNodes].filter(c => c.nodeType === 3).map(c => c.data.trim()).join('');
    if (!words || !node.checkVisibility()) continue;
    const back = behind(node);
    if (!back) continue;
    const style = getComputedStyle(node), size = parseFloat(style.fontSize);
    const [a, b] = [light(parse(style.color)), light(back)].sort((x, y) => y - x);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) faint.push(words);
  }
  return faint;
}"""

NAMELESS = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter(node => node.checkVisibility())
  .filter(node => !(node.labels?.length || node.innerText?.trim() || node.getAttribute('aria-label')))
  .map(node => node.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def pages(browser: Browser, embedded: Running) -> Iterator[dict[str, Page]]:
    """One page a login, narrow, with script so that it can be measured."""
    opened: dict[str, Page] = {}
    for login in PAGES:
        context = browser.new_context(base_url=embedded.url, viewport={"width": NARROW, "height": 740})
        opened[login] = context.new_page()
        if login:
            sign_in(opened[login], login)
    yield opened
    for page in opened.values():
        page.context.close()


@pytest.mark.parametrize(("login", "path"), EVERY)
def test_a_page_fits_a_narrow_screen_and_can_be_read(pages: dict[str, Page], login: str, path: str) -> None:
    page = pages[login]
    page.goto(path)
    assert page.evaluate(TOO_WIDE) == 0
    assert page.evaluate(TOO_FAINT) == []


@pytest.mark.parametrize(("login", "path"), EVERY)
def test_everything_that_can_be_used_has_a_name(pages: dict[str, Page], login: str, path: str) -> None:
    page = pages[login]
    page.goto(path)
    assert page.evaluate(NAMELESS) == []


def test_the_keyboard_reaches_the_content_before_the_menu(pages: dict[str, Page]) -> None:
    page = pages["berry_processor"]
    page.goto("/requests/new")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "amount"


def test_the_plans_fit_a_narrow_screen_too(pages: dict[str, Page]) -> None:
    page = pages["berry_processor"]
    page.goto("/requests/new")
    page.fill("#amount", "300")
    page.fill("#purpose", "枸杞鲜果收购和烘干")
    page.click("main form button")
    page.wait_for_selector("article.plan")
    page.evaluate("document.querySelectorAll('details').forEach(drawer => drawer.open = true)")
    assert page.evaluate(TOO_WIDE) == 0
    assert page.evaluate(TOO_FAINT) == []


def test_the_browser_loads_nothing_from_elsewhere(browser: Browser, embedded: Running) -> None:
    context = browser.new_context(base_url=embedded.url)
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    context.close()
    assert len(asked) >= 3
    assert all(address.startswith(embedded.url) for address in asked)
