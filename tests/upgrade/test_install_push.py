"""`import-jobs install` in a project with migrations of its own: the official CLI pushes, with `migrate` beside it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from processor.database import migrate
from processor.database.migrate import Migration
from processor.errors import UserError
from processor.install import migration_file, plan
from tests import supabase_cli
from tests.conftest import Cluster, Database
from tests.conventions import schema
from tests.conventions.test_advisors import findings
from tests.conventions.usage import use_everything
from tests.upgrade.releases import as_in_0_1_0, released

OLD, ALL = released("0.1.0"), migrate.migrations()
VERSIONS = [supabase_cli.VERSION, pytest.param(supabase_cli.OLDER_VERSION, marks=pytest.mark.nightly)]
PAIR = re.compile(r"`?(\d{14})?`? *\| `?(\d{14})?`? *\|")


@dataclass(frozen=True, slots=True)
class Project:
    """A user's project and its database."""

    folder: Path
    db: Database
    version: str = supabase_cli.VERSION

    def own(self, stamp: str, sql: str) -> None:
        """Write a migration of the project's own."""
        path = self.folder / "supabase" / "migrations" / f"{stamp}_own.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql, encoding="utf-8")

    def install(self, migrations: list[Migration]) -> list[Path]:
        """Install a package that has these migrations."""
        return plan.write(plan.make(self.folder / "supabase", migrations, {}), with_settings=True)

    def cli(self, *arguments: str) -> str:
        """Run the CLI on the database; return what it prints."""
        remote = supabase_cli.remote(self.db.admin_url, self.version)
        home = self.folder / "home"
        done = supabase_cli.run(*arguments, remote, home=home, folder=self.folder, version=self.version)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def push(self) -> None:
        """Push, after which the CLI's list is clean: each file is in the database, and nothing else."""
        self.cli("db", "push", "--yes")
        files = sorted(path.name[:14] for path in (self.folder / "supabase" / "migrations").glob("*.sql"))
        listed = PAIR.findall(self.cli("migration", "list"))
        assert [pair for pair in listed if any(pair)] == [(version, version) for version in files]


@pytest.fixture
def project(floor_db: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """A project with three migrations of its own."""
    project = Project(tmp_path, floor_db, getattr(request, "param", supabase_cli.VERSION))
    for number in (1, 2, 3):
        project.own(f"2025010{number}000000", f"create table public.own_{number} (id bigint primary key);")
    (tmp_path / "supabase" / "config.toml").write_text('project_id = "own" # kept\n', encoding="utf-8")
    return project


def dump(database: Database) -> str:
    """Return the schema without the project's own tables."""
    text = schema.dump(database.server.installation, database.admin_url)
    return "\n\n".join(part for part in text.split("\n\n") if "public.own_" not in part)


def editor(database: Database, project: Project) -> None:
    """Paste each file of ours into the SQL editor of the dashboard: one simple query as `postgres`."""
    with database.connect() as conn:
        for path in sorted((project.folder / "supabase" / "migrations").glob("*_import_jobs_*.sql")):
            conn.execute(path.read_bytes())


@pytest.mark.parametrize("project", VERSIONS, indirect=True)
def test_project_is_installed_upgraded_and_replayed(project: Project, db: Database, cluster: Cluster) -> None:
    installed, config = project.install(OLD)
    assert re.fullmatch(r"\d{14}_import_jobs_\d.*\.sql", installed.name)
    assert config.name == "config.toml"
    project.push()
    project.own("20991231000000", "create table public.own_4 (job uuid references public.import_jobs (id));")
    project.push()
    (upgrade,) = project.install(ALL)
    assert upgrade.name > "20991231000000"
    assert sorted(migration_file.contents([upgrade.read_text()])) == [found.version for found in ALL[len(OLD) :]]
    project.push()
    assert project.install(ALL) == []
    assert migrate.apply(project.db.admin_url) == []
    assert dump(project.db) == dump(db)
    with contextmanager(cluster.clone)("floor") as other:
        Project(project.folder, other, project.version).push()
        assert migrate.apply(other.admin_url) == []
        assert dump(other) == dump(db)


@pytest.mark.parametrize("project", VERSIONS, indirect=True)
@pytest.mark.nightly
def test_push_and_migrate_meet(project: Project, db: Database) -> None:
    project.install(OLD)
    assert migrate.apply(project.db.admin_url, OLD) == [migration.stem for migration in OLD]
    before = dump(project.db)
    project.push()  # which finds everything done
    assert dump(project.db) == before
    project.own("20991231000000", "create table public.own_4 (job uuid references public.import_jobs (id));")
    project.install(ALL)
    assert migrate.apply(project.db.admin_url, ALL[:-1]) == [migration.stem for migration in ALL[len(OLD) : -1]]
    project.push()  # which brings the last one
    assert migrate.apply(project.db.admin_url) == []
    assert dump(project.db) == dump(db)


@pytest.mark.nightly
def test_linter_finds_nothing_in_a_project_that_was_pushed(project: Project) -> None:
    project.install(ALL)
    project.push()
    use_everything(project.db)
    assert findings(project.db, project.folder / "home") == {}


@pytest.mark.nightly
def test_project_of_0_1_0_can_push_once_it_is_adopted(project: Project, db: Database) -> None:
    with as_in_0_1_0(project.db):
        project.install(ALL)
        refused = supabase_cli.run(
            *("db", "push", "--yes", supabase_cli.remote(project.db.admin_url)),
            home=project.folder / "home",
            folder=project.folder,
        )
        assert refused.returncode != 0
        assert "not found in local migrations" in " ".join((refused.stdout + refused.stderr).split())
        migrate.apply(project.db.admin_url)
        assert migrate.adopt(project.db.admin_url) == [migration.stem for migration in OLD]
    project.push()
    assert dump(project.db) == dump(db)


def test_files_can_be_pasted_into_the_sql_editor(project: Project, db: Database) -> None:
    project.install(OLD)
    project.install(ALL)
    for _ in range(2):
        editor(project.db, project)
        assert dump(project.db) == dump(db)
    assert migrate.apply(project.db.admin_url) == []


def test_file_recognises_a_database_of_0_1_0(project: Project, db: Database) -> None:
    project.install(ALL)
    with as_in_0_1_0(project.db):
        editor(project.db, project)
    assert dump(project.db) == dump(db)
    assert migrate.apply(project.db.admin_url) == []


def test_failed_block_leaves_nothing_of_its_file(project: Project) -> None:
    broken = Migration("20990101000000", "broken", "create table public.half (); select 1 / 0;")
    project.install([*OLD, broken])
    with pytest.raises(psycopg.errors.DivisionByZero):
        editor(project.db, project)
    with project.db.connect() as conn:
        assert conn.execute("select to_regnamespace('importer'), to_regclass('public.half')").fetchone() == (None, None)


def test_other_text_of_a_migration_is_refused(project: Project) -> None:
    project.install(OLD)
    changed = Migration(OLD[0].version, OLD[0].name, OLD[0].sql + "select 1;\n")
    with pytest.raises(UserError, match="has another text"):
        project.install([changed, *OLD[1:]])


def test_postgrest_is_told(project: Project) -> None:
    project.install(ALL)
    with project.db.connect() as listener:
        for bring in (lambda: editor(project.db, project), lambda: migrate.apply(project.db.admin_url)):
            listener.execute("listen pgrst")
            bring()
            (heard,) = listener.notifies(timeout=5, stop_after=1)
            assert (heard.channel, heard.payload) == ("pgrst", "reload schema")
