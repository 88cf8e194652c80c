"""An upgrade from each release gives the schema of a fresh installation, and no released migration ever changes."""

from __future__ import annotations

import hashlib

import pytest

from processor.database import migrate
from tests.conftest import Cluster, Database
from tests.conventions import schema
from tests.upgrade.releases import CLI_HISTORY, FOLDER, RECORD, RELEASES, as_in_0_1_0, checksums, released


def dump(database: Database) -> str:
    return schema.dump(database.server.installation, database.admin_url)


@pytest.mark.parametrize("release", RELEASES)
def test_released_migrations_do_not_change(release: str) -> None:
    found = {f"{m.stem}.sql": hashlib.sha256(m.sql.encode()).hexdigest() for m in migrate.migrations()}
    expected = checksums(release)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize("release", RELEASES)
def test_new_migrations_sort_behind_the_released_ones(release: str) -> None:
    versions = [migration.version for migration in migrate.migrations()]
    assert versions[: len(released(release))] == [migration.version for migration in released(release)]


def test_upgrade_from_0_1_0_begins_with_its_schema(cluster: Cluster, floor_db: Database) -> None:
    """`test_upgrade_jobs` compares the schema at the end."""
    with as_in_0_1_0(floor_db):
        if cluster.server.installation.major == schema.MAJOR:
            assert dump(floor_db) == (FOLDER / "schema-0.1.0.sql").read_text(encoding="utf-8")
    old = len(released("0.1.0"))
    assert migrate.apply(floor_db.admin_url) == [migration.stem for migration in migrate.migrations()[old:]]


def test_versions_in_the_history_of_the_cli_are_copied_and_stay_until_they_are_adopted(floor_db: Database) -> None:
    names = [migration.stem for migration in released("0.1.0")]
    with as_in_0_1_0(floor_db) as conn:
        conn.execute(RECORD, ("20200101000000", "own", []))
        migrate.apply(floor_db.admin_url)
        copied = conn.execute("select version || '_' || name from importer.migrations where sha256 is null order by 1")
        assert [name for (name,) in copied] == names
        count = "select count(*) from supabase_migrations.schema_migrations"
        assert conn.execute(count).fetchone() == (len(names) + 1,)
        assert migrate.adopt(floor_db.admin_url) == names
        left = conn.execute("select version, name from supabase_migrations.schema_migrations").fetchall()
        assert left == [("20200101000000", "own")]
        assert migrate.apply(floor_db.admin_url) == []


def test_rows_of_a_database_that_has_lost_the_schema_are_not_believed(floor_db: Database, db: Database) -> None:
    with floor_db.connect() as conn:
        conn.execute(CLI_HISTORY)
        for migration in released("0.1.0"):
            conn.execute(RECORD, (migration.version, migration.name, []))
    assert migrate.apply(floor_db.admin_url) == [migration.stem for migration in migrate.migrations()]
    assert dump(floor_db) == dump(db)
