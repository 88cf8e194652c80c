"""Ask the database what it says about staged rows: the rules of the table, taken keys, and missing parents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString, cast

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from processor.load.verdict import CHECK, FOREIGN_KEY, UNIQUE, Mask, Rule, TableRules
from processor.model import Job

_RULES: Final = "select importer.table_rules(relation => %s::regclass, written => %s)"
_TAKEN: Final = """select importer.rows_with_taken_key(
  job_id => %(job_id)s, token => %(token)s, stage => 'pg_temp.import_judged', written => %(written)s, key => %(rule)s,
  winners => %(winners)s, judged => %(judged)s
)"""
_ORPHANS: Final = """select importer.rows_without_parent(
  job_id => %(job_id)s, token => %(token)s, stage => 'pg_temp.import_judged', written => %(written)s,
  reference => %(rule)s, judged => %(judged)s
)"""


def table_rules(conn: psycopg.Connection, table: sql.Identifier, written: Sequence[str]) -> TableRules:
    """Return what a table may refuse rows for, of which the file fills the columns `written`.

    Raises: psycopg.Error.
    """
    row = conn.execute(_RULES, (table.as_string(conn), list(written))).fetchone()
    rules: dict[str, Any] = row[0] if row else {}
    return TableRules(
        by_sets=rules["by_sets"],
        rows=rules["rows"],
        columns=tuple(rules["columns"]),
        reader=rules["reader"],
        checks=tuple(Rule(sqlstate=CHECK, **rule) for rule in rules["checks"]),
        keys=tuple(Rule(sqlstate=UNIQUE, **rule) for rule in rules["keys"]),
        references=tuple(Rule(sqlstate=FOREIGN_KEY, **rule) for rule in rules["references"]),
    )


@dataclass(frozen=True, slots=True)
class StageLookups:
    """Looks up the rows of the stage pg_temp.import_judged, which have their places in the column "#record"."""

    conn: psycopg.Connection
    job: Job
    rules: TableRules

    def taken(self, key: Rule, winners: Mask, judged: Mask) -> Mask:
        """Mark those of the judged rows whose key the table has, or an earlier one of the winners."""
        return self._marked(_TAKEN, key, judged, winners=bits(winners))

    def orphans(self, reference: Rule, judged: Mask) -> Mask:
        """Mark those of the judged rows that have no parent."""
        return self._marked(_ORPHANS, reference, judged)

    def failed_checks(self, count: int) -> npt.NDArray[np.int64]:
        """Return for each of `count` rows the place of the first check that is false, or -1.

        The checks are evaluated by the role that the transaction has.
        """
        failed = np.full(count, -1, np.int64)
        if not self.rules.checks:
            return failed
        for place, rows in self.conn.execute(failed_checks_query(self.rules)):
            failed[np.frombuffer(rows, ">i8")] = place
        return failed

    def _marked(self, statement: LiteralString, rule: Rule, judged: Mask, **more: bytes) -> Mask:
        mask = np.zeros(judged.size, np.bool_)
        if not judged.any():
            return mask
        arguments = {
            "job_id": self.job.id,
            "token": self.job.token,
            "written": list(self.rules.columns),
            "rule": rule.id,
            "judged": bits(judged),
            **more,
        }
        row = self.conn.execute(statement, arguments).fetchone()
        if row and row[0] is not None:
            mask[np.frombuffer(row[0], ">i8")] = True
        return mask


def failed_checks_query(rules: TableRules) -> sql.Composed:
    """Compose the query for the rows of which a check is false, by the first such check."""
    cases = [
        sql.SQL("when ({}) is false then {}").format(catalog_sql(rule.condition), sql.Literal(place))
        for place, rule in enumerate(rules.checks)
    ]
    return sql.SQL(
        "select c.place, pg_catalog.string_agg(pg_catalog.int8send(c.record), '') from "
        '(select s."#record" as record, case {cases} end as place from {rows} as s) as c '
        "where c.place is not null group by c.place"
    ).format(cases=sql.SQL(" ").join(cases), rows=catalog_sql(rules.rows))


def catalog_sql(text: str) -> sql.SQL:
    """Return an expression that Postgres itself has written, with qualified names."""
    return sql.SQL(cast(LiteralString, text.replace("{", "{{").replace("}", "}}")))


def bits(mask: Mask) -> bytes:
    """Return a mask as Postgres's get_bit() reads it: the first bit of a byte is the lowest."""
    return np.packbits(mask, bitorder="little").tobytes()
