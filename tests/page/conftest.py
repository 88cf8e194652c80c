"""A stack with its page, and Chromium: each test gets people, each in a browser profile of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.clients.client_stack import ClientStack
from tests.clients.conftest import client_stack as client_stack
from tests.page.person import Person


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, which scripts/setup installs; Playwright's own is never downloaded."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "chromium is not installed: run scripts/setup dev as root, or apt-get install chromium"
    with sync_playwright() as playwright:
        # Root needs --no-sandbox.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def person_of(browser: Browser, client_stack: ClientStack) -> Iterator[Callable[..., Person]]:
    """Return a function that opens the page for a new person. What goes wrong in a browser fails the test."""
    people: list[Person] = []

    def new(*, locale: str = "en-US", width: int = 1280) -> Person:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": 900})
        people.append(Person(context.new_page(), client_stack))
        return people[-1]

    yield new
    for person in people:
        person.page.context.close()
        assert person.trouble == []
