"""One browser for the tests of a file, and a page that goes nowhere but to this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from labeller import Labeller
    from playwright.sync_api import Browser
    from portal import Portal

_CROWD = "https://assets.crowd.aws/crowd-html-elements.js"
_STUB = Path(__file__).parent / "crowd_stub.js"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system; of the module, since its event loop would be in the way of other tests."""
    from playwright.sync_api import sync_playwright

    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser among {', '.join(_NAMES)}: run scripts/install-system-packages.sh")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Portal]:
    from portal import open_portal

    with open_portal() as portal:
        yield portal


@pytest.fixture
def portal(server: Portal) -> Portal:
    """The portal, as it is before a test changes it."""
    server.images.clear()
    server.cors = True
    return server


@pytest.fixture
def sit_down(browser: Browser) -> Iterator[Callable[..., Labeller]]:
    """Return a function that opens a task's address; what the page logs as an error fails the test."""
    from labeller import Labeller

    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(5_000)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))

    def route(route: Any) -> None:
        if route.request.url == _CROWD:
            route.fulfill(path=_STUB, content_type="application/javascript")
        elif route.request.url.startswith(("http://127.0.0.1:", "http://localhost:")):
            route.continue_()
        else:
            failures.append(f"asked for {route.request.url}")
            route.abort()

    page.route("**/*", route)

    def open_task(address: str) -> Labeller:
        page.goto(address)
        page.wait_for_function("!document.getElementById('message').textContent.includes('still loading')")
        return Labeller(page)

    yield open_task
    context.close()
    assert failures == []
