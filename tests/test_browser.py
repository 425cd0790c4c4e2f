"""The site in a browser: for everybody, on a phone and a desk, light and dark, without the network."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Request

from tools import lessons

pytestmark = pytest.mark.slow

FRONT, INDEX = "", "lessons/"
# One of each kind; the reference has the widest tables.
PAGES = [
    FRONT,
    INDEX,
    "lessons/redis-shared-by-cache-and-broker/",
    "tutorial/first-project/",
    "reference/testing/",
]
EVERY_LESSON = [f"lessons/{lesson.id}/" for lesson in lessons.read_lessons()]
WIDTHS = {"phone": 390, "desktop": 1280}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(html: Path) -> Iterator[str]:
    """Where the site is served on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(html))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return WIDTHS[request.param]


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Literal["light", "dark"]:
    chosen: Literal["light", "dark"] = request.param
    return chosen


@pytest.fixture
def page(browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]) -> Iterator[Page]:
    """A page that asks no other site and has no error, or its test fails."""
    requests: list[str] = []
    complaints: list[str] = []
    with browser.new_context(
        base_url=address, viewport={"width": width, "height": 844}, color_scheme=scheme
    ) as context:
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("requestfailed", lambda request: complaints.extend(broken(request)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert [url for url in requests if not url.startswith((address, "data:"))] == []
        assert complaints == []


def broken(request: Request) -> list[str]:
    """A complaint, unless the page was left before the answer came."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}: {request.failure}"]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_violation(page: Page, path: str) -> None:
    page.goto(path)

    results = Axe().run(page)

    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_as_wide_as_the_screen(page: Page, path: str, width: int) -> None:
    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light"], indirect=True)
@pytest.mark.parametrize("width", ["phone"], indirect=True)
@pytest.mark.parametrize("path", EVERY_LESSON)
def test_every_lesson_is_clean_and_fits_a_phone(page: Page, path: str, width: int) -> None:
    page.goto(path)

    results = Axe().run(page)

    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light"], indirect=True)
@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_a_pasted_error_leads_to_its_lesson(page: Page) -> None:
    page.goto(INDEX)
    shown = page.locator(".symptom-list li:visible")
    every = shown.count()
    box = page.get_by_label("Show what resembles")

    box.fill("OutOfMemoryError: command not allowed when used memory > 'maxmemory'. (from 10.1.2.3)")

    assert 1 <= shown.count() < every / 2
    assert f"{shown.count()} of {every} shown" in page.get_by_role("status").inner_text()
    shown.get_by_role("link", name="Clearing the cache").first.click()
    assert page.url.endswith("/lessons/redis-shared-by-cache-and-broker/")


@pytest.mark.parametrize("scheme", ["light"], indirect=True)
@pytest.mark.parametrize("width", ["phone"], indirect=True)
def test_an_emptied_box_shows_every_symptom_again(page: Page) -> None:
    page.goto(INDEX)
    every = page.locator(".symptom-list li").count()
    box = page.get_by_label("Show what resembles")

    box.fill("no such words anywhere")
    hidden = page.locator(".symptom-list li:visible").count()
    box.fill("")

    assert (hidden, page.locator(".symptom-list li:visible").count()) == (0, every)


def test_without_javascript_the_list_of_symptoms_is_whole(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False, base_url=address) as context:
        page = context.new_page()
        page.goto(INDEX)

        assert page.locator(".symptom-list li:visible").count() > len(EVERY_LESSON)
        assert not page.get_by_label("Show what resembles").is_visible()


@pytest.mark.parametrize("scheme", ["light"], indirect=True)
@pytest.mark.parametrize("width", ["desktop"], indirect=True)
def test_search_finds_a_lesson_at_its_address(page: Page) -> None:
    page.goto("search/?q=FLUSHDB")
    page.get_by_role("link", name="Clearing the cache empties the task queue").first.click()

    assert page.url.partition("?")[0].endswith("/lessons/redis-shared-by-cache-and-broker/")
