"""The stand-in for pg_net: its schema and its worker, for servers that do not have the extension."""

from importlib.resources import files

import psycopg

_FILES = ("net_tables.sql", "net_requests.sql", "net_responses.sql")


def install(conn: psycopg.Connection) -> None:
    """Create schema `net` in the connection's database unless it exists.

    The connection's role must be a superuser and becomes the owner, as with the extension. The statements run in the
    connection's open transaction, or otherwise in one of their own.
    """
    row = conn.execute("select to_regclass('net.http_request_queue') is not null").fetchone()
    if row == (True,):
        return
    with conn.transaction():
        for name in _FILES:
            conn.execute(files(__name__).joinpath(name).read_bytes())
