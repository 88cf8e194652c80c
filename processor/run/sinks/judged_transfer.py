"""Judge staged rows by sets, and transfer those that the table accepts by one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from processor.load import Accepted, NotBySets, StageLookups, Watch, savepoint, watch_all
from processor.model import Rejections
from processor.run.access.identity import acting
from processor.run.sinks.judging import JUDGED, Judging, Mask, not_by_sets, rejections
from processor.run.sinks.sink import WaitTurn
from processor.run.sinks.statements import STAGE, Transfer

DROP = sql.SQL("drop table {}").format(JUDGED)
PLACES = sql.SQL("""select string_agg(int8send(j."#record"), '') from {} as j""").format(JUDGED)


@dataclass(slots=True, kw_only=True)
class JudgedTransfer(Judging):
    """Copies what the rules need from the stage of the rows, judges it, and transfers the rows that are not refused.

    `constants` are what every row gets besides its own. `by_sets` is False once it is known that sets cannot say which
    rows the table refuses.
    """

    transfer: Transfer
    constants: Mapping[str, UUID]
    by_sets: bool = True

    def write(
        self,
        conn: psycopg.Connection,
        records: tuple[int, int],
        limit: int | None,
        watch: Watch,
        wait_turn: WaitTurn,
    ) -> Accepted | None:
        """Write the rows from one record to another that the table accepts; stop after `limit` rejections.

        Returns None where sets cannot say which they are; nothing is written then. `watch` is called with the numbers
        of rejected records, and `wait_turn` once the rows and their parents have been looked at: only keys depend on
        the rows before them.
        Raises: psycopg.Error; what `watch` raises.
        """
        if not self.by_sets:
            return None
        try:
            with conn.transaction():
                return self._write(conn, records, limit, watch, wait_turn)
        except NotBySets as exc:
            self.by_sets = not exc.for_good
            return None

    def refused(self, conn: psycopg.Connection, last: int, limit: int | None) -> Rejections | None:
        """Return the first `limit` refused rows of all records up to `last`, without writing any; None as for `write`.

        Raises: psycopg.Error.
        """
        if not self.by_sets:
            return None
        try:
            rules, _ = self.rules(conn)
            self.suspects |= {rule.name for rule in rules.in_order}
            lookups, failed, present = self._staged(conn, 1, last)
            orphans = self.judge(conn, lookups, lambda judge: judge.orphans(failed), present)
            verdict = self.judge(conn, lookups, lambda judge: judge.verdict(failed, orphans, in_order=False), present)
        except NotBySets as exc:
            self.by_sets = not exc.for_good
            return None
        refused, _ = up_to_limit(rejections(lookups.rules, verdict), last, limit)
        return Rejections(refused.records + 1, refused.reason_of, refused.reasons)

    def _write(
        self,
        conn: psycopg.Connection,
        records: tuple[int, int],
        limit: int | None,
        watch: Watch,
        wait_turn: WaitTurn,
    ) -> Accepted:
        first, last = records
        lookups, failed, present = self._staged(conn, first, last)
        orphans = self.judge(conn, lookups, lambda judge: judge.orphans(failed), present)
        wait_turn()
        while True:
            verdict = self.judge(conn, lookups, lambda judge, known=orphans: judge.verdict(failed, known), present)
            refused, end = up_to_limit(rejections(lookups.rules, verdict), last - first, limit)
            refused = Rejections(refused.records + first, refused.reason_of, refused.reasons)
            watch_all(watch, refused.records, 0)
            counts = [] if verdict.accepted[: end + 1].any() else [0]
            write = partial(self._transfer, conn, first, first + end, refused.records, counts)
            error = None if counts else savepoint(conn, write)
            if error is None:
                conn.execute(DROP)
                return Accepted(rejections=refused, written=counts[0])
            self.suspect(lookups.rules, error)
            orphans = self.judge(conn, lookups, lambda judge: judge.orphans(failed), present)

    def _transfer(
        self, conn: psycopg.Connection, first: int, last: int, refused: npt.NDArray[np.int64], counts: list[int]
    ) -> None:
        with acting(conn, self.enter):
            counts.append(conn.execute(self.transfer(first, last, refused.tolist())).rowcount)

    def _staged(
        self, conn: psycopg.Connection, first: int, last: int
    ) -> tuple[StageLookups, npt.NDArray[np.int64], Mask | None]:
        """Copy what the rules need; return what looks it up, the first check each row fails, and which rows there are.

        Raises: NotBySets, psycopg.Error.
        """
        rules, _ = self.rules(conn)
        count = last - first + 1
        try:
            with conn.transaction():
                self.create_stage(conn, rules)
                rows = conn.execute(self._fill(rules.columns, first, last)).rowcount
                present = None if rows == count else self._present(conn, count)
                lookups = StageLookups(conn, self.job, rules)
                with acting(conn, self.enter):
                    return lookups, lookups.failed_checks(count), present
        except psycopg.Error as exc:
            raise not_by_sets(conn, exc) from exc

    def _fill(self, columns: tuple[str, ...], first: int, last: int) -> sql.Composed:
        values = [
            sql.Literal(str(self.constants[name])) if name in self.constants else sql.Identifier("s", name)
            for name in columns
        ]
        return sql.SQL(
            'insert into {judged} ({names}, "#record") select {values}, s."#record" - {first} from {stage} as s '
            'where s."#record" between {first} and {last}'
        ).format(
            judged=JUDGED,
            names=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(values),
            first=sql.Literal(first),
            last=sql.Literal(last),
            stage=STAGE,
        )

    def _present(self, conn: psycopg.Connection, count: int) -> Mask:
        present = np.zeros(count, np.bool_)
        row = conn.execute(PLACES).fetchone()
        if row and row[0] is not None:
            present[np.frombuffer(row[0], ">i8")] = True
        return present


def up_to_limit(refused: Rejections, last: int, limit: int | None) -> tuple[Rejections, int]:
    """Return the first `limit` rejections, which are in order, and the place of the last row that is still tried."""
    if limit is None or refused.records.size <= limit:
        return refused, last
    return Rejections(refused.records[:limit], refused.reason_of[:limit], refused.reasons), int(
        refused.records[limit - 1]
    )
