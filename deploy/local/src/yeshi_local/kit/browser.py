"""A page in a real browser, the size of a phone or of a desk, that breaks nothing and asks nobody else."""

import contextlib
import shutil
from collections.abc import Iterator

from playwright.sync_api import Page, sync_playwright

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


PHONE, DESK = (390, 780), (1280, 800)  # CSS pixels


@contextlib.contextmanager
def page_of(url: str, size: tuple[int, int] = PHONE) -> Iterator[Page]:
    """An empty page. Raises AssertionError at the end when there was an error in a page, something that a page's own
    policy refuses, or a request to anywhere but `url`.
    """
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "there is no browser: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
        page.on(
            "request",
            lambda request: None if request.url.startswith((url, "data:")) else wrong.append(request.url),
        )
        yield page
        browser.close()
        assert wrong == []
