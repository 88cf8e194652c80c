"""The types of the TypeScript client are those of the schema."""

from __future__ import annotations

import os
import re

from tests.conftest import Database
from tests.conventions import database_types


def test_types_of_the_client_are_those_of_the_migrations(db: Database) -> None:
    generated = database_types.generate(db.admin_url)
    if os.environ.get(database_types.REFRESH):
        database_types.PATH.write_text(generated, encoding="utf-8")
    assert generated == database_types.PATH.read_text(encoding="utf-8"), f"run {database_types.COMMAND}"


def test_options_of_the_client_are_those_of_the_database(db: Database) -> None:
    with db.connect() as conn:
        row = conn.execute(
            "select prosrc from pg_catalog.pg_proc where oid = 'importer.check_import_options'::regproc"
        ).fetchone()
    assert row
    known = re.findall(r"\('(\w+)', '[^']+'\)", row[0])
    source = (database_types.PATH.parent / "types.ts").read_text(encoding="utf-8")
    written = re.search(r"interface JobOptions \{(.*?)\n\}", source, re.DOTALL)
    assert written
    assert sorted(re.findall(r"^  (\w+)\?:", written[1], re.MULTILINE)) == sorted(known)
