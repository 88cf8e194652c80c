"""The page from signing in to corrected rows, as a person uses it in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.acceptance import workbook_files as books
from tests.page.person import Person

People = Callable[..., Person]


def test_a_spreadsheet_is_imported_and_its_rejected_row_corrected(person_of: People) -> None:
    person = person_of()
    person.sign_up()
    prefix = person.email
    rows = [["E-mail", "Full name"], *([f"{at}-{prefix}", f"Person {at}"] for at in range(30)), [None, "Nobody"]]
    person.choose("people.xlsx", books.by_openpyxl({"People": rows}))
    person.sees("Does everything go to the right place?")
    assert person.rows() == []
    person.page.get_by_label("Column for Full name").select_option("name")
    person.press("Continue")
    person.sees("1 row would be rejected")
    assert person.rows() == []
    person.press("Import 30 rows")
    person.press("Yes, import")
    person.sees("Imported, with rows to correct")
    assert len(person.rows()) == 30
    first = person.job
    person.importer.get_by_role("textbox").first.fill(f"new-{prefix}")
    person.press("Import 1 corrected row")
    person.sees("Import completed")
    assert len(person.rows()) == 31
    (second,) = person.stack.sql("select id from public.import_jobs where parent_job_id = %s", first)
    assert person.job == second["id"]


def test_a_reload_shows_the_job_and_the_list_has_it(person_of: People) -> None:
    person = person_of()
    person.sign_up("/?target=people")
    data = f"email,name\n{person.email},Ana\n".encode()
    person.import_file("my people.csv", data, rows="Import 1 row")
    person.sees("Import completed")
    job = person.job
    person.page.reload()
    person.sees("Import completed")
    person.page.get_by_role("link", name="My imports").click()
    person.page.wait_for_url("**/?view=imports*")
    history = person.page.locator("import-jobs-history")
    history.get_by_role("link", name="my people.csv").first.click()
    assert person.job == job
    person.sees("Import completed")


def test_another_person_does_not_see_a_job(person_of: People) -> None:
    owner, other = person_of(), person_of()
    owner.sign_up()
    owner.import_file("secret.csv", f"email,name\n{owner.email},Ana\n".encode(), rows="Import 1 row")
    owner.sees("Import completed")
    other.sign_up(f"/?job={owner.job}")
    expect(other.importer.get_by_role("alert").or_(other.importer.locator(".notice")).first).to_be_visible()
    text = other.importer.inner_text() + other.importer.evaluate("element => element.shadowRoot.textContent")
    assert "secret.csv" not in text
    assert "Import completed" not in text


HOSTILE = '<img src=x onerror="alert(1)">'


def test_names_headers_and_cells_are_text(person_of: People) -> None:
    """HTML in them is shown, and does not run; a dialog or an error of the browser fails the test."""
    person = person_of()
    person.sign_up()
    cell = HOSTILE.replace('"', '""')
    data = f'email,name,"{cell}"\n{person.email},"{cell}",1\n,"{cell}",2\n'.encode()
    person.choose(f"{HOSTILE}.csv", data)
    person.sees("Does everything go to the right place?")
    expect(person.importer.get_by_text(HOSTILE).first).to_be_visible()
    person.press("Continue")
    person.press("Import 1 row")
    person.press("Yes, import")
    person.sees("Imported, with rows to correct")
    assert [row["name"] for row in person.rows()] == [HOSTILE]
    assert person.importer.locator("img").count() == 0


def test_in_portuguese_and_in_a_narrow_window(person_of: People) -> None:
    person = person_of(locale="pt-BR", width=320)
    person.open()
    person.sees("Entrar")
    person.page.get_by_role("combobox", name="Idioma").select_option("en")
    person.sign_up()
    person.page.get_by_role("combobox", name="Language").select_option("pt")
    expect(person.page.locator("html")).to_have_attribute("lang", "pt-BR")
    names = "".join(f"a.long.name.{at}-{person.email},{'Ana Maria ' * 5}\n" for at in range(5))
    person.choose("pessoas.csv", f"email,name\n{names}".encode())
    person.sees("Continuar")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= 320
    person.press("Continuar")
    expect(person.importer.get_by_text(person.email).first).to_be_visible()
    assert person.page.evaluate("document.documentElement.scrollWidth") <= 320
    person.page.reload()
    person.sees("Minhas importações")


def test_a_session_that_ends_leaves_the_work_where_it_was(person_of: People) -> None:
    person = person_of()
    person.sign_up()
    person.choose("people.csv", f"email,name\n{person.email},Ana\n".encode())
    person.sees("Does everything go to the right place?")
    # Another tab signs out.
    other = person.page.context.new_page()
    other.goto(person.url)
    other.get_by_role("button", name="Sign out").click()
    person.sees("Your session has ended")
    person.sign_in()
    person.sees("Does everything go to the right place?")
    person.press("Continue")
    person.press("Import 1 row")
    person.press("Yes, import")
    person.sees("Import completed")


def test_a_wrong_password_is_a_sentence(person_of: People) -> None:
    person = person_of()
    person.open()
    person.sign_in()
    expect(person.page.get_by_role("alert")).to_contain_text("E-mail or password is wrong")
    person.trouble.clear()  # the browser reports the answer of Auth


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_axe_finds_nothing_in_any_step(person_of: People, scheme: Literal["light", "dark"]) -> None:
    person = person_of(width=390)
    person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    person.open()
    person.sees("No account yet")
    found = {"sign in": person.accessibility()}
    person.sign_up()
    person.sees("Drop your file here")
    found["file"] = person.accessibility()
    person.choose("people.csv", f"email,name\n{person.email},Ana\n,Bo\n".encode())
    person.sees("Does everything go to the right place?")
    found["columns"] = person.accessibility()
    person.press("Continue")
    person.sees("1 row would be rejected")
    found["check"] = person.accessibility()
    person.press("Import 1 row")
    person.sees("Import now?")
    found["confirm"] = person.accessibility()
    person.press("Yes, import")
    person.sees("Imported, with rows to correct")
    person.sees("Show the whole row")
    found["result"] = person.accessibility()
    person.page.get_by_role("link", name="My imports").click()
    expect(person.page.locator("import-jobs-history").get_by_text("people.csv").first).to_be_visible()
    found["history"] = person.accessibility()
    assert {step: problems for step, problems in found.items() if problems} == {}


def test_the_whole_way_by_keyboard(person_of: People) -> None:
    """Focus follows the steps, so that each next control is some Tabs away."""
    person = person_of()
    person.sign_up()
    person.choose("people.csv", f"email,name\n{person.email},Ana\n".encode())
    for heading, button in (
        ("Does everything go to the right place?", "Continue"),
        ("This is what would happen", "Import 1 row"),
        ("Import now?", "Yes, import"),
    ):
        person.sees(heading)
        control = person.page.get_by_role("button", name=button)
        expect(control).to_be_enabled(timeout=20_000)
        for _ in range(40):
            if control.evaluate("element => element.getRootNode().activeElement === element"):
                break
            person.page.keyboard.press("Tab")
        expect(control).to_be_focused()
        person.page.keyboard.press("Enter")
    person.sees("Import completed")
