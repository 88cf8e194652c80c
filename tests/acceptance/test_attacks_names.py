"""SQL in the names of headers, columns, tables, targets and mappings is treated as part of the name."""

import csv
import io
from uuid import uuid4

import pytest
from psycopg import sql

from tests.acceptance.conftest import Stack

# At most 63 bytes each, since Postgres truncates longer names.
ODD_NAMES = [
    'a"b',
    "a;b'c",
    '"; drop table x; --',
    "x) values (1); --",
    "{0}",
    "\\copy",
    "select",
    "ção ação",
    "\u202etxet",
    "名" * 21,
    "A",
    "$1",
]


def csv_of(*rows: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def odd_table(stack: Stack, name: str, columns: list[str], mode: str) -> str:
    """Create and register a table of this name with a key and these text columns; return the name of the target."""
    relation = sql.Identifier("public", name)
    definitions = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(column)) for column in columns)
    stack.sql(sql.SQL("create table {} (id integer primary key, {})").format(relation, definitions).as_string())
    (row,) = stack.sql("select importer.register_target(%s::regclass, mode => %s) as name", relation.as_string(), mode)
    return row["name"]


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"dry_run": True}], ids=["plain", "atomic", "dry_run"])
@pytest.mark.parametrize("mode", ["insert", "upsert"])
def test_table_and_columns_with_sql_in_their_names_are_loaded(
    stack: Stack, mode: str, options: dict[str, object]
) -> None:
    name = f'o"dd; drop table t; -- {uuid4().hex[:8]}'
    target = odd_table(stack, name, ODD_NAMES, mode)
    values = [f"value {n}" for n in range(len(ODD_NAMES))]
    job = stack.run(csv_of(["id", *ODD_NAMES], ["1", *values], ["x", *values]), target, options)
    assert (job["status"], job["rows_loaded"], stack.rejections(job)) == ("completed", 1, [(3, "id", "IJ403")])
    rows = stack.sql(sql.SQL("select * from {}").format(sql.Identifier("public", name)).as_string())
    assert [list(row.values()) for row in rows] == ([] if options.get("dry_run") else [[1, *values]])


def test_headers_that_match_no_column_are_ignored(stack: Stack) -> None:
    name = stack.table("id integer, a text")
    strange = [
        '"; drop table public.import_jobs; --',
        f"id); drop table public.{name}; --",
        "x" * 64,
        "id" + "x" * 100_000,
        "public.id",
        "id::text",
        "'",
        '""',
        "ctid",
        "tableoid",
        "xmin",
        "аbc",
        "(select 1)",
    ]
    job = stack.run(csv_of(["id", *strange, "a"], ["1", *["9"] * len(strange), "x"]), name)
    assert (job["status"], job["rows_loaded"]) == ("completed", 1)
    assert stack.rows(name) == [(1, "x")]
    assert len(job["report"]["ignored_headers"]) == len(strange)


def test_longer_header_matches_only_a_name_that_postgres_has_truncated(stack: Stack) -> None:
    """Postgres truncates a name of 64 bytes to 63."""
    name = stack.table(f"{'a' * 63} text, {'b' * 62} text")
    job = stack.run(csv_of(["a" * 64, "b" * 63, "c" + "a" * 63], ["yes", "no", "no"]), name)
    assert stack.rows(name) == [("yes", None)]
    assert sorted(job["report"]["ignored_headers"]) == ["b" * 63, "c" + "a" * 63]


def test_header_that_only_looks_like_a_column_does_not_match_it(stack: Stack) -> None:
    lookalikes = ["nаme", "name\u0301x", "na\u200dme\u200dx", "ɴame", "n\u0430\u043ce"]
    name = stack.table("id integer, name text")
    job = stack.run(csv_of(["id", *lookalikes], ["1", *"xxxxx"]), name)
    assert stack.rows(name) == [(1, None)]
    assert len(job["report"]["ignored_headers"]) == len(lookalikes)


def narrow_table(stack: Stack, columns: str, **registered: object) -> str:
    """Create a table and register `id` as its only importable column; return its name."""
    name = f"t_{uuid4().hex[:12]}"
    stack.sql(f"create table public.{name} ({columns})")
    stack.register(name, columns=["id"], **registered)
    return name


def test_mapping_reaches_listed_columns_only(stack: Stack) -> None:
    name = narrow_table(
        stack,
        "id integer, owner uuid, secret text default 'kept', number bigint generated always as identity,"
        " twice integer generated always as (id * 2) stored",
        owner_column="owner",
    )
    path = stack.upload(csv_of(["id", "x"], ["1", "2"]))
    columns = ["secret", "twice", "number", "owner", "ctid", "nothing", 'id"; drop table x; --', "public.id", ""]
    jobs = [stack.wait(stack.insert(path, name, {"mapping": {"x": column}})) for column in columns]
    assert {(job["status"], job["error_code"], job["rows_read"]) for job in jobs} == {("failed", "IJ102", 0)}
    assert stack.rows(name) == []


def test_columns_that_are_not_listed_are_not_written(stack: Stack) -> None:
    name = narrow_table(stack, "id integer, role text default 'user', salary integer default 1")
    job = stack.run(b"id,role,salary,ROLE ,Salary\n1,admin,1000000,admin,9\n", name)
    assert (job["status"], job["rows_loaded"]) == ("completed", 1)
    assert stack.rows(name) == [(1, "user", 1)]
    headerless = stack.run(b"2,admin,1000000\n", name, {"has_header": False})
    assert (headerless["status"], headerless["error_code"]) == ("failed", "IJ309")
    assert stack.rows(name) == [(1, "user", 1)]


def test_sql_as_target_is_an_unknown_target(stack: Stack) -> None:
    name = stack.table("id integer")
    path = stack.upload(b"id\n1\n")
    targets = [
        "{0}; drop table public.{0}",
        "(select '{0}')",
        '"{0}"',
        "public.{0} --",
        "{0}\u200b",
        "importer.settings",
    ]
    jobs = [stack.wait(stack.insert(path, target.format(name))) for target in targets]
    assert {(job["status"], job["error_code"], job["rows_read"]) for job in jobs} == {("failed", "IJ106", 0)}
    assert stack.rows(name) == []


@pytest.mark.parametrize(("mode", "options"), [("insert", {}), ("insert", {"atomic": True}), ("upsert", {})])
def test_percent_signs_in_names_are_not_placeholders(stack: Stack, mode: str, options: dict[str, object]) -> None:
    name = f"100%s {uuid4().hex[:8]}"
    relation = sql.Identifier("public", name)
    stack.sql(
        sql.SQL('create table {} (id integer primary key, "%s" text, "%(a)s %" text)').format(relation).as_string()
    )
    stack.sql("select importer.register_target(%s::regclass, mode => %s)", relation.as_string(), mode)
    job = stack.run(csv_of(["id", "%s", "%(a)s %"], ["1", "x", "y"]), name, options)
    assert (job["status"], job["rows_loaded"]) == ("completed", 1)
