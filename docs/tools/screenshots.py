"""Render the states of the page: `scripts/screenshots [FOLDER]`, and docs/images/importer.png for the README.

A temporary stack serves the page; a person signs up in Chromium and imports a spreadsheet. Each state is rendered at
three widths, light and dark, into FOLDER (build/screenshots). `scripts/screenshots --measure [GIGABYTES]` prints
figures of the page instead (`docs/tools/page_figures.py`).
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import openpyxl
import psycopg
from playwright.sync_api import Page, sync_playwright

from docs.tools import page_figures
from processor.local import state

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "importer.png"
WIDTHS = (1280, 768, 390)
#: Of the file whose upload is measured.
GIGABYTES = 2.0
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TARGET = """
create table public.customers (
  id bigint generated always as identity primary key, email text not null unique, name text, born date,
  balance numeric(12,2), owner uuid default auth.uid()
);
alter table public.customers enable row level security;
create policy own on public.customers to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
grant select, insert on public.customers to authenticated;
select importer.register_target('public.customers', owner_column => 'owner');
"""
ROWS = [
    ("ana.lima@example.com", "Ana Lima", "1991-04-12", 1250.5),
    ("joao@example.com", "João Conceição", "1984-11-30", -80),
    ("mei@example.com", "Mei Tanaka", "1979-02-03", 310.25),
    ("sam@example.com", "Sam Okafor", "31st of June", 12),
    (None, "Unknown", "2000-01-01", 0),
]


@contextmanager
def stack() -> Generator[str]:
    """Start a stack with a target; yield the address of its page."""
    folder = tempfile.mkdtemp(prefix="import-jobs-screenshots-")
    Path(folder).chmod(0o755)
    command = [sys.executable, "-m", "processor.cli", "stack"]
    subprocess.run([*command, "up", "--detach", "--data", f"{folder}/stack"], check=True, capture_output=True)
    try:
        kept = state.load(Path(folder, "stack"))
        if kept is None:
            raise SystemExit("the stack did not start")
        with psycopg.connect(kept.database_url(), autocommit=True) as conn:
            conn.execute(TARGET)
        yield kept.processor_url
    finally:
        subprocess.run([*command, "down", "--data", f"{folder}/stack"], check=True, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def workbook() -> bytes:
    """Return the spreadsheet that is imported."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Customers", 0)
    sheet.append(["E-mail", "Full name", "Born", "Balance"])
    for row in ROWS:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def render(page: Page, folder: Path, name: str) -> None:
    """Render what the page shows at each width and in each colour scheme."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(200)
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.emulate_media(color_scheme="light")


def sign_up(page: Page, url: str) -> None:
    """Create an account."""
    page.goto(url)
    page.get_by_role("button", name="No account yet?").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Create an account").click()
    page.get_by_text("Drop your file here").wait_for()


def give(page: Page, name: str, data: bytes) -> None:
    """Choose a file."""
    file: Any = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    page.locator("input[type=file]").set_input_files(file)


def walk(page: Page, url: str, folder: Path) -> None:
    """Go through the steps of an import, and render each."""
    page.goto(url)
    page.get_by_role("button", name="No account yet?").click()
    render(page, folder, "1-sign-up")
    sign_up(page, url)
    render(page, folder, "2-file")
    give(page, "wrong.pdf", b"%PDF-1.7")
    page.get_by_text("This is a PDF document").wait_for()
    render(page, folder, "2-file-refused")
    give(page, "customers 2026.xlsx", workbook())
    page.get_by_label("Column for Full name").select_option("name")
    page.get_by_text("5 rows").first.wait_for()
    render(page, folder, "3-map")
    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=PICTURE)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("rows would be rejected").first.wait_for()
    render(page, folder, "4-check")
    page.get_by_role("button", name="Import 3 rows").click()
    page.get_by_role("button", name="Yes, import").wait_for()
    render(page, folder, "5-confirm")
    page.get_by_role("button", name="Yes, import").click()
    page.get_by_text("Imported, with rows to correct").first.wait_for()
    page.get_by_text("Show the whole row").first.wait_for()
    render(page, folder, "6-result")
    page.get_by_role("link", name="My imports").click()
    page.locator("import-jobs-history").get_by_text("customers 2026.xlsx").first.wait_for()
    render(page, folder, "7-history")
    questions(page, url, folder)


def questions(page: Page, url: str, folder: Path) -> None:
    """Render what the page asks, and what it says of jobs that do not end well."""
    page.goto(url)
    page.get_by_text("Drop your file here").wait_for()
    give(
        page, "dates.csv", b'email,born,balance\na@example.com,01/02/2026,"1.234,50"\nb@example.com,03/04/2026,"2,5"\n'
    )
    page.get_by_text("What is the order of the dates?").wait_for()
    render(page, folder, "8-questions")
    page.goto(url)
    page.get_by_text("Drop your file here").wait_for()
    give(page, "bad.csv", b"email,born\n" + b",no day\n" * 1500 + b"c@example.com,2026-01-01\n")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Go on despite the rejected rows").wait_for()
    render(page, folder, "9-too-many")
    page.goto(f"{url}/?job=00000000-0000-4000-8000-000000000000")
    page.get_by_text("This import cannot be shown").wait_for()
    render(page, folder, "10-no-job")


def main() -> None:
    """Render all states, or measure."""
    measures, given = sys.argv[1:2] == ["--measure"], sys.argv[1:]
    folder = Path(given[0] if given and not measures else ROOT / "build" / "screenshots")
    with stack() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        # Without it, buttons are still fading when the colour scheme has changed.
        context = browser.new_context(
            viewport={"width": WIDTHS[0], "height": 900}, locale="en-US", reduced_motion="reduce"
        )
        if measures:
            sign_up(context.new_page(), url)
            page_figures.measure(context, url, float(given[1]) if len(given) > 1 else GIGABYTES)
            return
        folder.mkdir(parents=True, exist_ok=True)
        walk(context.new_page(), url, folder)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}, and {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
