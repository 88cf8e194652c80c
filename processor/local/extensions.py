"""The extensions that every Supabase project has and that the stack's Postgres may lack."""

from __future__ import annotations

import psycopg

_SUPABASE_HAS = ["pgcrypto", "uuid-ossp"]
_MISSING = """
select name from unnest(%s::text[]) as name
where name not in (select available.name from pg_catalog.pg_available_extensions as available) order by name
"""


def missing(database_url: str) -> list[str]:
    """Return the names of those extensions; nothing of import-jobs needs them.

    Raises: psycopg.Error.
    """
    with psycopg.connect(database_url, autocommit=True) as conn:
        return [str(row[0]) for row in conn.execute(_MISSING, (_SUPABASE_HAS,)).fetchall()]
