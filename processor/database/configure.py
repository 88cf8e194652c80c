"""Store the URL of the processor and the token of the doorbell in the database."""

import psycopg


def configure(database_url: str, processor_url: str, wake_token: str) -> str:
    """Store both in Vault if it is installed, else in `importer.settings`; return `vault` or `importer.settings`.

    Raises: psycopg.Error.
    """
    with psycopg.connect(database_url) as conn:
        row = conn.execute("select importer.configure(%s, %s)", (processor_url, wake_token)).fetchone()
    return str(row[0]) if row else ""
