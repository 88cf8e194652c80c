"""The types of the TypeScript client are those of the schema."""

from __future__ import annotations

import os

from tests.conftest import Database
from tests.conventions import database_types


def test_types_of_the_client_are_those_of_the_migrations(db: Database) -> None:
    generated = database_types.generate(db.admin_url)
    if os.environ.get(database_types.REFRESH):
        database_types.PATH.write_text(generated, encoding="utf-8")
    assert generated == database_types.PATH.read_text(encoding="utf-8"), f"run {database_types.COMMAND}"
