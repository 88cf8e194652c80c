"""Undo a job for its owner: remove its rows, or restore those that it replaced, under the owner's rights."""

import json

import psycopg
from psycopg import sql

from processor.database.transaction import loading
from processor.errors import DatabaseRefused, NotPermitted
from processor.model import UndoRequest, UndoRows
from processor.queue import undos
from processor.run.access.identity import Identity, acting

# A processor that is cut off must not hold the locks of the table.
IDLE_SECONDS = 45
KEPT = sql.Identifier("pg_temp", "import_kept")
REMOVE = "delete from {table} as t where {own}"
# One statement, so that foreign keys that are valid before and after are not violated in between.
REPLACE = """
with removed as (delete from {table} as t where {own} returning 1),
restored as (
  insert into {table} ({columns}) overriding system value
  select {columns} from {kept} where (select count(*) from removed) >= 0 order by "#row" returning 1
)
select (select count(*) from removed), (select count(*) from restored)
"""


def undo(conn: psycopg.Connection, request: UndoRequest) -> None:
    """Undo a job in one transaction, on a connection in autocommit mode.

    Raises: NotPermitted when row security hides rows of the job from its owner, DatabaseRefused when a trigger leaves
    out rows to restore, psycopg.Error.
    """
    identity = Identity(json.dumps(request.claims), request.role)
    with loading(conn, request.job_id, IDLE_SECONDS):
        rows = undos.begin(conn, request)
        if rows.kept is not None:
            conn.execute(create_view(rows.kept, request.role))
        try:
            with acting(conn, identity):
                removed, restored = remove(conn, rows)
        except psycopg.errors.InsufficientPrivilege:
            raise not_permitted(rows, rows.rows) from None
        if removed < rows.rows:
            raise not_permitted(rows, rows.rows - removed)
        if restored < rows.kept_rows:
            raise left_out(rows, rows.kept_rows - restored)
        if rows.kept is not None:
            conn.execute(sql.SQL("drop view {}").format(KEPT))
        undos.finish(conn, request, removed=removed, restored=restored)


def create_view(kept: str, role: str) -> sql.Composed:
    """Compose the view by which the owner's role reads the replaced rows, whose table it cannot read."""
    return sql.SQL("create temporary view import_kept as select * from {}; grant select on {} to {}").format(
        sql.Identifier("importer", kept), KEPT, sql.Identifier(role)
    )


def remove(conn: psycopg.Connection, rows: UndoRows) -> tuple[int, int]:
    """Remove the rows of the job and restore what it replaced; return the numbers of both."""
    table = sql.Identifier(rows.schema, rows.table)
    own = sql.SQL("true")
    if rows.column is not None:
        own = sql.SQL("t.{} = {}").format(sql.Identifier(rows.column), sql.Literal(str(rows.value)))
    if rows.kept is None:
        return conn.execute(sql.SQL(REMOVE).format(table=table, own=own)).rowcount, 0
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    statement = sql.SQL(REPLACE).format(table=table, own=own, columns=columns, kept=KEPT)
    row = conn.execute(statement).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def not_permitted(rows: UndoRows, hidden: int) -> NotPermitted:
    """Return the error of an owner who may not delete so many rows of the job."""
    return NotPermitted(
        "the owner may not delete {hidden:,} of the job's {rows:,} rows",
        hidden=hidden,
        rows=rows.rows,
        hint="Give the owner the right to delete these rows, then ask for the undo again.",
    )


def left_out(rows: UndoRows, missing: int) -> DatabaseRefused:
    """Return the error of a table whose trigger does not take so many of the replaced rows, which would be lost."""
    return DatabaseRefused(
        "a trigger of the table left out {missing:,} of the {rows:,} rows to restore",
        missing=missing,
        rows=rows.kept_rows,
        hint="Let the trigger accept these rows, then ask for the undo again.",
    )
