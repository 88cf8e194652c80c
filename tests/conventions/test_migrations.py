"""The migrations as files (names, order, paragraphs) and as a whole: they run once and create the committed schema."""

import hashlib
import os
import re
from importlib import metadata
from pathlib import Path

import psycopg
import pytest

from processor.database import migrate
from tests.conftest import Cluster, Database
from tests.conventions import schema

FILES = sorted(migrate.folder().glob("*.sql"))
FUNCTION = re.compile(
    r"^create function ((?:importer|public)\.\w+)\(.*?(?:\$\$|^end);\n(.*?)(?=^create function|\Z)",
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_name_is_a_version_and_a_topic(path: Path) -> None:
    assert re.fullmatch(r"20\d{12}_[a-z][a-z0-9_]*\.sql", path.name)


def test_versions_strictly_increase() -> None:
    versions = [path.name[:14] for path in FILES]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_opens_with_a_paragraph_about_its_topic(path: Path) -> None:
    paragraph, _, rest = path.read_text(encoding="utf-8").partition("\n\n")
    lines = paragraph.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("-- ") for line in lines)
    assert rest


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_function_is_followed_by_its_comment_and_its_privileges(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    functions = FUNCTION.findall(text)
    assert len(functions) == text.count("\ncreate function ")
    for name, following in functions:
        comment, revoke = (
            following.find(f"comment on function {name}("),
            following.find(f"revoke all on function {name}("),
        )
        grant = following.find(f"grant execute on function {name}(")
        assert 0 <= comment < revoke, name
        assert grant == -1 or revoke < grant, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_lines_have_at_most_130_characters(path: Path) -> None:
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if len(line) > 130] == []


def test_migrations_create_nothing_that_the_floor_has() -> None:
    floor = re.compile(r"create (schema|table|function) (if not exists )?(auth|storage|net|vault|extensions)\b")
    assert [path.name for path in FILES if floor.search(path.read_text(encoding="utf-8"))] == []


def test_migrations_can_run_in_a_transaction() -> None:
    """Supabase's branches run each file in one, `migrate` each migration, and the SQL editor all of them."""
    alone = re.compile(
        r"^\s*(create|drop|re)\w* .*\bconcurrently\b|^\s*(vacuum|begin;|commit;|alter system)", re.MULTILINE
    )
    assert alone.search("create index concurrently x on y (z)")
    assert [path.name for path in FILES if alone.search(path.read_text(encoding="utf-8"))] == []


def test_second_run_applies_nothing(db: Database) -> None:
    assert migrate.apply(db.admin_url) == []


def test_first_run_records_every_file_with_its_checksum_and_nothing_elsewhere(db: Database) -> None:
    with db.connect() as conn:
        recorded = conn.execute(
            "select version || '_' || name || '.sql', sha256, release from importer.migrations order by 1"
        ).fetchall()
        assert conn.execute("select to_regnamespace('supabase_migrations')").fetchone() == (None,)
    release = metadata.version("import-jobs")
    assert recorded == [(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), release) for path in FILES]


def test_failed_migration_is_rolled_back(floor_db: Database) -> None:
    broken = migrate.Migration("20990101000000", "broken", "create table public.half (); select 1 / 0")
    with psycopg.connect(floor_db.admin_url, autocommit=True) as conn:
        with pytest.raises(psycopg.errors.DivisionByZero) as caught:
            migrate.apply_one(conn, broken)
        assert conn.execute("select to_regclass('public.half')").fetchone() == (None,)
    assert caught.value.__notes__ == ["in migration 20990101000000_broken"]


def test_committed_schema_is_that_of_the_migrations(cluster: Cluster, db: Database) -> None:
    if cluster.server.installation.major != schema.MAJOR:
        # Other versions spell the same schema differently, so only the names of the functions are compared.
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
    assert dumped == schema.PATH.read_text(encoding="utf-8"), f"run {schema.COMMAND}"
