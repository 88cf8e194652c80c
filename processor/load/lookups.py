"""Ask the database what it says about staged rows: the rules of the table, taken keys, and missing parents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString, cast

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from processor.database.sqlstates import DENIED
from processor.load.relatives import Relatives
from processor.load.verdict import CHECK, FOREIGN_KEY, UNIQUE, Mask, NotBySets, Rule, TableRules
from processor.model import Job

_RULES: Final = "select importer.table_rules(relation => %s::regclass, written => %s, role => %s, reads => %s)"
_MORE: Final = "select importer.rules_of_modes(relation => %s::regclass, written => %s)"
_TAKEN: Final = """select importer.rows_with_taken_key(
  job_id => %(job_id)s, token => %(token)s, stage => 'pg_temp.import_judged', written => %(written)s, key => %(rule)s,
  winners => %(winners)s, judged => %(judged)s
)"""
_OF_ANOTHER: Final = """select taken, unclear from importer.rows_with_key_of_another(
  job_id => %(job_id)s, token => %(token)s, stage => 'pg_temp.import_judged', written => %(written)s, key => %(rule)s,
  met => %(met)s, winners => %(winners)s, judged => %(judged)s
)"""
_MEETING: Final = """select importer.rows_that_meet(
  job_id => %(job_id)s, token => %(token)s, stage => 'pg_temp.import_judged', written => %(written)s, key => %(rule)s,
  whose => %(whose)s, judged => %(judged)s
)"""
_ORPHANS: Final = """select importer.rows_without_parent(
  job_id => %(job_id)s, token => %(token)s, stage => 'pg_temp.import_judged', written => %(written)s,
  reference => %(rule)s, judged => %(judged)s
)"""

_RELATIVES: Final = """select string_agg(int8send(r.place), ''), string_agg(int8send(coalesce(r.first, -1)), ''),
  string_agg(int8send(coalesce(r.last, -1)), '')
from importer.rows_before_their_parent(
  job_id => %(job_id)s, token => %(token)s, stage => 'pg_temp.import_judged', written => %(written)s,
  reference => %(rule)s, winners => %(winners)s, judged => %(judged)s
) as r"""


def table_rules(
    conn: psycopg.Connection,
    table: sql.Identifier,
    written: Sequence[str],
    *,
    meets_rows: bool = False,
    role: str | None = None,
    reads: bool = False,
) -> TableRules:
    """Return what a table may refuse rows for, of which the file fills the columns `written`.

    `meets_rows` asks for what only modes need to know that meet existing rows; `role` is the one to which row security
    applies (None: to nobody), and `reads` says whether the statement that writes rows reads some by their keys. The
    policies come first, as a check without a name.
    Raises: psycopg.Error.
    """
    rules = one_value(conn, _RULES, (table.as_string(conn), list(written), role, reads))
    more = one_value(conn, _MORE, (table.as_string(conn), list(written))) if meets_rows else {}
    policies = rules["policies"]
    checks = [Rule(sqlstate=DENIED, name="", condition=f"({policies['condition']}) is true")] if policies else []
    checks += [Rule(sqlstate=CHECK, **rule, **of_rule(more, "checks", rule["name"])) for rule in rules["checks"]]
    return TableRules(
        by_sets=rules["by_sets"] and (policies is None or policies["by_sets"]),
        rows=rules["rows"],
        columns=tuple(rules["columns"]),
        reader=rules["reader"],
        checks=tuple(checks),
        keys=tuple(Rule(sqlstate=UNIQUE, **rule, **of_rule(more, "keys", rule["id"])) for rule in rules["keys"]),
        references=tuple(
            Rule(sqlstate=FOREIGN_KEY, **rule, **of_rule(more, "references", rule["id"]))
            for rule in rules["references"]
        ),
        updates=more.get("updates", False),
        knows_keys=more.get("knows_keys", False),
        unfilled=frozenset(more.get("unfilled", ())),
        referenced=frozenset(more.get("referenced", ())),
    )


def one_value(conn: psycopg.Connection, statement: LiteralString, arguments: Sequence[object]) -> dict[str, Any]:
    """Return the object that a function answers."""
    row = conn.execute(statement, arguments).fetchone()
    return row[0] if row else {}


def of_rule(more: dict[str, Any], kind: str, key: object) -> dict[str, Any]:
    """Return what is known of one rule besides the rule itself."""
    known: dict[str, Any] = more[kind][str(key)] if more else {}
    return {**known, "columns": frozenset(known["columns"])} if known else {}


@dataclass(frozen=True, slots=True)
class StageLookups:
    """Looks up the rows of the stage pg_temp.import_judged, which have their places in the column "#record"."""

    conn: psycopg.Connection
    job: Job
    rules: TableRules

    def taken(self, key: Rule, winners: Mask, judged: Mask) -> Mask:
        """Mark those of the judged rows whose key the table has, or an earlier one of the winners."""
        return self._marked(_TAKEN, key, judged, winners=bits(winners))

    def taken_by_another(self, key: Rule, met: Rule, winners: Mask, judged: Mask) -> Mask:
        """Mark those whose key another row of the table has than the one they meet, or an earlier one of the winners.

        Raises: NotBySets where an earlier row may give the key back.
        """
        answer = self._answer(_OF_ANOTHER, key, judged, winners=bits(winners), met=met.id)
        if answer is not None and answer[1]:
            raise NotBySets(for_good=False)
        return marked(judged.size, answer)

    def meeting(self, key: Rule, whose: str, judged: Mask) -> Mask:
        """Mark those of the judged rows whose key a row of the table has, of which owner `whose` says."""
        return self._marked(_MEETING, key, judged, whose=whose)

    def orphans(self, reference: Rule, judged: Mask) -> Mask:
        """Mark those of the judged rows that have no parent."""
        return self._marked(_ORPHANS, reference, judged)

    def relatives(self, reference: Rule, winners: Mask, judged: Mask) -> Relatives:
        """Return the judged rows without a parent in the table, and the winners that are it."""
        answer = self._answer(_RELATIVES, reference, judged, winners=bits(winners)) or (None,) * 3
        rows, first, last = (np.frombuffer(numbers or b"", ">i8").astype(np.int64) for numbers in answer)
        return Relatives(rows=rows, first=first, last=last)

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

    def _marked(self, statement: LiteralString, rule: Rule, judged: Mask, **more: object) -> Mask:
        return marked(judged.size, self._answer(statement, rule, judged, **more))

    def _answer(self, statement: LiteralString, rule: Rule, judged: Mask, **more: object) -> tuple[Any, ...] | None:
        """Return what a function answers about rows; None where there are none."""
        if not judged.any():
            return None
        arguments = {
            "job_id": self.job.id,
            "token": self.job.token,
            "written": list(self.rules.columns),
            "rule": rule.id,
            "judged": bits(judged),
            **more,
        }
        return self.conn.execute(statement, arguments).fetchone()


def marked(rows: int, answer: tuple[Any, ...] | None) -> Mask:
    """Return the mask of the rows that an answer names."""
    mask = np.zeros(rows, np.bool_)
    if answer and answer[0] is not None:
        mask[np.frombuffer(answer[0], ">i8")] = True
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
