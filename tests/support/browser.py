"""The Chromium of the system, driven by Playwright, and axe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_MS: Final = 240_000
expect.set_options(timeout=_MS)

INSTALL: Final = "apt-get install --no-install-recommends chromium, or name it in JIXIAO_CHROMIUM"


def chromium() -> str | None:
    """Return where Chromium is: what JIXIAO_CHROMIUM names, or what is on the PATH; null: it is not there."""
    return os.environ.get("JIXIAO_CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def opened() -> Iterator[Browser]:
    """Start Chromium for the context; a test that asks for it is skipped where there is none."""
    path = chromium()
    if path is None:
        pytest.skip(
            "no Chromium: install it (apt-get install --no-install-recommends chromium), or name it in JIXIAO_CHROMIUM"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"], timeout=_MS
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page, and what it did that it should not."""

    page: Page
    origin: str
    console: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def axe(self) -> list[str]:
        """Return what axe finds: rule, its meaning, and the places."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:4]}" for one in found]

    def said(self, count: int) -> list[str]:
        """Return what the console said, once it is so much as that."""
        while len(self.console) < count:
            self.page.wait_for_timeout(50)
        return self.console

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        wide: bool = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        return wide


@contextmanager
def without_script(browser: Browser) -> Iterator[Page]:
    """Open a page that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(_MS)
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def watched(browser: Browser, origin: str, *, width: int = 1280, dark: bool = False) -> Iterator[Watched]:
    """Open a page that notes what it asks of other places than `origin`, and what its console says."""
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme="dark" if dark else "light")
    page.set_default_timeout(_MS)
    seen = Watched(page, origin)
    page.on("console", lambda said: seen.console.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.console.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(origin) else seen.outside.append(asked.url))
    try:
        yield seen
    finally:
        page.close()
