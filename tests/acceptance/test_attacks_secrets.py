"""Values of a file do not appear in messages, events or logs, and secrets do not appear in readable tables."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.conftest import Stack
from tests.acceptance.logs import all_logs

CANARY = "c4n4ry"
# For each way of rejecting a value: a type and an invalid value of it that contains the canary.
INVALID_VALUES = {
    "smallint": CANARY,
    "bigint": f"1{CANARY}",
    "numeric(4,2)": f"{CANARY}.5",
    "double precision": f"1e{CANARY}",
    "boolean": CANARY,
    "date": f"2026-01-01 {CANARY}",
    "timestamp": CANARY,
    "timestamptz": f"2026-01-01T00:00:00+{CANARY}",
    "interval": CANARY,
    "uuid": CANARY,
    "json": f'{{"{CANARY}": }}',
    "jsonb": f"[{CANARY}]",
    "inet": CANARY,
    "int4range": f"[{CANARY},2)",
    "text[]": f"{{{CANARY}",
    "bytea": f"\\x{CANARY}",
    "point": CANARY,
    "xid8": CANARY,
    "varchar(4)": CANARY * 4,
    "char(2)": CANARY,
    "bit(3)": CANARY,
}
MALFORMED_RECORDS = {
    "too few fields": f"{CANARY}",
    "too many fields": f"1,x,{CANARY},{CANARY}",
    "a NUL": f"1,{CANARY}\x00{CANARY}",
    "a giant field": f"1,{CANARY * 200_000}",
    "text after a quote": f'1,"{CANARY}"{CANARY}"',
}


def job_texts(stack: Stack, job: dict[str, Any]) -> str:
    """Return all texts of a job but its rejected records, its preview and the figures of its report."""
    texts = [job["error_message"], job["error_hint"], job["dialect"], job["errors_path"], job["output_path"]]
    texts += stack.sql("select event, detail from public.import_job_events where job_id = %s", job["id"])
    texts += stack.sql("select column_name, code, message from public.import_job_errors where job_id = %s", job["id"])
    return json.dumps(texts, default=str)


def test_invalid_values_of_all_types_are_not_repeated(stack: Stack) -> None:
    values = dict(INVALID_VALUES)
    if stack.sql("show server_version_num")[0]["server_version_num"] < "160000":
        del values["xid8"]  # which takes any text for a number before version 16
    columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(values))
    name = stack.table(f"id integer, {columns}")
    rows = [[str(n), *(value if n == m else "" for m, value in enumerate(values.values()))] for n in range(len(values))]
    lines = [",".join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in row) for row in rows]
    header = ",".join(["id", *(f"c{n}" for n in range(len(values)))])
    job = stack.run("\n".join([header, *lines, "99" + "," * len(values)]).encode(), name)
    assert (job["rows_loaded"], job["rows_rejected"]) == (1, len(values))
    assert {column for _, column, _ in stack.rejections(job)} == {f"c{n}" for n in range(len(values))}
    assert CANARY not in job_texts(stack, job) + all_logs(stack)


def test_malformed_records_are_not_repeated(stack: Stack) -> None:
    name = stack.table("id integer, a text")
    job = stack.run("\n".join(["id,a", "1,good", *MALFORMED_RECORDS.values()]).encode(), name, {"max_errors": "100%"})
    assert job["rows_rejected"] >= len(MALFORMED_RECORDS) - 1
    assert CANARY not in job_texts(stack, job) + all_logs(stack)


def test_values_that_constraints_or_triggers_reject_are_not_repeated(stack: Stack) -> None:
    parent, domain = stack.table("k text primary key"), f"d_{uuid4().hex[:8]}"
    stack.sql(f"create domain public.{domain} as text check (value <> 'bad {CANARY}')")
    name = stack.table(
        f"id text primary key, parent text references public.{parent}, small integer check (small < 10),"
        f" tag public.{domain}, note text, needed text not null default 'x',"
        f" exclude (note with =)"
    )
    stack.sql(
        f"create function public.shout_{name}() returns trigger language plpgsql as $$ begin"
        " if new.note like 'shout%' then raise exception 'rejected: %', new.note using detail = new.note,"
        " hint = new.note; end if; return new; end $$;"
        f"create trigger shout before insert on public.{name}"
        f" for each row execute function public.shout_{name}()"
    )
    rows = [
        f"{CANARY},,1,,one,x",
        f"{CANARY},,1,,two,x",
        f"b,{CANARY},1,,three,x",
        f"c,,99,,{CANARY},x",
        f"d,,1,bad {CANARY},four,x",
        "e,,1,,one,x",
        f"f,,1,,shout {CANARY},x",
        f"{CANARY} g,,1,,five,",
    ]
    job = stack.run("\n".join(["id,parent,small,tag,note,needed", *rows]).encode(), name)
    assert (job["rows_loaded"], job["rows_rejected"]) == (1, 7)
    assert {code for _, _, code in stack.rejections(job)} == {"IJ404", "IJ410", "IJ411", "IJ412", "IJ413", "IJ414"}
    assert CANARY not in job_texts(stack, job) + all_logs(stack)


@pytest.mark.parametrize("options", [{}, {"atomic": True}], ids=["plain", "atomic"])
def test_rows_that_a_policy_rejects_are_not_repeated(stack: Stack, options: dict[str, object]) -> None:
    name, user = stack.table("id integer, note text"), uuid4()
    stack.sql(
        f"alter table public.{name} enable row level security; grant insert on public.{name} to authenticated;"
        f"create policy p on public.{name} for insert to authenticated with check (note not like '%{CANARY}%')"
    )
    job = stack.run_as(user, f"id,note\n1,good\n2,{CANARY}\n".encode(), name, options)
    assert stack.rejections(job) == [(3, None, "IJ604")]
    assert CANARY not in job_texts(stack, job) + all_logs(stack)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (f'id,a\n1,"{CANARY}\n2,x\n'.encode(), "IJ305"),
        (f"id,a\n1,{CANARY} \xe7\n".encode("latin-1") + "é".encode(), "IJ304"),
        (f"x1 {CANARY} 9!,y2 {CANARY} 9!\n1 {CANARY},2 {CANARY}\n".encode(), "IJ306"),
        (f"\x1f\x8b\x08{CANARY * 9}".encode("latin-1"), "IJ311"),
        (f"%PDF-1.7 {CANARY}".encode(), "IJ303"),
    ],
)
def test_content_of_an_unreadable_file_is_not_repeated(stack: Stack, data: bytes, code: str) -> None:
    name = stack.table("id integer, a text")
    job = stack.run(data, name, {"encoding": "utf-8"} if code == "IJ304" else {})
    assert (job["status"], job["error_code"]) == ("failed", code)
    assert CANARY not in job_texts(stack, job) + all_logs(stack)


def secrets(stack: Stack) -> dict[str, str]:
    """Return the secrets of a stack by name."""
    state = json.loads((stack.folder / "state.json").read_text())
    keys = {key: state[key] for key in ("jwt_secret", "secret_key", "wake_token")}
    return keys | {f"password of {role}": password for role, password in state["passwords"].items()}


@pytest.fixture(scope="module")
def used(stack: Stack) -> Stack:
    """A stack after a completed job, a job without a file and a job without a target."""
    name = stack.table("id integer")
    stack.run(b"id\n1\nx\n", name, {"output": True})
    stack.wait(stack.insert("service/nothing.csv", name))
    stack.wait(stack.insert("service/nothing.csv", "nothing"))
    return stack


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "import_processor"])
def test_no_secret_is_in_a_table_that_a_role_can_read(used: Stack, role: str) -> None:
    """Reads all rows of every table that the role may select, without row security, so that no tenant is left out."""
    readable = used.sql(
        "select c.oid::regclass::text as name from pg_class as c where c.relkind in ('r', 'p', 'v', 'm', 'f')"
        " and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
        " and has_schema_privilege(%s, c.relnamespace, 'usage') and has_any_column_privilege(%s, c.oid, 'select')"
        " and has_table_privilege(c.oid, 'select') and c.relnamespace::regnamespace::text not like 'pg_%%'",
        role,
        role,
    )
    names = {row["name"] for row in readable}
    assert ("import_jobs" in names) == (role in ("authenticated", "service_role"))
    for name in names - {"net.http_request_queue"}:  # pg_net's own; docs/explanation/security.md describes it
        text = json.dumps(used.sql(f"select to_jsonb(t) as row from {name} as t"), default=str)
        assert [key for key, secret in secrets(used).items() if secret in text] == [], name


def test_the_three_secrets_differ(used: Stack) -> None:
    values = secrets(used)
    distinct = {values["wake_token"], values["secret_key"], values["password of import_processor"]}
    assert len(distinct) == 3
    assert min(map(len, distinct)) >= 32
