"""A person with a browser: what people do on the page, in their words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from playwright.sync_api import ConsoleMessage, Dialog, Locator, Page, expect

from processor.local import state
from tests.clients.client_stack import ClientStack

AXE = Path(__file__).parents[1] / "clients" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "a password of 24 letters"
#: How long anything may take on a busy machine, in milliseconds.
MILLISECONDS = 20_000
#: What the browser says where the stack has no Realtime: the page asks for progress instead.
EXPECTED = ("/realtime/v1/websocket",)


class Person:
    """One person; `trouble` has what the browser complained about: errors of scripts, and of the security policy."""

    def __init__(self, page: Page, stack: ClientStack) -> None:
        self.page, self.stack = page, stack
        self.email = f"{uuid4().hex[:12]}@example.com"
        self.trouble: list[str] = []
        page.set_default_timeout(MILLISECONDS)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("dialog", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in EXPECTED):
            self.trouble.append(message.text)

    def _asked(self, dialog: Dialog) -> None:
        self.trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    @property
    def url(self) -> str:
        """The address of the page."""
        kept = state.load(self.stack.folder)
        assert kept is not None
        return kept.processor_url

    @property
    def importer(self) -> Locator:
        """The element."""
        return self.page.locator("import-jobs-importer")

    @property
    def job(self) -> UUID:
        """The job that the address names."""
        self.page.wait_for_url("**/?job=*")
        return UUID(self.page.url.partition("job=")[2][:36])

    def open(self, address: str = "/") -> None:
        """Open the page."""
        self.page.goto(self.url + address)

    def sign_up(self, address: str = "/") -> None:
        """Open the page, and create an account."""
        self.open(address)
        self.press("No account yet? Create one")
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Create an account")
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def sign_in(self) -> None:
        """Sign in on the form that is shown."""
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Sign in")

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name).click()

    def sees(self, text: str) -> None:
        """Wait until a text is shown."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=MILLISECONDS)

    def choose(self, name: str, data: bytes) -> None:
        """Choose a file."""
        file: Any = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        self.page.locator("input[type=file]").set_input_files(file)

    def import_file(self, name: str, data: bytes, *, rows: str) -> None:
        """Import a file whose headers are those of the target; `rows` is what the last button says."""
        self.choose(name, data)
        self.press("Continue")
        self.press(rows)
        self.press("Yes, import")

    def rows(self) -> list[Mapping[str, Any]]:
        """Return the rows that belong to the person, as the administrator sees them."""
        statement = """select p.email, p.name from public.people as p join auth.users as u on u.id = p.owner
          where u.email = %s order by 1"""
        return list(self.stack.sql(statement, self.email))

    def accessibility(self) -> list[str]:
        """Return what axe-core finds against WCAG 2.2 AA in what is shown: rule and place."""
        if not self.page.evaluate("'axe' in globalThis"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found: Any = self.page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
        assert found["passes"]
        return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]
