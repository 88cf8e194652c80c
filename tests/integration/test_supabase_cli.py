"""The official CLI applies the migrations, as a role without superuser rights, to a database with the floor only."""

from pathlib import Path

from processor.database import migrate
from tests import supabase_cli
from tests.conftest import Database


def test_migrate_knows_what_the_cli_has_pushed_from_a_checkout(floor_db: Database, tmp_path: Path) -> None:
    with floor_db.connect() as conn:
        assert conn.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (False,)
    pushed = supabase_cli.run("db", "push", f"--remote={floor_db.admin_url}", "--yes", home=tmp_path)
    assert pushed.returncode == 0, pushed.stderr
    with floor_db.connect() as conn:
        recorded = conn.execute("select version from supabase_migrations.schema_migrations order by version").fetchall()
    assert [row[0] for row in recorded] == [migration.version for migration in migrate.migrations()]
    assert migrate.apply(floor_db.admin_url) == []
