"""The written pages in a real browser: layout, keyboard, contrast, print, and no network."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchback.reporting.report import ReportPaths
from tests.fixtures.report_project import make_project, write

CHROMIUM = Path("/usr/bin/chromium")
playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]

WIDTHS = (390, 1280, 1920)
SCHEMES = ("light", "dark")
SCRIPTS = Path(__file__).parent
LOW_CONTRAST = (SCRIPTS / "low_contrast.js").read_text(encoding="utf-8")
HEADING_JUMPS = """() => [...document.querySelectorAll("h1, h2, h3, h4")]
  .map((heading) => Number(heading.tagName[1]))
  .filter((level, index, levels) => level - (levels[index - 1] ?? 0) > 1).length"""
NAMELESS = """() => [...document.querySelectorAll("a, summary, button, [role=group], nav")]
  .filter((element) => !(element.textContent.trim() || element.getAttribute("aria-label")))
  .map((element) => element.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> ReportPaths:
    return write(make_project(tmp_path_factory.mktemp("project")))


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright_api.Browser"]:
    with playwright_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


def open_page(browser: "playwright_api.Browser", path: Path, **context) -> "playwright_api.Page":
    page = browser.new_context(**context).new_page()
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows_the_window_even_with_everything_open(
    browser: "playwright_api.Browser", paths: ReportPaths, width: int
) -> None:
    for path in (paths.report, paths.audit_page):
        page = open_page(browser, path, viewport={"width": width, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach((item) => item.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        page.context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_has_enough_contrast_and_headings_do_not_jump(
    browser: "playwright_api.Browser", paths: ReportPaths, scheme: str
) -> None:
    for path in (paths.report, paths.audit_page):
        page = open_page(browser, path, color_scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach((item) => item.open = true)")
        assert page.evaluate(LOW_CONTRAST) == [], path.name
        assert page.evaluate(HEADING_JUMPS) == 0, path.name
        assert page.evaluate(NAMELESS) == [], path.name
        page.context.close()


def test_the_page_asks_for_nothing_and_reports_no_error(
    browser: "playwright_api.Browser", paths: ReportPaths
) -> None:
    page = browser.new_context().new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(paths.report.as_uri())
    page.mouse.move(600, 500)
    assert requests == [paths.report.as_uri()]
    assert complaints == []
    page.context.close()


def test_the_keyboard_reaches_the_content_and_opens_a_check(
    browser: "playwright_api.Browser", paths: ReportPaths
) -> None:
    page = open_page(browser, paths.report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.locator("#check-hash_mismatch > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#check-hash_mismatch table").is_visible()
    page.context.close()


def test_a_link_to_a_check_opens_it(browser: "playwright_api.Browser", paths: ReportPaths) -> None:
    page = open_page(browser, paths.report)
    page.locator(".fixes a").first.click()
    target = page.evaluate("location.hash")
    assert page.locator(target).evaluate("(item) => item.open")
    page.context.close()


def test_pointing_at_a_trend_reads_the_day_out(
    browser: "playwright_api.Browser", paths: ReportPaths
) -> None:
    page = open_page(browser, paths.report, viewport={"width": 1280, "height": 900})
    card = page.locator(".trend").first
    card.scroll_into_view_if_needed()
    before = card.locator(".readout").inner_text()
    box = card.locator(".plot").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20)
    read = card.locator(".readout").inner_text()
    assert read != before
    assert "hit ratio" in read
    page.mouse.move(0, 0)
    assert card.locator(".readout").inner_text() == before
    page.context.close()


def test_it_prints_on_a_sane_number_of_pages(
    browser: "playwright_api.Browser", paths: ReportPaths
) -> None:
    page = open_page(browser, paths.report)
    pages = len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4")))
    assert 4 <= pages <= 25
    page.emulate_media(media="print")
    assert not page.locator("nav.sections").is_visible()
    page.context.close()
