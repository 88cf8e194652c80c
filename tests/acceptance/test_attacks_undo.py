"""Code of a user's table that runs while a job is undone for its owner, or while its file is inspected."""

from uuid import UUID, uuid4

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.tenants_harness import BELONGS_TO_USER, table
from tests.acceptance.test_attacks_sessions import ATTEMPTS, REFUSED, TRIGGER, staged_rows
from tests.acceptance.test_undo_by_owner import undone

COLUMNS = "id integer primary key, user_id uuid default auth.uid(), note text, job uuid"
ATTEMPTS_AT_UNDO = ATTEMPTS | {
    "see requests to undo": "select count(*) from importer.undo_requests",
    "claim requests to undo": "select count(*) from importer.claim_undos(10)",
    "end the request": "select importer.finish_undo('{other}', gen_random_uuid(), 1, 0)",
    "begin another": "select importer.begin_undo('{other}', gen_random_uuid())",
    "ask as another": "select count(*) from public.undo_import_job('{other}')",
    "see folders": "select count(*) from public.import_folders",
    "see mappings": "select count(*) from public.import_mappings",
}


@pytest.fixture
def user() -> UUID:
    """The id of a user of this test's own."""
    return uuid4()


def undoable(stack: Stack, mode: str, **registered: object) -> str:
    """Create a target whose owners may undo; return its name."""
    rules = {"owner_column": "user_id", "provenance_column": "job", "undo_days": 7, **registered}
    return table(stack, COLUMNS, BELONGS_TO_USER, mode=mode, **rules)


@pytest.mark.parametrize("mode", ["insert", "replace"])
def test_trigger_that_leaves_the_users_role_reaches_nothing(stack: Stack, user: UUID, mode: str) -> None:
    name, other = undoable(stack, mode), uuid4()
    stack.run_as(user, b"id,note\n1,a\n", name)
    job = stack.run_as(user, b"id,note\n2,b\n", name)
    statements = [text.format(other=other, other_hex=other.hex) for text in ATTEMPTS_AT_UNDO.values()]
    trigger = TRIGGER.format(name, ", ".join(f"$${text}$$" for text in statements))
    trigger = trigger.replace("before insert", "before delete").replace("return new", "return old")
    stack.sql(trigger.replace("%", "%%"))
    with staged_rows(stack, other):
        job = undone(stack, user, job)
    found = stack.rows(f"{name}_proof", "attempt, outcome, who, session")
    assert (job["undo_error_code"], stack.rows(name, "id")) == (None, [(1,)])
    assert {(who, session) for *_, who, session in found} == {("import_uploader", "import_uploader")}
    assert len({attempt for attempt, *_ in found}) == len(ATTEMPTS_AT_UNDO)
    assert [(attempt, outcome) for attempt, outcome, *_ in found if outcome not in REFUSED] == []


KEPT_BACK = """
create function public.{0}_keep() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger keep before {1} on public.{0} for each row execute function public.{0}_keep();
"""


@pytest.mark.parametrize(("event", "code"), [("delete", "IJ603"), ("insert", "IJ504")])
def test_trigger_that_skips_rows_leaves_all_as_it_was(stack: Stack, user: UUID, event: str, code: str) -> None:
    """Rows that are not removed or not restored must not be forgotten, which an undo that counts as done would do."""
    name = undoable(stack, "replace")
    stack.run_as(user, b"id,note\n1,a\n", name)
    job = stack.run_as(user, b"id,note\n2,b\n", name)
    stack.sql(KEPT_BACK.format(name, event))
    job = undone(stack, user, job)
    assert (job["undo_error_code"], job["undone_at"], stack.rows(name, "id")) == (code, None, [(2,)])
    stack.sql(f"drop trigger keep on public.{name}")
    assert (undone(stack, user, job)["undo_error_code"], stack.rows(name, "id")) == (None, [(1,)])


CHECKED = """
create table public.{0}_proof (who text, session text);
grant select, insert on public.{0}_proof to public;
create function public.{0}_check(value text) returns boolean language plpgsql as $$
begin
  insert into public.{0}_proof values (current_user, session_user);
  return true;
end
$$;
create domain public.{0}_text as text check (public.{0}_check(value));
alter table public.{0} alter note type public.{0}_text;
"""


@pytest.mark.parametrize("registered", [{"mode": "replace"}, {"on_duplicate_key": "error"}], ids=str)
def test_domain_is_checked_with_few_rights_when_a_file_is_inspected(
    stack: Stack, user: UUID, registered: dict[str, str]
) -> None:
    """An inspection shows values as the types of the columns spell them, and a domain may call a function."""
    mode = registered.get("mode", "ignore")
    name = undoable(stack, mode, key_columns=["id"])
    if "on_duplicate_key" in registered:
        stack.sql("update public.import_targets set on_duplicate_key = 'error' where name = %s", name)
    stack.sql(CHECKED.format(name))
    job = stack.run_as(user, b"id,note\n1,a\n", name, {"inspect": True})
    assert job["status"] == "completed"
    assert {session for _, session in stack.rows(f"{name}_proof", "who, session")} == {"import_uploader"}
