"""The end of an attempt: artifacts, what the target refuses only now, and the transaction that completes the job."""

import logging
from collections.abc import Callable

import psycopg

from processor import records
from processor.config import Config
from processor.database.transaction import loading
from processor.errors import SourceRefused
from processor.load.copy import DatabaseRejection
from processor.log import event
from processor.model import ArtifactPaths, FileLimits, Job, Rejection, RowCounts
from processor.queue import claims, ledger, staging
from processor.run.artifacts.errors_csv import Output, write_errors
from processor.run.chunks.rejections import budget, check_count, check_end
from processor.run.opening import Opened, read_again
from processor.run.resume.earlier_chunks import Recall
from processor.storage import Artifacts, Source

# How often rows that came to be refused while others were sorted out are looked for again.
TRIES = 3


class Finisher:
    """Completes one attempt. `conn` is in autocommit mode."""

    def __init__(
        self,
        conn: psycopg.Connection,
        job: Job,
        source: Source,
        artifacts: Artifacts,
        config: Config,
        limits: FileLimits,
        recall: Recall,
    ) -> None:
        self.conn, self.job, self.source, self.artifacts = conn, job, source, artifacts
        self.config, self.limits, self.recall = config, limits, recall
        self.report, self.preview = recall.progress.report, recall.progress.preview
        # Rows that a dry run found to be passed over; counted as such by the transaction that completes the job.
        self.tried = 0

    def finish(self, opened: Opened, tally: RowCounts, output: Output | None) -> None:
        """Complete the job; rows that an all-or-nothing job's target refuses are rejected first.

        Raises: TooManyRejected, AllRejected, NoDataRows; psycopg.Error.
        """
        opened.digest.drain()
        with self.report.timed("artifacts"):
            written = written_or_none(lambda: output.write(self.job, self.artifacts)) if output else None
        self.recall.complete_figures()
        if opened.sink.looks_first:
            tally = self.reject_late(opened, tally)
        for tries_left in reversed(range(TRIES)):
            check_count(tally, self.job.options)
            check_end(tally, self.job.options)
            paths = ArtifactPaths(self.errors(opened) if tally.rejected else None, written)
            self.recall.complete_preview(tally.loaded)
            try:
                self.complete(opened, tally, paths)
            except psycopg.Error as exc:
                if self.conn.broken or not opened.sink.mends(exc) or not tries_left:
                    raise
                tally = self.reject_late(opened, tally)
            else:
                return

    def errors(self, opened: Opened) -> str | None:
        """Write errors.csv; return its path, None when Storage does not take it."""
        with self.report.timed("artifacts"):
            return written_or_none(lambda: write_errors(self.conn, self.job, opened, self.artifacts))

    def complete(self, opened: Opened, tally: RowCounts, paths: ArtifactPaths) -> None:
        """Move what is staged and set the job completed, together."""
        with loading(self.conn, self.job.id, self.config.lease_seconds):
            with self.report.timed("finish"):
                passed = opened.sink.complete(self.conn, self.job)
            self.pass_over(passed + self.tried)
            if self.preview.stale:
                ledger.keep_preview(self.conn, self.job, self.preview.rows)
            report = self.report.as_json(opened.plan, opened.dialect)
            claims.finish(self.conn, self.job, tally.read, opened.digest.whole, report, paths)

    def reject_late(self, opened: Opened, tally: RowCounts) -> RowCounts:
        """Find the staged rows that the target refuses and count them as rejected, whatever becomes of the job."""
        with loading(self.conn, self.job.id, self.config.lease_seconds, keep=False):
            found = opened.sink.refused(self.conn, self.job, tally.read, budget(tally, self.job.options))
        rejected = self.numbered(opened, {each.row: each for each in found.refused}) if found.refused else []
        passed = found.passed if self.job.options.get("dry_run") else 0
        self.tried += passed
        with loading(self.conn, self.job.id, self.config.lease_seconds):
            if rejected:
                opened.sink.drop(self.conn, self.job, rejected, self.config.kept_errors - tally.rejected)
                self.drop_shown(rejected)
        self.report.codes.update(each.code for each in rejected)
        return tally.plus(RowCounts(-len(rejected) - passed, len(rejected), passed, passed))

    def drop_shown(self, rejected: list[Rejection]) -> None:
        """Take refused rows out of the preview; one whose rows have no numbers is begun anew when the job completes."""
        self.preview.drop({each.record for each in rejected})
        if self.preview.stale or not self.preview.known:
            ledger.keep_preview(self.conn, self.job, self.preview.rows)

    def pass_over(self, rows: int) -> None:
        """Count staged rows as skipped that the mode's rule passed over, in the transaction that knows it."""
        if rows:
            staging.skip_staged(self.conn, self.job, rows)
            self.report.pass_over(rows, 0)

    def numbered(self, opened: Opened, refused: dict[int, DatabaseRejection]) -> list[Rejection]:
        """Read the file once more for the lines and the text of refused records."""
        found: list[Rejection] = []
        text = read_again(self.source, opened, self.limits)
        for chunk in records.cut(text, opened.dialect, opened.first, self.limits, opened.sizes):
            first = chunk.position.record
            rows = [number - first for number in sorted(refused) if 0 <= number - first < chunk.records]
            for row, raw in zip(rows, records.texts(chunk, rows), strict=True):
                told = refused[first + row]
                found.append(Rejection(record=first + row, line=int(chunk.lines[row]), column=told.column, code=told.code, message=told.message, raw=raw))
            if len(found) == len(refused):
                break
        return found


def written_or_none(write: Callable[[], str]) -> str | None:
    """Write an artifact; a refusal of Storage is logged and does not undo what has been loaded.

    Raises: SourceUnavailable, which may be over the next time.
    """
    try:
        return write()
    except SourceRefused as exc:
        event("artifact_refused", logging.WARNING, reason=exc.message)
        return None
