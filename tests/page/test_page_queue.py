"""Several files one after the other, what a file leaves open, and the list of imports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID, uuid4

import psycopg
import pytest
from playwright.sync_api import expect

from processor.local import state
from processor.local.postgres import SUPERUSER
from tests.page.person import Person

People = Callable[..., Person]


def choose(person: Person, files: Mapping[str, bytes]) -> None:
    """Choose several files at once."""
    given: Sequence[Any] = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files.items()
    ]
    person.page.locator("input[type=file]").set_input_files(given)


def month(person: Person, number: int) -> bytes:
    return f"E-mail;Full name\n{number}-{person.email};Ana\n".encode()


def names(person: Person) -> list[str]:
    return [row["email"].partition("-")[0] for row in person.rows()]


def test_files_with_one_header_are_imported_in_one_way(person_of: People) -> None:
    """A file that is refused, and one with another header, are a question in between."""
    person = person_of()
    person.sign_up()
    months = {f"month {number}.csv": month(person, number) for number in range(1, 4)}
    other = f"mail,nom\n4-{person.email},Zoe\n".encode()
    choose(person, {"month 1.csv": months["month 1.csv"], "a.pdf": b"%PDF-1.7", "other.csv": other} | months)
    person.page.get_by_label("Column for Full name").select_option("name")
    person.press("Continue")
    person.press("Import 1 row")
    person.page.get_by_label("Import the 4 files that come after this one").check()
    assert names(person) == []
    person.press("Yes, import")
    person.sees("This is a PDF document")
    assert names(person) == ["1"]
    person.press("Go on with other.csv")
    person.page.get_by_label("Column for mail").select_option("email")
    person.press("Continue")
    person.press("Import 1 row")
    person.press("Yes, import")
    person.sees("Import completed")
    person.press("Go on with the next file (2 left)")
    expect(person.importer.get_by_role("list", name="Files that were chosen together").locator("li")).to_have_count(4)
    assert [(row["email"].partition("-")[0], row["name"]) for row in person.rows()] == [
        ("1", "Ana"),
        ("2", "Ana"),
        ("3", "Ana"),
        ("4", None),
    ]
    person.importer.get_by_role("button", name="other.csv").click()
    person.sees("other.csv")


@pytest.mark.nightly
def test_without_that_wish_each_file_is_confirmed(person_of: People) -> None:
    person = person_of()
    person.sign_up()
    choose(person, {f"month {number}.csv": month(person, number) for number in range(1, 3)})
    person.page.get_by_label("Column for Full name").select_option("name")
    person.press("Continue")
    person.press("Import 1 row")
    person.press("Yes, import")
    person.sees("Import completed")
    person.press("Go on with the next file")
    # Its header is that of the first one, so that nothing has to be mapped.
    person.press("Import 1 row")
    assert names(person) == ["1"]
    person.press("Yes, import")
    expect(person.importer.get_by_role("list", name="Files that were chosen together").locator("li")).to_have_count(2)
    assert names(person) == ["1", "2"]


@pytest.mark.nightly
def test_an_upload_that_is_cancelled_leaves_the_files_that_wait(person_of: People) -> None:
    person = person_of()
    person.sign_up()
    choose(person, {f"month {number}.csv": month(person, number) for number in range(1, 3)})
    person.press("Choose another file")
    person.press("Go on with month 2.csv")
    person.sees("Does everything go to the right place?")
    person.sees("month 2.csv")


@pytest.mark.nightly
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_questions_and_refusals(person_of: People, scheme: Literal["light", "dark"]) -> None:
    person = person_of(width=390)
    person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    person.sign_up("/?target=people")
    choose(person, {"a.pdf": b"%PDF-1.7", "b.csv": b"mail,name\n" + b",x\n" * 2_000 + b"a@x.com,y\n"})
    person.sees("This is a PDF document")
    seen = {"refused": person.accessibility()}
    person.press("Go on with b.csv")
    person.sees("Nothing goes into the required column")
    seen["unmet"] = person.accessibility()
    person.page.get_by_label("Column for mail").select_option("email")
    person.press("Continue")
    person.sees("rows were rejected")
    seen["too many"] = person.accessibility()
    person.open(f"/?job={uuid4()}")
    person.sees("This import cannot be shown")
    seen["no job"] = person.accessibility()
    assert {state: problems for state, problems in seen.items() if problems} == {}
    person.trouble.clear()  # the browser reports that there is no such job


MONEY = """
create table public.money (amount numeric, day date, owner uuid not null default auth.uid());
alter table public.money enable row level security;
create policy "own rows" on public.money for all to authenticated
using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
grant select, insert, update, delete on public.money to authenticated;
select importer.register_target('public.money', owner_column => 'owner');
"""


@pytest.fixture
def with_money(person_of: People) -> Iterator[Person]:
    """A person who may import amounts and days as well, until the test ends."""
    person = person_of()
    for statement in filter(str.strip, MONEY.split(";\n")):
        person.stack.sql(statement)
    yield person
    person.stack.sql("select importer.unregister_target('money')")
    person.stack.sql("drop table public.money")


@pytest.mark.nightly
def test_the_way_of_a_country_is_proposed(with_money: Person) -> None:
    person = with_money
    person.sign_up("/?target=money")
    person.choose("valores.csv", b"valor;day\n1.234,56;31/12/2026\n7,5;01/02/2026\n")
    person.sees("Does everything go to the right place?")
    expect(person.importer.get_by_text("The numbers look as in")).to_have_count(0)
    person.page.get_by_label("Column for valor").select_option("amount")
    person.sees("The numbers look as in Brazilian Portuguese")
    person.press("Yes, read them so")
    person.press("Continue")
    person.press("Import 2 rows")
    person.press("Yes, import")
    person.sees("Import completed")
    rows = person.stack.sql("select amount::text, day::text from public.money order by 1")
    assert [tuple(row.values()) for row in rows] == [("1234.56", "2026-12-31"), ("7.5", "2026-02-01")]


@pytest.mark.nightly
def test_a_column_that_raises_a_question_is_asked_about_before_the_check(with_money: Person) -> None:
    person = with_money
    person.sign_up("/?target=money")
    person.choose("days.csv", b"when\n01/02/2026\n03/04/2026\n")
    person.page.get_by_label("Column for when").select_option("day")
    person.press("Continue")
    person.sees("What is the order of the dates?")
    assert person.accessibility() == []
    person.page.get_by_label("31/12/2026: day first").first.check()
    person.press("Continue")
    person.press("Import 2 rows")


@pytest.mark.nightly
def test_more_rejections_than_are_allowed_are_no_dead_end(person_of: People) -> None:
    person = person_of()
    person.sign_up()
    person.stack.sql("update public.import_targets set options = options - 'max_errors' where name = 'people'")
    data = f"email,name\n{person.email},Ana\n".encode() + b"".join(b",%d\n" % at for at in range(2_000))
    person.choose("people.csv", data)
    person.press("Continue")
    person.press("Go on despite the rejected rows")
    person.press("Import 1 row")
    person.sees("however many others are rejected")
    person.press("Yes, import")
    person.sees("2,000 rows were rejected")
    assert len(person.rows()) == 1


def let_fail(person: Person, job: UUID) -> None:
    """Make a job one that was lost at each attempt; the triggers of the table, which forbid that, are passed over."""
    kept = state.load(person.stack.folder)
    assert kept is not None
    with psycopg.connect(kept.database_url(SUPERUSER)) as conn:
        conn.execute("set session_replication_role = replica")
        conn.execute(
            """update public.import_jobs set status = 'failed', error_code = 'IJ104', error_message = 'lost',
              error_hint = '', rows_loaded = 0, rows_read = 0 where id = %s""",
            (job,),
        )
        conn.execute("delete from importer.job_chunks where job_id = %s", (job,))
        conn.execute("delete from public.people where email = %s", (person.email,))


@pytest.mark.nightly
def test_the_list_is_filtered_and_a_failed_import_tried_again(person_of: People) -> None:
    person = person_of()
    person.sign_up()
    person.import_file("good.csv", f"email,name\n{person.email},Ana\n".encode(), rows="Import 1 row")
    person.sees("Import completed")
    job = person.job
    let_fail(person, job)
    person.open("/?view=imports")
    history = person.page.locator("import-jobs-history")
    expect(history.locator(".job")).to_have_count(1)
    expect(history.get_by_role("link", name="good.csv")).to_have_attribute("href", f"/?job={job}")
    expect(history.get_by_text("1 check before it")).to_be_visible()
    history.get_by_label("State").select_option("completed")
    expect(history.locator(".job")).to_have_count(1)
    expect(history.get_by_text("checked only")).to_be_visible()
    history.get_by_label("State").select_option("running")
    expect(history.get_by_text("No import is like that")).to_be_visible()
    history.get_by_label("State").select_option("failed")
    assert person.accessibility() == []
    history.get_by_role("button", name="Try again").click()
    person.sees("Import completed")
    assert person.job == job
