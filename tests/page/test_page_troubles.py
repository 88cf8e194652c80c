"""The page when something goes wrong in the middle: network, reload, processor, other tabs, thousands of rejections."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Route, expect

from processor.local import run_record
from tests.page.person import Person
from tests.waiting import until

pytestmark = pytest.mark.nightly

People = Callable[..., Person]
#: Larger than a part of a resumable upload, which is 6 MiB.
LARGE = 20 << 20


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file on the disk: what is chosen again has the same time of change, by which an upload is found again."""
    file = tmp_path / "large.csv"
    line = f"@example.com,{'x' * 900}\n"
    file.write_bytes(b"email,name\n" + b"".join(f"{uuid4().hex}{line}".encode() for _ in range(LARGE // 930)))
    return file


def refuse_uploads_after(person: Person, parts: int) -> list[str]:
    """Let this many parts of an upload through, and no more; return the methods that were sent."""
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.method)
        if route.request.method == "PATCH" and sent.count("PATCH") > parts:
            route.abort("connectionreset")
        else:
            route.continue_()

    person.page.route("**/storage/v1/upload/resumable**", answer)
    return sent


def test_an_upload_goes_on_after_a_reload(person_of: People, large: Path) -> None:
    person = person_of()
    person.sign_up()
    person.sees("Drop your file here")
    sent = refuse_uploads_after(person, 1)
    person.page.locator("input[type=file]").set_input_files(large)
    until(lambda: person.page.wait_for_timeout(50) or sent.count("PATCH") > 1, lambda: sent)
    person.page.unroute("**/storage/v1/upload/resumable**")
    person.page.reload()
    person.sees("Drop your file here")
    sent = refuse_uploads_after(person, 100)
    person.page.locator("input[type=file]").set_input_files(large)
    person.sees("Does everything go to the right place?")
    # The upload is found again, and not sent from its beginning: four parts make the file.
    assert "POST" not in sent
    assert 1 <= sent.count("PATCH") <= 3
    person.trouble.clear()  # the browser reports the connections that were reset


EXPIRE = """() => {
  const [key] = Object.keys(localStorage).filter((name) => name.endsWith("-auth-token"));
  const session = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({ ...session, expires_at: 1 }));
}"""


def test_a_session_that_expires_in_an_upload_is_renewed(person_of: People, large: Path) -> None:
    person = person_of()
    person.sign_up()
    person.sees("Drop your file here")
    renewed: list[str] = []
    person.page.on("request", lambda request: "grant_type=refresh_token" in request.url and renewed.append(request.url))
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.method)
        if sent.count("PATCH") == 2 and route.request.method == "PATCH":
            person.page.evaluate(EXPIRE)
        route.continue_()

    person.page.route("**/storage/v1/upload/resumable**", answer)
    person.page.locator("input[type=file]").set_input_files(large)
    # The parts come one after the other, each with a question to Auth before it.
    expect(person.page.get_by_text("Does everything go to the right place?").first).to_be_visible(timeout=60_000)
    assert sent == ["POST", *["PATCH"] * 3]
    assert renewed


def test_being_offline_is_said_and_the_upload_goes_on(person_of: People, large: Path) -> None:
    person = person_of()
    person.sign_up()
    person.sees("Drop your file here")
    sent = refuse_uploads_after(person, 1)
    person.page.locator("input[type=file]").set_input_files(large)
    until(lambda: person.page.wait_for_timeout(50) or sent.count("PATCH") > 1, lambda: sent)
    person.page.context.set_offline(True)
    person.sees("Waiting for the network")
    person.page.unroute("**/storage/v1/upload/resumable**")
    person.page.context.set_offline(False)
    person.sees("Does everything go to the right place?")
    person.trouble.clear()


def test_two_tabs_that_import_the_same_corrections_make_one_job(person_of: People) -> None:
    person = person_of()
    person.sign_up()
    person.import_file("people.csv", f"email,name\n{person.email},Ana\n,Bo\n".encode(), rows="Import 1 row")
    person.sees("Imported, with rows to correct")
    job = person.job
    other = person.page.context.new_page()
    other.goto(person.page.url)
    for page in (person.page, other):
        page.locator("import-jobs-importer").get_by_role("textbox").first.fill(f"bo-{person.email}")
    for page in (person.page, other):
        page.get_by_role("button", name="Import 1 corrected row").click()
    for page in (person.page, other):
        expect(page.get_by_text("Import completed").first).to_be_visible(timeout=20_000)
    made = person.stack.sql("select id from public.import_jobs where parent_job_id = %s", job)
    assert len(made) == 1
    assert len(person.rows()) == 2
    person.trouble.clear()  # the browser reports the answer to the upload that came second


def test_thousands_of_rejections_are_paged(person_of: People) -> None:
    person = person_of()
    person.sign_up()
    person.stack.sql("update public.import_targets set options = options || '{\"max_errors\": 20000}'")
    data = f"email,name\n{person.email},Ana\n".encode() + b"".join(b",%d\n" % at for at in range(10_000))
    person.import_file("people.csv", data, rows="Import 1 row")
    person.sees("10,000 rows were rejected")
    person.press("Next")
    person.sees("Page 2")
    assert person.importer.get_by_role("textbox").count() <= 200


def test_a_silent_processor_is_said_after_a_minute(person_of: People) -> None:
    """The processor is stopped while a job waits for it; it goes on afterwards, and so does the job."""
    person = person_of()
    person.sign_up()
    person.choose("people.csv", f"email,name\n{person.email},Ana\n".encode())
    person.press("Continue")
    run = run_record.read(person.stack.folder)
    assert run is not None
    pid = run.parts["processor"].process.pid
    expect(person.page.get_by_role("button", name="Import 1 row")).to_be_visible()
    os.kill(pid, signal.SIGSTOP)
    try:
        person.press("Import 1 row")
        person.press("Yes, import")
        expect(person.page.get_by_text("Nobody has begun with your import").first).to_be_visible(timeout=90_000)
        assert person.accessibility() == []
    finally:
        os.kill(pid, signal.SIGCONT)
    person.sees("Import completed")
    person.trouble.clear()
