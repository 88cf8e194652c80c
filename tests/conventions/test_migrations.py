"""The migrations as files: names, order, one function each; and as a whole: once, and as the committed schema says."""

import os
import re
from pathlib import Path

import psycopg
import pytest

from processor.database import migrate
from tests.conftest import Cluster, Database
from tests.conventions import schema

FILES = sorted(migrate.folder().glob("*.sql"))
CREATED = re.compile(r"^create (?:or replace )?function (?:importer|public)\.(\w+)", re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_name_is_a_time_and_a_subject(path: Path) -> None:
    assert re.fullmatch(r"20\d{12}_[a-z][a-z0-9_]*\.sql", path.name)


def test_versions_strictly_increase() -> None:
    versions = [path.name[:14] for path in FILES]
    assert versions == sorted(set(versions))
    assert len(versions) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_with_a_function_is_named_after_it(path: Path) -> None:
    created = set(CREATED.findall(path.read_text(encoding="utf-8")))
    subject = path.stem.partition("_")[2]
    assert created in (set(), {subject})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_lines_are_short_enough_to_read(path: Path) -> None:
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if len(line) > 130] == []


def test_migrations_create_nothing_that_the_floor_has() -> None:
    floor = re.compile(r"create (schema|table|function) (if not exists )?(auth|storage|net|vault|extensions)\b")
    assert [path.name for path in FILES if floor.search(path.read_text(encoding="utf-8"))] == []


def test_second_run_finds_nothing_to_do(db: Database) -> None:
    assert migrate.apply(db.admin_url) == []


def test_first_run_records_every_file_with_its_text(db: Database) -> None:
    with db.connect() as conn:
        recorded = conn.execute(
            "select version || '_' || name || '.sql', statements[1]"
            " from supabase_migrations.schema_migrations order by 1"
        ).fetchall()
    assert recorded == [(path.name, path.read_text(encoding="utf-8")) for path in FILES]


def test_failing_migration_leaves_nothing_of_itself(floor_db: Database) -> None:
    broken = migrate.Migration("20990101000000", "broken", "create table public.half (); select 1 / 0")
    with psycopg.connect(floor_db.admin_url, autocommit=True) as conn:
        conn.execute(migrate.HISTORY)
        with pytest.raises(psycopg.errors.DivisionByZero) as caught:
            migrate.apply_one(conn, broken)
        assert conn.execute("select to_regclass('public.half')").fetchone() == (None,)
    assert caught.value.__notes__ == ["in migration 20990101000000_broken"]


def test_committed_schema_is_what_the_migrations_make(cluster: Cluster, db: Database) -> None:
    if cluster.server.installation.major != schema.MAJOR:
        # Other versions write the same schema in other words; that they have the same functions is still told.
        committed = set(re.findall(r"^CREATE FUNCTION (\S+?)\(", schema.PATH.read_text(encoding="utf-8"), re.MULTILINE))
        with db.connect() as conn:
            rows = conn.execute(
                "select pronamespace::regnamespace || '.' || proname from pg_proc"
                " where pronamespace in ('public'::regnamespace, 'importer'::regnamespace)"
            ).fetchall()
        assert {name for (name,) in rows} == committed
        return
    dumped = schema.dump(cluster.server.installation, db.admin_url)
    if os.environ.get(schema.REFRESH):
        schema.PATH.write_text(dumped, encoding="utf-8")
    assert dumped == schema.PATH.read_text(encoding="utf-8"), f"refresh it: {schema.COMMAND}"
