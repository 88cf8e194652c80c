"""The stand-in for pg_net: its schema, for databases whose server does not have the extension."""

from importlib.resources import files

import psycopg


def install(conn: psycopg.Connection) -> None:
    """Create schema `net` in the connection's database; do nothing where it is there already.

    The connection is a superuser's, who becomes the owner as with the extension. Joins the transaction
    that is open, else commits its own.
    """
    row = conn.execute("select to_regclass('net.http_request_queue') is not null").fetchone()
    if row == (True,):
        return
    with conn.transaction():
        conn.execute(files(__name__).joinpath("net.sql").read_bytes())
